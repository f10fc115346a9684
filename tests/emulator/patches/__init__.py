"""Each patch: the gap it closes is there without it, and closed with it."""
