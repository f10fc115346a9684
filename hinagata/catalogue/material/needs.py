"""What somebody may need, and which patterns give it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import Told, Translated

FILE = Path(__file__).parents[1] / "data" / "needs.toml"


@dataclass(frozen=True, kw_only=True)
class Need(Translated):
    """A need.

    Attributes:
        name: One word.
        says: The need, in a sentence.
        patterns: Those that give it, the most usual one first.
    """

    name: str
    says: str
    patterns: tuple[str, ...]


def read_needs(patterns: Collection[str]) -> tuple[Need, ...]:
    """Returns all needs.

    Args:
        patterns: The patterns that there are.

    Raises:
        CatalogueError: A need names a pattern that is not there, or a pattern serves no need.
    """
    needs = tuple(_need(name, told) for name, told in Told.read(FILE).tables("need").items())
    for need in needs:
        for pattern in need.patterns:
            if pattern not in patterns:
                raise CatalogueError(f"{FILE}: [{need.name}] patterns: there is no {pattern}")
    for pattern in patterns:
        if not any(pattern in need.patterns for need in needs):
            raise CatalogueError(f"{FILE}: nobody needs {pattern}; name it where it is the answer")
    return needs


def fitting(needs: Collection[Need]) -> tuple[str, ...]:
    """Returns the patterns that give all of some needs, in the order of the first."""
    first, *others = needs
    return tuple(
        pattern for pattern in first.patterns if all(pattern in other.patterns for other in others)
    )


def _need(name: str, told: Told) -> Need:
    return Need(
        name=name,
        says=told.text("says"),
        patterns=told.texts("patterns"),
        translations=told.translations(texts=("says",)),
    )
