"""Run a sample: an endpoint, the deployment onto it, containers, traffic, what was observed."""
