"""What is wrong with a source of the catalogue."""

from __future__ import annotations

from hinagata.errors import HinagataError


class CatalogueError(HinagataError):
    """A source that a page cannot be made of; the message names file and field."""
