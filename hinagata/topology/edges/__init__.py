"""What each type of resource says about how nodes belong together."""
