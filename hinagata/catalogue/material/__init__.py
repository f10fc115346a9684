"""What pages are made of: each module reads one source, and says it in plain records."""
