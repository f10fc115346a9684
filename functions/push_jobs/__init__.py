"""Messages from a system outside of AWS to phones."""
