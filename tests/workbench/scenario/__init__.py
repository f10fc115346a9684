"""Reading a scenario."""
