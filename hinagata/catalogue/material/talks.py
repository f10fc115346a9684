"""The talks that samples and patterns come from, told in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.cards import (
    Translated,
    read_toml,
    text_of,
    texts_of,
    translations_of,
)

FILE = Path(__file__).parents[1] / "data" / "talks.toml"


@dataclass(frozen=True, kw_only=True)
class Talk(Translated):
    """A talk.

    Attributes:
        number: As the cards name it, "1.1".
        slug: Its page's name.
        title: What it was about.
        by: Who gave it.
        event: Where and when.
        story: What was presented, in paragraphs.
        lessons: What was learned, in a sentence each.
        sources: Where it is told of.
    """

    number: str
    slug: str
    title: str
    by: str
    event: str
    story: tuple[str, ...]
    lessons: tuple[str, ...]
    sources: tuple[str, ...]


def read_talks() -> dict[str, Talk]:
    """Returns the talks by their numbers.

    Raises:
        CatalogueError: One is not told whole.
    """
    return {number: _talk(number, said) for number, said in read_toml(FILE).items()}


def _talk(number: str, said: object) -> Talk:
    if not isinstance(said, dict):
        raise CatalogueError(f'{FILE}: {number} is no talk; expected ["{number}"] and its fields')
    where = f'["{number}"] '
    return Talk(
        number=number,
        slug=text_of(said, "slug", FILE, where),
        title=text_of(said, "title", FILE, where),
        by=text_of(said, "by", FILE, where),
        event=text_of(said, "event", FILE, where),
        story=texts_of(said, "story", FILE, where),
        lessons=texts_of(said, "lessons", FILE, where),
        sources=texts_of(said, "sources", FILE, where),
        translations=translations_of(
            said,
            FILE,
            texts=("title", "by", "event"),
            lists=("story", "lessons"),
            where=where,
        ),
    )
