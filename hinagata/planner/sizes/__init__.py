"""How large an architecture must be for its traffic, and which limit that meets."""
