"""A project of one's own: from a blueprint or a sample, in the shape of this one."""
