"""The files of a project on the disk: looked at, put and removed, and never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Obstacle:
    """What is no file, and stands where one was looked for.

    Attributes:
        path: Which it is: that path, or a folder above it that is none.
        kind: Such as `a link`.
    """

    path: str
    kind: str


def look(
    project: Path, path: str, *, gone: AbstractSet[str] = frozenset()
) -> bytes | Obstacle | None:
    """Returns a file's content, what stands in its place, or None where nothing does.

    Args:
        project: The project's root.
        path: Relative to it, POSIX.
        gone: Files that are about to be removed: they, and folders of theirs alone, are nothing.

    Raises:
        OSError: It cannot be read.
    """
    for folder in reversed(PurePosixPath(path).parents[:-1]):
        kind = _kind(project / folder)
        if kind is None or (kind == "a file" and str(folder) in gone):
            return None
        if kind != "a folder":
            return Obstacle(str(folder), kind)
    file = project / path
    kind = _kind(file)
    if kind is None:
        return None
    if kind == "a folder" and _files_below(file, project) <= gone:
        return None
    if kind != "a file":
        return Obstacle(path, kind)
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
        return opened.read()


def put(project: Path, path: str, content: bytes, *, scratch: Path) -> None:
    """Writes a file, whole or not at all; one that is replaced keeps its mode.

    Args:
        project: The project's root.
        path: Relative to it, POSIX. Nothing but folders and a file may stand there.
        content: What the file will hold.
        scratch: Where it is written first, on the same disk.
    """
    file = project / path
    if not file.parent.is_dir():
        file.parent.mkdir(parents=True)
    if file.is_dir():
        _remove_empty_folders(file)
    scratch.unlink(missing_ok=True)
    with scratch.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode != stat.S_IMODE(scratch.stat().st_mode):
            scratch.chmod(mode)
    scratch.replace(file)
    sync_folder(file.parent)


def remove(project: Path, path: str) -> None:
    """Removes a file, and the folders that are empty then."""
    file = project / path
    file.unlink()
    for folder in file.relative_to(project).parents[:-1]:
        try:
            (project / folder).rmdir()
        except OSError:
            break


def sync_folder(folder: Path) -> None:
    """Has the disk keep what a folder lists now."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _kind(path: Path) -> str | None:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "no file"


def _files_below(folder: Path, project: Path) -> set[str]:
    """Return all that a folder holds but folders."""
    return {
        Path(parent, name).relative_to(project).as_posix()
        for parent, folders, names in os.walk(folder)
        for name in [*names, *(each for each in folders if Path(parent, each).is_symlink())]
    }


def _remove_empty_folders(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        Path(parent).rmdir()
