"""Prices of usages: published examples, refusals, and what is printed."""
