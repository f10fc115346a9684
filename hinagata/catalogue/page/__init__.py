"""From material to a page: one module and one template for each kind."""
