"""Words, as they are meant here."""

from __future__ import annotations

from pathlib import Path

from hinagata.catalogue.material.told import Told

FILE = Path(__file__).parents[1] / "data" / "glossary.toml"


def read_glossary() -> dict[str, str]:
    """Returns all words with what they mean, in their order.

    Raises:
        CatalogueError: A word has no meaning.
    """
    told = Told.read(FILE)
    return {word: told.text(word) for word in sorted(told.fields, key=str.casefold)}
