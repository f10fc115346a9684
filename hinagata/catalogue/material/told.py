"""What the catalogue is told in TOML files, each field of which has to be there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from hinagata.catalogue.error import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = "en"
# What there is beside English, as each calls itself.
LANGUAGES = {"ja": "日本語"}


@dataclass(frozen=True, kw_only=True)
class Translated:
    """What is told in several languages.

    Attributes:
        translations: For each language beside English, the fields that it tells otherwise.
    """

    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def told_in(self, language: str) -> Self:
        """Returns the same in a language; in English where there is nothing in that one."""
        return replace(self, **self.translations.get(language, {}))


@dataclass(frozen=True)
class Told:
    """A file's fields, or those of a table in it.

    Attributes:
        fields: By their names.
        file: The file.
        where: The place within it, as an error names it before a field.
    """

    fields: Mapping[str, object]
    file: Path
    where: str = ""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Returns what a TOML file says.

        Raises:
            CatalogueError: It cannot be read.
        """
        try:
            return cls(tomllib.loads(file.read_text(encoding="utf-8")), file)
        except FileNotFoundError:
            raise CatalogueError(f"{file}: there is no such file; the catalogue needs it") from None
        except (OSError, ValueError) as error:
            raise CatalogueError(f"{file}: it cannot be read: {error}") from None

    def tables(self, kind: str) -> dict[str, Told]:
        """Returns all fields, each of which is a table.

        Args:
            kind: What each is, in a word, for the error.

        Raises:
            CatalogueError: One is no table.
        """
        return {name: self._table(name, kind) for name in self.fields}

    def text(self, name: str) -> str:
        """Returns a text.

        Raises:
            CatalogueError: It is not there, or empty.
        """
        value = self.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._missing(name, "a text")
        return value

    def text_if_any(self, name: str) -> str:
        """Returns a text; empty if it is not there.

        Raises:
            CatalogueError: It is there, and no text.
        """
        return self.text(name) if name in self.fields else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Returns a list of texts, one at least.

        Raises:
            CatalogueError: It is not there, or empty.
        """
        value = self.fields.get(name)
        if not isinstance(value, list) or not value or not all(_is_text(each) for each in value):
            raise self._missing(name, "a list of texts")
        return tuple(value)

    def lists(self, name: str, *, as_many_as: str) -> tuple[tuple[str, ...], ...]:
        """Returns a list of lists of texts, any of which may be empty.

        Args:
            name: Of the field.
            as_many_as: The list of texts to each of which one belongs.

        Raises:
            CatalogueError: It is not there, or there are not as many.
        """
        value = self.fields.get(name)
        if not isinstance(value, list) or not all(_is_list_of_texts(each) for each in value):
            raise self._missing(name, "a list of lists of texts")
        expected = len(self.texts(as_many_as))
        if len(value) != expected:
            raise CatalogueError(
                f"{self.file}: {self.where}{name} has {len(value)} lists; "
                f"expected {expected}, one for each of {as_many_as}"
            )
        return tuple(tuple(each) for each in value)

    def translations(
        self, texts: tuple[str, ...], lists: tuple[str, ...] = ()
    ) -> dict[str, dict[str, Any]]:
        """Returns what the languages beside English say, all of which has to be there.

        Args:
            texts: The fields that are translated and are texts.
            lists: Those that are lists; a translation has as many texts as the English one.

        Raises:
            CatalogueError: A language or a field is missing, or one is there that is not
                translated.
        """
        return {language: self._translation(language, texts, lists) for language in LANGUAGES}

    def _table(self, name: str, kind: str) -> Told:
        table = self.fields[name]
        heading = name if name.isidentifier() else f'"{name}"'
        if not isinstance(table, dict):
            raise CatalogueError(
                f"{self.file}: {name} is no {kind}; expected [{heading}] and its fields"
            )
        return Told(table, self.file, f"[{heading}] ")

    def _translation(
        self, language: str, texts: tuple[str, ...], lists: tuple[str, ...]
    ) -> dict[str, Any]:
        table = self.fields.get(language)
        if not isinstance(table, dict):
            raise CatalogueError(
                f"{self.file}: {self.where}{language} is missing; "
                f"expected a table with {', '.join((*texts, *lists))}"
            )
        other = Told(table, self.file, f"{self.where}{language}.")
        for name in table:
            if name not in (*texts, *lists):
                raise CatalogueError(
                    f"{self.file}: {other.where}{name} is nothing that is translated"
                )
        return {
            **{name: other.text(name) for name in texts},
            **{name: self._translated_list(name, other) for name in lists},
        }

    def _translated_list(self, name: str, other: Told) -> tuple[str, ...]:
        english, translated = self.texts(name), other.texts(name)
        if len(english) != len(translated):
            raise CatalogueError(
                f"{self.file}: {other.where}{name} has {len(translated)} of {len(english)} texts; "
                f"translate each of {self.where}{name}"
            )
        return translated

    def _missing(self, name: str, expected: str) -> CatalogueError:
        return CatalogueError(
            f"{self.file}: {self.where}{name} is missing; expected {name} = {expected}"
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(each) for each in value)
