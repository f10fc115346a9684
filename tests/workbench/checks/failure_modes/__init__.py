"""One test module for each failure mode."""
