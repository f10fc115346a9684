"""The talks that samples and patterns come from, told in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.material.told import Told, Translated

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
        became: What each lesson became here, if anything: constructs, checks, samples, commands.
        sources: Where it is told of.
    """

    number: str
    slug: str
    title: str
    by: str
    event: str
    story: tuple[str, ...]
    lessons: tuple[str, ...]
    became: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]


def read_talks() -> dict[str, Talk]:
    """Returns the talks by their numbers.

    Raises:
        CatalogueError: One is not told whole.
    """
    return {number: _talk(number, told) for number, told in Told.read(FILE).tables("talk").items()}


def _talk(number: str, told: Told) -> Talk:
    return Talk(
        number=number,
        slug=told.text("slug"),
        title=told.text("title"),
        by=told.text("by"),
        event=told.text("event"),
        story=told.texts("story"),
        lessons=told.texts("lessons"),
        became=told.lists("became", as_many_as="lessons"),
        sources=told.texts("sources"),
        translations=told.translations(texts=("title", "by", "event"), lists=("story", "lessons")),
    )
