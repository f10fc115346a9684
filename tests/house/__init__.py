"""The house itself: its contracts, words and documents."""
