"""Air conditioners of the world: what changed is stored, and a building is read in one query."""
