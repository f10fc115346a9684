"""A container that takes what cars report."""
