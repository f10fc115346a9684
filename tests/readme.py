"""The README's blocks, for the tests that execute them."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """The texts of the README's blocks of a kind, in their order."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    return [block["text"] for block in _BLOCK.finditer(text) if block["kind"] == kind]


def commands() -> list[str]:
    """Every command that the README tells a reader to type."""
    return [line for block in blocks("console") for line in block.splitlines() if line.strip()]
