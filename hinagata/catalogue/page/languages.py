"""Which pages there are in which languages, and where they lie."""

from __future__ import annotations

import re

from hinagata.catalogue.material.told import ENGLISH, LANGUAGES

START = "index.html"
# For those who come from the talks: the start, and all of patterns and talks.
_TRANSLATED = re.compile(r"(?:index|search|patterns/[\w-]+|talks/[\w-]+)\.html")


def languages_of(page: str) -> tuple[str, ...]:
    """Returns the languages that a page is told in, English first.

    Args:
        page: Where the English one lies, from the root of the site.
    """
    return (ENGLISH, *LANGUAGES) if _TRANSLATED.fullmatch(page) else (ENGLISH,)


def place(page: str, language: str) -> str:
    """Returns where a page lies in a language; the English one where there is no other.

    Args:
        page: Where the English one lies, with or without a place in it (`#cost`).
        language: The language's tag.
    """
    translated = language in languages_of(page.partition("#")[0])
    return f"{language}/{page}" if translated and language != ENGLISH else page


def counterparts(page: str, language: str) -> tuple[tuple[str, str, str], ...]:
    """Returns where a reader goes for the other languages: tag, name and page of each.

    Args:
        page: Where the English one lies.
        language: The one that is left. A page that is in one alone has the start for its other.
    """
    names = {ENGLISH: "English", **LANGUAGES}
    return tuple(
        (other, name, place(page if other in languages_of(page) else START, other))
        for other, name in names.items()
        if other != language
    )
