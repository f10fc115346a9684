"""The cards beside patterns and samples: what each is for, and what not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hinagata.catalogue.error import CatalogueError

PATTERNS, SAMPLES = "patterns", "stacks"
_TEXTS = ("title", "summary", "talk")
_LISTS = ("when", "when_not", "limits")
_COMMAND = re.compile(r"(hinagata|python|pytest|cdk) (.+?)(?=: | deploys|, then|, with)")
# A language's table holds translations of some fields above; the others stay English.
LANGUAGES = {"ja": "日本語"}


@dataclass(frozen=True, kw_only=True)
class Card:
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
        translations: For each language, the texts and lists that it translates.
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
    translations: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=dict)


def read_pattern_cards(project: Path) -> tuple[Card, ...]:
    """Returns the cards of all patterns, by their names.

    Raises:
        CatalogueError: There is none, or a card is broken.
    """
    return _read_all(project / PATTERNS, texts=("construct",))


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


def _read_all(
    folder: Path, *, texts: tuple[str, ...], lists: tuple[str, ...] = ()
) -> tuple[Card, ...]:
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise CatalogueError(
            f"{folder} holds no card (*.toml): go to the folder of a project that has patterns"
        )
    return tuple(_read(file, texts, lists) for file in files)


def _read(file: Path, texts: tuple[str, ...], lists: tuple[str, ...]) -> Card:
    said = read_toml(file)
    return Card(
        name=file.stem,
        file=file,
        **{name: text_of(said, name, file) for name in (*_TEXTS, *texts)},  # type: ignore[arg-type]
        **{name: texts_of(said, name, file) for name in (*_LISTS, *lists)},  # type: ignore[arg-type]
        translations={
            language: _translation(said[language], language, file, lists)
            for language in LANGUAGES
            if language in said
        },
    )


def _translation(
    said: object, language: str, file: Path, lists: tuple[str, ...]
) -> dict[str, str | tuple[str, ...]]:
    if not isinstance(said, dict):
        raise CatalogueError(f"{file}: {language} is no table; expected [{language}]")
    where = f"{language}."
    translated: dict[str, str | tuple[str, ...]] = {}
    for name in said:
        if name in ("title", "summary"):
            translated[name] = text_of(said, name, file, where)
        elif name in (*_LISTS, *lists):
            translated[name] = texts_of(said, name, file, where)
        else:
            raise CatalogueError(f"{file}: {where}{name} is nothing that is translated")
    return translated
