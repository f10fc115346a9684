"""Sizes of an architecture against their limits."""
