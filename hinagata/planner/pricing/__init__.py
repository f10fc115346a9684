"""What an architecture costs a month, item by item, from usage and dated prices."""
