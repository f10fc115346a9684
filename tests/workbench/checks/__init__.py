"""Tests of what finds out how an architecture fails."""
