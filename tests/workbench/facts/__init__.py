"""Numbers from AWS, and where they come from."""
