"""Pictures of topologies."""
