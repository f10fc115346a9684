"""Run a sample: the embedded endpoint, the deployment onto it, its containers, traffic, observations."""
