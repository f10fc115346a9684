"""What a newer version of us, or an edited blueprint, would change in a project."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.generator import merging
from hinagata.generator.files import Files
from hinagata.generator.project_tree import Obstacle, look
from hinagata.generator.record import (
    Answers,
    Digest,
    Generated,
    Record,
    kept_of,
    kept_path,
    this_version,
)
from hinagata.generator.stray_paths import refuse_strays


class UpdateError(HinagataError):
    """A project that cannot be brought up to date as it is."""


class Fate(StrEnum):
    """What becomes of a file."""

    UNCHANGED = "unchanged"
    NEW = "new"
    CHANGED = "changed"
    MERGED = "merged"
    CONFLICT = "conflict"
    REMOVED = "removed"
    KEPT = "kept"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one file.

    Attributes:
        path: Which, relative to the project's root.
        fate: What becomes of it.
        before: What it holds; None if it is not there, or is no file.
        after: What it will hold; None if it will not be there.
        note: What a person should know; nothing if the fate says it all.
    """

    path: str
    fate: Fate
    before: bytes | None
    after: bytes | None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Update:
    """What becomes of a project.

    Attributes:
        answers: What it is made from; the version is the one that it will be of.
        generated: Every file as it is generated now.
        changes: What becomes of each file, by path.
    """

    answers: Answers
    generated: Files
    changes: tuple[Change, ...]

    def diff(self) -> str:
        """Returns what will change in the user's files, as a unified diff."""
        return "".join(line for change in self.changes for line in _diff(change))


def plan_update(
    project: Path, record: Record, files: Files, *, version: str | None = None
) -> Update:
    """Returns what an update would change; nothing is written.

    A file that the user did not touch becomes the new one. What he changed is kept: where both
    changed it, it is merged. What he deleted stays deleted.

    Args:
        project: The project's root.
        record: What it keeps of how it was made.
        files: The project as it is generated now.
        version: The hinagata that it will be of. Default: this one.

    Raises:
        UpdateError: A file still has the marks of a conflict, or cannot be read.
    """
    refuse_strays(files)
    answers = replace(record.answers, hinagata=version or this_version())
    label = f"hinagata {answers.hinagata}"
    gone = _untouched(project, record.generated, without=files.keys())
    changes: list[Change] = []
    for path in sorted(record.generated.keys() | files.keys()):
        found = _look(project, path, gone - {path})
        changes += _changes(
            path, record.generated.get(path), found, files.get(path), project=project, label=label
        )
    _refuse_conflicts(changes, record.generated)
    return Update(answers=answers, generated=files, changes=tuple(changes))


def copy_beside(project: Path, path: str, content: bytes) -> Change:
    """Returns a new file beside one that cannot be merged: of a name that nothing has yet."""
    number = 1
    while True:
        beside = f"{path}.new" if number == 1 else f"{path}.new.{number}"
        found = _look(project, beside)
        if found is None or found == content:
            return Change(path=beside, fate=Fate.NEW, before=found, after=content)
        number += 1


def _look(
    project: Path, path: str, gone: AbstractSet[str] = frozenset()
) -> bytes | Obstacle | None:
    try:
        return look(project, path, gone=gone)
    except OSError as error:
        raise UpdateError(f"{path} cannot be read: {error.strerror}") from None


def _untouched(project: Path, generated: Generated, *, without: AbstractSet[str]) -> set[str]:
    """Return the files that are generated no more, and that hold what they held then."""
    untouched = set()
    for path, base in generated.items():
        if path not in without:
            found = _look(project, path)
            if isinstance(found, bytes) and _same(found, base):
                untouched.add(path)
    return untouched


def _same(content: bytes, base: bytes | Digest | None) -> bool:
    if isinstance(base, Digest):
        return Digest.of(content) == base
    return base is not None and merging.same(content, base)


def _changes(
    path: str,
    base: bytes | Digest | None,
    found: bytes | Obstacle | None,
    new: bytes | None,
    *,
    project: Path,
    label: str,
) -> Iterator[Change]:
    changed = new is not None and not _same(new, base)
    if isinstance(found, Obstacle):
        note = f"{found.path} is {found.kind}{_also_at(path, new)}" if changed else ""
        yield Change(path=path, fate=Fate.KEPT, before=None, after=None, note=note)
    elif found is None:
        yield _absent(path, base, new, changed=changed, label=label)
    elif new is None:
        yield _generated_no_more(path, base, found, label=label)
    elif not changed or merging.same(found, new):
        touched = base is not None and not _same(found, base)
        fate = Fate.KEPT if touched and not changed else Fate.UNCHANGED
        yield Change(path=path, fate=fate, before=found, after=found)
    elif _same(found, base):
        after = merging.with_ends_of(new, found)
        yield Change(path=path, fate=Fate.CHANGED, before=found, after=after)
    elif not isinstance(base, Digest) and merging.is_text(base or b"", found, new):
        after = merging.merge(base or b"", found, new, label=label)
        fate = Fate.CONFLICT if merging.conflict_lines(after) else Fate.MERGED
        yield Change(path=path, fate=fate, before=found, after=after)
    else:
        beside = copy_beside(project, path, new)
        note = f"no text, so not merged; the new one is {beside.path}"
        yield Change(path=path, fate=Fate.KEPT, before=found, after=found, note=note)
        yield beside


def _absent(
    path: str, base: bytes | Digest | None, new: bytes | None, *, changed: bool, label: str
) -> Change:
    if base is None:
        return Change(path=path, fate=Fate.NEW, before=None, after=new)
    both = f", and {label} changed it" if changed else ""
    (kept,) = kept_of({path: new}).values() if new is not None else (base,)
    way = (
        "bring it back from version control, or from a new project"
        if isinstance(kept, Digest)
        else f"copy {kept_path(path, kept)}"
    )
    note = f"you deleted it{both}; it stays deleted, unless you {way}"
    return Change(path=path, fate=Fate.DELETED, before=None, after=None, note=note)


def _also_at(path: str, new: bytes | None) -> str:
    """Return where a person can see what cannot be put into its place."""
    if new is None or not merging.is_text(new):
        return ""
    return f"; see {kept_path(path, new)}"


def _generated_no_more(
    path: str, base: bytes | Digest | None, found: bytes, *, label: str
) -> Change:
    if _same(found, base):
        return Change(path=path, fate=Fate.REMOVED, before=found, after=None)
    note = f"you changed it; {label} generates it no more"
    return Change(path=path, fate=Fate.KEPT, before=found, after=found, note=note)


def _refuse_conflicts(changes: list[Change], generated: Generated) -> None:
    marked = [
        f"{change.path}:{line}"
        for change in changes
        if change.before is not None and change.before != generated.get(change.path)
        for line in merging.conflict_lines(change.before)[:1]
    ]
    if marked:
        raise UpdateError(
            f"{', '.join(marked)}: the marks of an earlier conflict are still there; "
            "choose what is to stand there, remove the marks, and update again"
        )


def _diff(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if before == after:
        return
    if not merging.is_text(before or b"", after or b""):
        yield f"Binary file {change.path} differs\n"
        return
    for line in difflib.unified_diff(
        _lines(before),
        _lines(after),
        "/dev/null" if before is None else f"a/{change.path}",
        "/dev/null" if after is None else f"b/{change.path}",
    ):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes | None) -> list[str]:
    return [line.decode(errors="replace") for line in merging.lines(content or b"")]
