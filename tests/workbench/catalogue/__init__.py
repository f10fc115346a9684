"""The catalogue: what its pages are made of, and how a site becomes of them."""
