"""Orders that become events: each consumer makes its own of them, once, however often they come."""
