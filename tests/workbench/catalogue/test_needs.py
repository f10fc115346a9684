"""The chooser: what somebody needs, and which patterns give it."""

from __future__ import annotations

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.cards import read_pattern_cards
from hinagata.catalogue.material.needs import fitting, read_needs
from tests.recorded_settings import REPOSITORY
from tests.workbench.catalogue.choices import CHOICES

PATTERNS = [card.name for card in read_pattern_cards(REPOSITORY)]


@pytest.mark.parametrize(("needed", "expected"), CHOICES)
def test_the_chooser_is_right(needed: list[str], expected: list[str]) -> None:
    """For a need or several, the patterns that give all of it."""
    needs = {need.name: need for need in read_needs(PATTERNS)}

    assert list(fitting([needs[name] for name in needed])) == expected


def test_fails_if_a_pattern_serves_no_need() -> None:
    """A pattern that nobody could choose is refused."""
    with pytest.raises(CatalogueError, match="nobody needs carrier_pigeon"):
        read_needs([*PATTERNS, "carrier_pigeon"])


def test_fails_if_a_need_names_what_is_not_there() -> None:
    """A need whose pattern is gone is refused by name."""
    with pytest.raises(CatalogueError, match=r"\[answer\] patterns: there is no reactive_api"):
        read_needs([name for name in PATTERNS if name != "reactive_api"])
