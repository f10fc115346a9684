"""A project as its catalogue sees it: what there is, and where it has its page."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.cards import Card, read_pattern_cards, read_sample_cards
from hinagata.catalogue.material.examples import Assemblies, current_assemblies
from hinagata.catalogue.material.needs import Need, read_needs
from hinagata.catalogue.material.proofs import Proofs, read_proofs
from hinagata.catalogue.material.talks import FILE as TALKS
from hinagata.catalogue.material.talks import Talk, read_talks
from hinagata.catalogue.material.told import LANGUAGES
from hinagata.catalogue.page.rendering import Links
from hinagata.checks.check import Check
from hinagata.checks.collection import load_checks

_COMMAND = "hinagata "


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a lesson became.

    Attributes:
        says: What it is called.
        page: Its page, from the root of the site; empty for a command.
    """

    says: str
    page: str = ""


class Project:
    """All that pages refer to one another by; each part is read when it is first asked for.

    Args:
        folder: The folder of the project.
        assemblies: What its examples and samples were synthesized into. None: they are
            synthesized, if anything changed that they are made of.

    Raises:
        CatalogueError: A card is broken, or names a talk that nobody tells of.
    """

    def __init__(self, folder: Path, *, assemblies: Assemblies | None = None) -> None:
        self.folder = folder
        self.patterns: dict[str, Card] = {card.name: card for card in read_pattern_cards(folder)}
        self.samples: dict[str, Card] = {card.name: card for card in read_sample_cards(folder)}
        self.talks: dict[str, Talk] = read_talks()
        self.needs: tuple[Need, ...] = read_needs(self.patterns)
        if assemblies is not None:
            self.assemblies = assemblies
        for card in (*self.patterns.values(), *self.samples.values()):
            if card.talk not in self.talks:
                raise CatalogueError(
                    f"{card.file}: talk is {card.talk}, which nobody tells of; "
                    f"expected one of {', '.join(self.talks)}"
                )

    @cached_property
    def assemblies(self) -> Assemblies:
        """What the examples and the samples were synthesized into."""
        return current_assemblies(self.folder)

    @cached_property
    def proofs(self) -> Proofs:
        """The tests."""
        return read_proofs(self.folder)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return tuple(load_checks())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What pages call one another: constructs and titles, with the talks that they are of."""
        cards = (*self.patterns.values(), *self.samples.values())
        return tuple(
            " ".join(
                (
                    card.name,
                    card.construct,
                    card.talk,
                    card.title,
                    *(card.told_in(language).title for language in LANGUAGES),
                )
            )
            for card in cards
        )

    @cached_property
    def links(self) -> Links:
        """The words that lead to pages wherever they stand: constructs and checks."""
        constructs = {
            card.construct: f"patterns/{card.name}.html" for card in self.patterns.values()
        }
        return Links(constructs | {check.id: f"checks/{check.id}.html" for check in self.checks})

    def told_in(self, language: str) -> Self:
        """Returns the same project, with its cards, talks and needs in a language."""
        told = copy(self)
        told.patterns = {name: card.told_in(language) for name, card in self.patterns.items()}
        told.samples = {name: card.told_in(language) for name, card in self.samples.items()}
        told.talks = {number: talk.told_in(language) for number, talk in self.talks.items()}
        told.needs = tuple(need.told_in(language) for need in self.needs)
        return told

    def outcomes(self, talk: Talk) -> tuple[tuple[str, tuple[Outcome, ...]], ...]:
        """Returns each lesson of a talk, with what it became.

        Raises:
            CatalogueError: Something that the talk names is not there.
        """
        return tuple(
            (lesson, tuple(self._outcome(name, talk) for name in names))
            for lesson, names in zip(talk.lessons, talk.became, strict=True)
        )

    def talks_behind(self, name: str) -> tuple[Talk, ...]:
        """Returns the talks that a construct, a check or a sample was learned from."""
        cards = (*self.patterns.values(), *self.samples.values())
        own = {card.talk for card in cards if name in (card.construct, card.name)}
        return tuple(
            talk
            for talk in self.talks.values()
            if talk.number in own or any(name in names for names in talk.became)
        )

    def _outcome(self, name: str, talk: Talk) -> Outcome:
        if name.startswith(_COMMAND):
            return Outcome(says=name)
        for card in self.patterns.values():
            if card.construct == name:
                return Outcome(says=card.title, page=f"patterns/{card.name}.html")
        if name in self.samples:
            return Outcome(says=self.samples[name].title, page=f"samples/{name}.html")
        for check in self.checks:
            if check.id == name:
                return Outcome(says=f"{name}: {check.title}", page=f"checks/{name}.html")
        raise CatalogueError(
            f'{TALKS}: ["{talk.number}"] became: there is no {name}; '
            "expected a construct, a check, a sample or a command of hinagata"
        )

    def samples_with(self, construct: str) -> tuple[Card, ...]:
        """Returns the samples whose stack names a construct."""
        return tuple(
            sample
            for sample in self.samples.values()
            if re.search(
                rf"\b{construct}\(", sample.file.with_suffix(".py").read_text(encoding="utf-8")
            )
        )
