"""The patterns and samples as they are synthesized, and what other tools say of them."""
