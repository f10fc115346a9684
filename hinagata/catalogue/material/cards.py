"""The cards beside patterns and samples: what each is for, and what not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import Told, Translated

PATTERNS, SAMPLES = "patterns", "stacks"
_TEXTS = ("title", "summary", "talk")
_LISTS = ("when", "when_not", "limits")
_COMMAND = re.compile(r"(hinagata|python|pytest|cdk) (.+?)(?=: | deploys|, then|, with)")


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
        size: What a sample is sized for and how it is made larger; empty if for its scenario.
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
    size: str = ""
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
    told = Told.read(file)
    return Card(
        name=file.stem,
        file=file,
        **{name: told.text(name) for name in (*_TEXTS, *texts)},  # type: ignore[arg-type]
        **{name: told.texts(name) for name in (*_LISTS, *lists)},  # type: ignore[arg-type]
        size=told.text_if_any("size"),
        translations=told.translations(texts=("title", "summary"), lists=translated_lists),
    )
