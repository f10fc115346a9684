"""What a template says about its resources."""
