"""Tests against a running embedded endpoint: sorted last, because each starts processes."""
