"""What each field of AWS says about how nodes belong together."""
