"""The catalogue: pages about patterns and samples, made of what these are."""
