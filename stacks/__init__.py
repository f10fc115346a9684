"""Sample architectures: one stack for each system of the talks."""
