"""Closed forms, sizes and prices."""
