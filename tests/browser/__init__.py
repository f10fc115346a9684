"""The catalogue in a browser: what a reader meets who opens it from any server."""
