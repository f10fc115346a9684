"""Paths that a project cannot have, refused before anything is written."""

from __future__ import annotations

from pathlib import PurePosixPath

from hinagata.errors import HinagataError
from hinagata.generator.files import Files


class PathError(HinagataError):
    """A path that is none in a project."""


def refuse_strays(files: Files) -> None:
    """Refuses files that would lie outside of their project, or one inside another.

    Raises:
        PathError: A path is absolute, climbs, or needs a folder where there is a file.
    """
    for path in files:
        pure = PurePosixPath(path)
        sound = pure.parts and not pure.is_absolute() and str(pure) == path
        if not sound or ".." in pure.parts or "\0" in path:
            raise PathError(f"{path!a} is no path in a project; expected one such as docs/plan.md")
        for folder in pure.parents[:-1]:
            if str(folder) in files:
                raise PathError(f"{path} cannot be written: {folder} is a file of the project")
