"""Tests of what reports look like."""
