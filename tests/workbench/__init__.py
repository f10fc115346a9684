"""The desk tools: pure, fast, without AWS."""
