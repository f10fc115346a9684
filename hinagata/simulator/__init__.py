"""What an architecture would do under traffic: the same stations, by expectation and by event."""
