"""The guide tells of each argument what may stand there and what holds without it."""

from __future__ import annotations

import re

from hinagata.generator.kinds import KINDS
from tests.workbench.generator.argument_table import GUIDE, section


def test_the_guide_has_every_field_and_argument_as_the_generator_takes_it() -> None:
    """If it has not: python -m tests.workbench.generator.argument_table."""
    assert section() in GUIDE.read_text(encoding="utf-8")
    for field in ("route", "messages", "takes", "parallelization"):
        assert f"| `{field}` |" in section()


def test_the_list_of_patterns_names_the_same_arguments() -> None:
    """Where the arrows are told, the arguments are too."""
    guide = GUIDE.read_text(encoding="utf-8")

    for name, kind in KINDS.items():
        row = re.search(rf"^\| `{name}` \| (.*?) \|", guide, re.MULTILINE)
        assert row is not None
        assert sorted(re.findall(r"`(\w+)`", row[1])) == sorted(kind.arguments)
