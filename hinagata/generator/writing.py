"""A new project on the disk: whole or not at all, and never in the place of anything."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from hinagata.errors import HinagataError
from hinagata.generator.files import Files
from hinagata.generator.folder_lock import locked
from hinagata.generator.stray_paths import refuse_strays

_SHOWN = 10
_PREFIX = ".hinagata-new-"
# In a temporary folder: the project; second links to what was placed; folders made for it.
_PROJECT = "project"
_PLACED = "placed"
_MADE = "made"
# What the project there is called once all of it is placed: nothing is taken back any more.
_DONE = "done"


class WritingError(HinagataError):
    """A project that cannot be written."""


def write_project(files: Files, folder: Path) -> None:
    """Writes a new project, whole or not at all.

    It is written into a hidden folder beside its place, `.hinagata-new-NAME-...`, and moved at the
    end. Whoever is killed leaves that folder, which the next call takes away, together with what
    had been placed from it already.

    Args:
        files: The project.
        folder: Where to: a folder that is not there, is empty, or holds none of the files.

    Raises:
        WritingError: Something is in the way, or nothing can be written there.
    """
    refuse_strays(files)
    try:
        place = _place(folder)
        with locked(place.parent) as alone:
            if alone:
                _sweep(place.parent)
            _refuse_clashes(files, place, shown=folder)
            _write(files, place, shown=folder)
    except OSError as error:
        raise WritingError(f"{folder} cannot be written: {error.strerror}") from None


def _place(folder: Path) -> Path:
    if folder.is_symlink() and not folder.exists():
        raise WritingError(f"{folder} cannot be written: it is a link to nowhere")
    place = folder.resolve()
    if not place.parent.is_dir():
        raise WritingError(f"{folder} cannot be written: there is no folder {place.parent}")
    if place.exists() and not place.is_dir():
        raise WritingError(f"{folder} cannot be written: it is a file")
    return place


def _write(files: Files, place: Path, *, shown: Path) -> None:
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{_PREFIX}{place.name}-"))
    try:
        project = scratch / _PROJECT
        project.mkdir()
        for path, content in files.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_bytes(content)
        if place.exists():
            project.chmod(stat.S_IMODE(place.stat().st_mode))
        try:
            project.rename(place)
        except OSError:
            # There is something in the folder, or it is a place where a disk is mounted.
            if not place.is_dir():
                raise
            _place_each(files, place, scratch, shown=shown)
    except BaseException:
        _take_back(place, scratch)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _place_each(files: Files, place: Path, scratch: Path, *, shown: Path) -> None:
    for path, content in files.items():
        _make_folders(PurePosixPath(path).parent, place, scratch)
        placed = scratch / _PLACED / path
        placed.parent.mkdir(parents=True, exist_ok=True)
        placed.write_bytes(content)
        try:
            # Unlike a rename, a link never takes the place of what is there.
            (place / path).hardlink_to(placed)
        except FileExistsError:
            raise _in_the_way([path], shown) from None
    (scratch / _PROJECT).rename(scratch / _DONE)


def _make_folders(folder: PurePosixPath, place: Path, scratch: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not (place / each).is_dir()]
    for each in reversed(missing):
        with (scratch / _MADE).open("a", encoding="utf-8", newline="") as noted:
            noted.write(f"{each}\0")
        (place / each).mkdir()


def _take_back(place: Path, scratch: Path) -> None:
    """Remove from a folder what was placed there from a temporary one, and nobody has touched."""
    for placed in _files_below(scratch / _PLACED):
        path = placed.relative_to(scratch / _PLACED)
        with suppress(OSError):
            written = (scratch / _PROJECT / path).read_bytes()
            if (place / path).samefile(placed) and placed.read_bytes() == written:
                (place / path).unlink()
    with suppress(FileNotFoundError):
        noted = (scratch / _MADE).read_text(encoding="utf-8")
        for made in reversed(noted.split("\0")[:-1]):
            with suppress(OSError):
                (place / made).rmdir()


def _sweep(parent: Path) -> None:
    """Take away what killed processes left in a folder, where no other one is at work."""
    for scratch in sorted(parent.glob(f"{_PREFIX}*-*")):
        found = scratch.lstat()
        # In a folder that is shared, another user's may be made to look like one that placed files.
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            name = scratch.name.removeprefix(_PREFIX).rpartition("-")[0]
            _take_back(parent / name, scratch)
            shutil.rmtree(scratch, ignore_errors=True)


def _refuse_clashes(files: Files, place: Path, *, shown: Path) -> None:
    found = sorted({clash for path in files for clash in _clashes(path, place)})
    if found:
        raise _in_the_way(found, shown)


def _clashes(path: str, place: Path) -> Iterator[str]:
    if os.path.lexists(place / path):
        yield path
    for folder in PurePosixPath(path).parents[:-1]:
        # A link may lead out of the folder: nothing is written through it.
        if (place / folder).is_symlink() or (place / folder).is_file():
            yield str(folder)


def _in_the_way(paths: list[str], folder: Path) -> WritingError:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    are = "is" if len(paths) == 1 else "are"
    return WritingError(
        f"{', '.join(paths[:_SHOWN])}{more} {are} in the way in {folder}; nothing was written: "
        "choose another name, or move them away"
    )


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
