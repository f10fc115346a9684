"""One failure mode a module; the module's docstring is its page."""
