"""What `hinagata show` does: a pattern's page in a terminal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from hinagata.catalogue.page.pattern_page import gather
from hinagata.catalogue.page.rendering import environment
from hinagata.catalogue.project import Project
from hinagata.checks.explain import show_markdown
from hinagata.errors import UsageError
from hinagata.suggestion import suggest


def show_pattern(name: str, *, project: Path, stream: TextIO) -> None:
    """Writes what a pattern's page says.

    Args:
        name: Of the pattern, as `event_stream`, or of its construct, as `EventStream`.
        project: The folder of the project.
        stream: Where to.

    Raises:
        UsageError: There is no such pattern.
        HinagataError: Something that it is made of is broken.
    """
    known = Project(project)
    names = {card.construct: card.name for card in known.patterns.values()}
    found = names.get(name, name)
    if found not in known.patterns:
        raise UsageError(f"there is no pattern {name}; expected {suggest(name, known.patterns)}")
    page = environment().get_template("pattern.md.j2").render(it=gather(known, found))
    if stream.isatty() or os.environ.get("FORCE_COLOR"):
        show_markdown(page, stream)
    else:
        stream.write(f"{page.strip()}\n")
