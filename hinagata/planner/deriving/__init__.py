"""From an architecture and its traffic to what each resource does in a month: a usage to price."""
