"""A cloud assembly: made, and read."""
