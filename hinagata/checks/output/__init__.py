"""A report of findings, written for people and for programs."""
