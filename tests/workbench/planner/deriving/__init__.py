"""Usage that follows from an architecture and its traffic."""
