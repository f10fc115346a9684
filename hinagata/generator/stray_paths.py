"""Paths that a project cannot have, refused before anything is written."""

from __future__ import annotations

from pathlib import PurePosixPath

from hinagata.errors import HinagataError
from hinagata.generator.files import Files


class PathError(HinagataError):
    """A path that is none in a project."""


def is_in_project(path: str) -> bool:
    """Returns whether a path is one that a file of a project can have."""
    pure = PurePosixPath(path)
    sound = bool(pure.parts) and not pure.is_absolute() and str(pure) == path
    return sound and ".." not in pure.parts and "\0" not in path


def refuse_strays(files: Files) -> None:
    """Refuses files that would lie outside of their project, or one inside another.

    Raises:
        PathError: A path is absolute, climbs, or needs a folder where there is a file.
    """
    for path in files:
        if not is_in_project(path):
            raise PathError(f"{path!a} is no path in a project; expected one such as docs/plan.md")
        for folder in PurePosixPath(path).parents[:-1]:
            if str(folder) in files:
                raise PathError(f"{path} cannot be written: {folder} is a file of the project")
