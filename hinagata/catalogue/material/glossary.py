"""Words, as they are meant here."""

from __future__ import annotations

from pathlib import Path

from hinagata.catalogue.material.cards import read_toml, text_of

FILE = Path(__file__).parents[1] / "data" / "glossary.toml"


def read_glossary() -> dict[str, str]:
    """Returns all words with what they mean, in their order.

    Raises:
        CatalogueError: A word has no meaning.
    """
    said = read_toml(FILE)
    return {word: text_of(said, word, FILE) for word in sorted(said, key=str.casefold)}
