"""The cards beside patterns and samples say what is there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.readme import REPOSITORY

PATTERNS = sorted(
    path
    for path in (REPOSITORY / "patterns").glob("[a-z]*.py")
    if path.stem not in ("app", "failure_mode_validation", "template_validation")
)
SAMPLES = sorted((REPOSITORY / "stacks").glob("[a-z]*.py"))
TEXTS = ("title", "summary", "talk")
LISTS = ("when", "when_not", "limits")


def card(source: Path) -> dict[str, Any]:
    """The card beside a pattern or a sample."""
    return tomllib.loads(source.with_suffix(".toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", [*PATTERNS, *SAMPLES], ids=lambda path: path.stem)
def test_a_card_says_what_it_is_for_and_what_not(source: Path) -> None:
    """Each pattern and sample has a card with all fields, none empty."""
    said = card(source)

    assert [name for name in TEXTS if not said.get(name)] == []
    assert [name for name in LISTS if not said.get(name)] == []


@pytest.mark.parametrize("source", PATTERNS, ids=lambda path: path.stem)
def test_a_patterns_card_names_the_construct_of_its_file(source: Path) -> None:
    """The class is the file's name in CamelCase, and the card names it."""
    classes = {
        node.name
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    construct = "".join(word.capitalize() for word in source.stem.split("_"))

    assert card(source)["construct"] == construct
    assert construct in classes
