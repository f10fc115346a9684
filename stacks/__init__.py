"""What is deployed: one system a file, its card beside it."""
