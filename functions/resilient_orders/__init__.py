"""Orders that survive an outage of the payment provider: taken at once, paid when it is back."""
