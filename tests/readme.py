"""The README's blocks, for the tests that execute them, and its samples, made from their cards.

`python -m tests.readme` writes the section of the samples anew.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from hinagata.catalogue.material.cards import split_command

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """The texts of the README's blocks of a kind, in their order."""
    text = README.read_text(encoding="utf-8")
    return [block["text"] for block in _BLOCK.finditer(text) if block["kind"] == kind]


def commands() -> list[str]:
    """Every command that the README tells a reader to type."""
    return [line for block in blocks("console") for line in block.splitlines() if line.strip()]


def samples_section() -> str:
    """What the cards say of their samples, as a section for each."""
    return "\n".join(
        _section(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted((REPOSITORY / "stacks").glob("*.toml"))
    )


def _section(name: str, card: dict[str, Any]) -> str:
    told = "\n".join(f"- {_shown(line)}" for line in card["see"])
    return f"### {card['title']} (`{name}`)\n\n{card['summary']}\n\n{told}\n"


def _shown(line: str) -> str:
    """A line with its command as code, and its document as a link."""
    command, rest = split_command(line)
    if command:
        line = f"`{command}`{rest}"
    return re.sub(r"docs/\w+\.md", r"[\g<0>](\g<0>)", line)


BEGIN, END = "<!-- from the cards: make cards -->\n", "<!-- end of the cards -->\n"


def with_samples(readme: str) -> str:
    """The README with the section of the samples as the cards have it."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{samples_section()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_samples(README.read_text(encoding="utf-8")), encoding="utf-8")
