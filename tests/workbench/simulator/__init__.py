"""The engines of the simulation."""
