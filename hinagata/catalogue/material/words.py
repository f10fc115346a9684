"""The pages' own words in other languages: each is found by the English ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import ENGLISH, Told

FILE = Path(__file__).parents[1] / "data" / "words.toml"


class Words:
    """What the pages say, in one language.

    Args:
        language: Its tag.
        translations: English words and what they are in that language; none for English.
    """

    def __init__(self, language: str, translations: Mapping[str, object]) -> None:
        self._language, self._translations = language, translations

    def say(self, english: str, **values: object) -> str:
        """Returns a text in this language.

        Args:
            english: The text, with `{name}` where a value belongs.
            values: Those values; without any a script puts them in later.

        Raises:
            CatalogueError: It is not translated, or not with the same values.
        """
        text = self._text(english)
        return text.format(**values) if values else text

    def _text(self, english: str) -> str:
        if self._language == ENGLISH:
            return english
        text = self._translations.get(english)
        if not isinstance(text, str) or not text.strip():
            raise CatalogueError(
                f'{FILE}: {self._language}."{english}" is missing; expected a translation'
            )
        if _values(text) != _values(english):
            raise CatalogueError(
                f'{FILE}: {self._language}."{english}" has the values {sorted(_values(text))}; '
                f"expected {sorted(_values(english))}"
            )
        return text


@cache
def words_in(language: str) -> Words:
    """Returns the words of the pages in a language.

    Raises:
        CatalogueError: There is no table of that language.
    """
    said = {} if language == ENGLISH else Told.read(FILE).fields.get(language)
    if not isinstance(said, dict):
        raise CatalogueError(f"{FILE}: {language} is missing; expected a table [{language}]")
    return Words(language, said)


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
