"""What runs when something is ordered."""
