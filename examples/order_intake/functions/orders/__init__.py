"""What runs when an order arrives."""
