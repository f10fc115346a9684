"""What runs in AWS, with the events beside it."""
