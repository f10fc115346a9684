"""The cards beside patterns and samples: what each is for, and what not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from hinagata.catalogue.error import CatalogueError

PATTERNS, SAMPLES = "patterns", "stacks"
_TEXTS = ("title", "summary", "talk")
_LISTS = ("when", "when_not", "limits")
_COMMAND = re.compile(r"(hinagata|python|pytest|cdk) (.+?)(?=: | deploys|, then|, with)")
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


@dataclass(frozen=True, kw_only=True)
class Card(Translated):
    """What a card says.

    Attributes:
        name: The stem of its file, and of everything that belongs to it.
        file: The card.
        title: A few words.
        summary: A sentence.
        talk: The talk that it comes from, by its number.
        when: When it is right, in a sentence each.
        when_not: When it is not, and what is.
        limits: What it does not do.
        construct: A pattern's class; empty for a sample.
        stack: A sample's stack; empty for a pattern.
        scenario: The scenario that a sample runs unless another is named; empty for a pattern.
        see: What can be seen of a sample, each beginning with the command that shows it.
    """

    name: str
    file: Path
    title: str
    summary: str
    talk: str
    when: tuple[str, ...]
    when_not: tuple[str, ...]
    limits: tuple[str, ...]
    construct: str = ""
    stack: str = ""
    scenario: str = ""
    see: tuple[str, ...] = ()


def read_pattern_cards(project: Path) -> tuple[Card, ...]:
    """Returns the cards of all patterns, by their names.

    Raises:
        CatalogueError: There is none, or a card is broken.
    """
    return _read_all(project / PATTERNS, texts=("construct",), translated_lists=_LISTS)


def read_sample_cards(project: Path) -> tuple[Card, ...]:
    """Returns the cards of all samples, by their names.

    Raises:
        CatalogueError: There is none, or a card is broken.
    """
    return _read_all(project / SAMPLES, texts=("stack", "scenario"), lists=("see",))


def split_command(line: str) -> tuple[str, str]:
    """Returns the command that a line of `see` begins with, empty if with none, and the rest."""
    command = _COMMAND.match(line)
    return (command[0], line[command.end() :]) if command else ("", line)


def read_toml(file: Path) -> dict[str, object]:
    """Returns what a TOML file says.

    Raises:
        CatalogueError: It cannot be read.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogueError(f"{file}: there is no such file; the catalogue needs it") from None
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{file}: it cannot be read: {error}") from None


def text_of(said: Mapping[str, object], name: str, file: Path, where: str = "") -> str:
    """Returns a text that has to be there.

    Raises:
        CatalogueError: It is not.
    """
    value = said.get(name)
    if not isinstance(value, str) or not value.strip():
        raise CatalogueError(f"{file}: {where}{name} is missing; expected {name} = a text")
    return value


def texts_of(said: Mapping[str, object], name: str, file: Path, where: str = "") -> tuple[str, ...]:
    """Returns a list of texts that has to be there, with one at least.

    Raises:
        CatalogueError: It is not.
    """
    value = said.get(name)
    good = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    if not good or not value:
        raise CatalogueError(f"{file}: {where}{name} is missing; expected {name} = a list of texts")
    return tuple(value) if isinstance(value, list) else ()


def translations_of(
    said: Mapping[str, object],
    file: Path,
    *,
    texts: tuple[str, ...],
    lists: tuple[str, ...] = (),
    where: str = "",
) -> dict[str, dict[str, Any]]:
    """Returns what the languages beside English say, all of which has to be there.

    Args:
        said: What is said in English, with a table for each language.
        file: Where.
        texts: The fields that are translated and are texts.
        lists: Those that are lists; a translation has as many texts as the English one.
        where: The place within the file.

    Raises:
        CatalogueError: A language or a field is missing, or one is there that is not translated.
    """
    return {
        language: _translation(said, file, texts, lists, where, language) for language in LANGUAGES
    }


def _translation(
    said: Mapping[str, object],
    file: Path,
    texts: tuple[str, ...],
    lists: tuple[str, ...],
    where: str,
    language: str,
) -> dict[str, Any]:
    table = said.get(language)
    if not isinstance(table, dict):
        raise CatalogueError(
            f"{file}: {where}{language} is missing; expected a table with {', '.join(texts)}"
            f"{''.join(f', {name}' for name in lists)}"
        )
    place = f"{where}{language}."
    for name in table:
        if name not in (*texts, *lists):
            raise CatalogueError(f"{file}: {place}{name} is nothing that is translated")
    translated: dict[str, Any] = {name: text_of(table, name, file, place) for name in texts}
    for name in lists:
        english, other = texts_of(said, name, file, where), texts_of(table, name, file, place)
        if len(english) != len(other):
            raise CatalogueError(
                f"{file}: {place}{name} has {len(other)} of {len(english)} texts; "
                f"translate each of {where}{name}"
            )
        translated[name] = other
    return translated


def _read_all(
    folder: Path,
    *,
    texts: tuple[str, ...],
    lists: tuple[str, ...] = (),
    translated_lists: tuple[str, ...] = (),
) -> tuple[Card, ...]:
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise CatalogueError(
            f"{folder} holds no card (*.toml): go to the folder of a project that has patterns"
        )
    return tuple(_read(file, texts, lists, translated_lists) for file in files)


def _read(
    file: Path, texts: tuple[str, ...], lists: tuple[str, ...], translated_lists: tuple[str, ...]
) -> Card:
    said = read_toml(file)
    return Card(
        name=file.stem,
        file=file,
        **{name: text_of(said, name, file) for name in (*_TEXTS, *texts)},  # type: ignore[arg-type]
        **{name: texts_of(said, name, file) for name in (*_LISTS, *lists)},  # type: ignore[arg-type]
        translations=translations_of(
            said, file, texts=("title", "summary"), lists=translated_lists
        ),
    )
