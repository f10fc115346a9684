"""What `hinagata catalogue` does."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from hinagata.catalogue.project import Project
from hinagata.catalogue.site import build


def build_catalogue(*, project: Path, output: Path, stream: TextIO, search: bool = True) -> None:
    """Builds the site of a project, and says what was made.

    Args:
        project: The folder of the project.
        output: Where the site is to be.
        stream: Where that is said.
        search: Whether to make the index for searching.

    Raises:
        HinagataError: A source is broken; the site that was there stays as it was.
    """
    built = build(Project(project), output, search=search)
    pages = len(built.made) + built.kept
    stream.write(
        f"{built.folder}: {pages} pages, {built.size / 1e6:.1f} MB; "
        f"{len(built.made)} made, {built.kept} kept\n"
    )
