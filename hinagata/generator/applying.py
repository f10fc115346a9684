"""An update written to a project, such that no end of the process loses anything.

All that will be written is first kept in one file, `.hinagata/pending`. From then on the update is
bound to be completed, if not by this process then by the next one: each file that holds what it
held is replaced, and one that was edited meanwhile is merged.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hinagata.generator import merging
from hinagata.generator.folder_lock import locked
from hinagata.generator.project_tree import Obstacle, look, put, remove, sync_folder
from hinagata.generator.record import ANSWERS, FOLDER, GENERATED, kept_path, read_record, record_of
from hinagata.generator.stray_paths import is_in_project
from hinagata.generator.update import Update, UpdateError, copy_beside

_PENDING = f"{FOLDER}/pending"
_STAGED = f"{FOLDER}/pending.tmp"
_SCRATCH = f"{FOLDER}/pending.file"
_LABEL = "label"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to become of one file.

    Attributes:
        path: Which, relative to the project's root.
        before: What it holds when nothing was done yet; None if it is not there.
        after: What it holds when all was done; None if it is not there.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def of_the_record(self) -> bool:
        """Whether the file is no part of the project, but of what tells how it was made."""
        return self.path.startswith(f"{FOLDER}/")


@dataclass(frozen=True, kw_only=True)
class _Journal:
    """All that an update writes, and what new lines are called where they meet the user's."""

    label: str
    steps: tuple[Step, ...]


def apply_update(project: Path, update: Update) -> tuple[Step, ...]:
    """Writes an update to a project, and returns what became of the user's files.

    Args:
        project: The project's root.
        update: What was planned. A file that was edited since is merged.

    Raises:
        UpdateError: Something cannot be written: before anything was, or, where that could not be
            known, so that the next update completes this one.
    """
    with _alone(project):
        if (project / _PENDING).exists():
            raise UpdateError(
                f"{project / _PENDING}: another update was interrupted since this one was planned; "
                "complete it with: hinagata update"
            )
        steps = [
            Step(path=change.path, before=change.before, after=change.after)
            for change in update.changes
            if change.before != change.after
        ]
        steps += _record_steps(project, update)
        _refuse_unwritable(project, steps)
        journal = _Journal(
            label=f"hinagata {update.answers.hinagata}", steps=tuple(sorted(steps, key=_order))
        )
        _commit(project, journal)
        return _complete(project, journal)


def complete_update(project: Path) -> tuple[Step, ...] | None:
    """Completes an update that was interrupted.

    Returns:
        What became of the user's files; None where no update was interrupted.

    Raises:
        UpdateError: Something cannot be read or written.
    """
    if not any((project / each).exists() for each in (_PENDING, _STAGED)):
        return None
    with _alone(project):
        journal = _read(project / _PENDING)
        if journal is None:
            _clean(project)
            return None
        return _complete(project, journal)


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    try:
        with locked(project / FOLDER):
            yield
    except OSError as error:
        name = error.filename or project
        raise UpdateError(f"{name} cannot be written: {error.strerror}") from None


def _order(step: Step) -> tuple[bool, bool, bool, str]:
    """Tell what comes first: the user's files before the record, and what goes before what comes.

    Whoever finds the record of before, and some files as they are after, finds nothing to do for
    these; the version is the last word.
    """
    return (step.of_the_record, step.path == ANSWERS, step.after is not None, step.path)


def _record_steps(project: Path, update: Update) -> Iterator[Step]:
    kept = {
        path: content
        for path, content in record_of(update.generated, update.answers).items()
        if path.startswith(f"{FOLDER}/")
    }
    old = {kept_path(path, each) for path, each in read_record(project).generated.items()}
    gone = old - kept.keys()
    for path in sorted(kept.keys() | gone):
        before = look(project, path, gone=gone - {path})
        if isinstance(before, Obstacle):
            raise UpdateError(f"{before.path} is {before.kind}; bring back what was there")
        if before != kept.get(path):
            yield Step(path=path, before=before, after=kept.get(path))


def _refuse_unwritable(project: Path, steps: list[Step]) -> None:
    disk = (project / FOLDER).stat().st_dev
    for step in steps:
        folder = (project / step.path).parent
        while not folder.is_dir():
            folder = folder.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UpdateError(f"{step.path} cannot be written: {folder} is read-only")
        if folder.stat().st_dev != disk:
            raise UpdateError(
                f"{step.path} cannot be written: {folder} is on another disk than {FOLDER}"
            )


def _complete(project: Path, journal: _Journal) -> tuple[Step, ...]:
    try:
        while not _apply_each(project, journal):
            # The user edited a file since. What it held and will hold is noted before it is
            # written, so that a second interruption does not merge twice.
            journal = _with_edits(project, journal)
            _commit(project, journal)
    except OSError as error:
        raise UpdateError(
            f"{error.filename or project} cannot be written: {error.strerror}; the update is "
            "half done and nothing is lost: mend that, and complete it with: hinagata update"
        ) from None
    _clean(project)
    return tuple(step for step in journal.steps if not step.of_the_record)


def _apply_each(project: Path, journal: _Journal) -> bool:
    """Do what is left to do, and return whether all is done: not where a file was edited."""
    gone = _gone(journal)
    for step in journal.steps:
        found = look(project, step.path, gone=gone - {step.path})
        if found == step.after:
            continue
        if found != step.before:
            return False
        if step.after is None:
            remove(project, step.path)
        else:
            put(project, step.path, step.after, scratch=project / _SCRATCH)
    return True


def _gone(journal: _Journal) -> frozenset[str]:
    return frozenset(step.path for step in journal.steps if step.after is None)


def _with_edits(project: Path, journal: _Journal) -> _Journal:
    steps: list[Step] = []
    gone = _gone(journal)
    generated = {step.path: step for step in journal.steps if step.of_the_record}
    for step in journal.steps:
        found = look(project, step.path, gone=gone - {step.path})
        if found in (step.before, step.after):
            steps.append(step)
        elif isinstance(found, Obstacle):
            continue
        elif step.of_the_record:
            steps.append(replace(step, before=found))
        elif found is not None and step.after is not None:
            origin = generated.get(f"{GENERATED}/{step.path}", replace(step, before=None))
            steps.append(_merged(project, step.path, found, origin, journal.label))
        # What the user has deleted stays deleted; what he has edited is not removed.
    return replace(journal, steps=tuple(sorted(steps, key=_order)))


def _merged(project: Path, path: str, found: bytes, origin: Step, label: str) -> Step:
    base, new = origin.before or b"", origin.after or b""
    if not merging.is_text(base, found, new):
        beside = copy_beside(project, path, new)
        return Step(path=beside.path, before=beside.before, after=beside.after)
    if merging.conflict_lines(found):
        # There were no marks before: the file was written already, and edited then.
        return Step(path=path, before=found, after=found)
    return Step(path=path, before=found, after=merging.merge(base, found, new, label=label))


def _commit(project: Path, journal: _Journal) -> None:
    staged = project / _STAGED
    try:
        with staged.open("wb") as opened:
            with zipfile.ZipFile(opened, "w") as archive:
                archive.writestr(_LABEL, journal.label)
                for step in journal.steps:
                    for time, content in (("before", step.before), ("after", step.after)):
                        if content is not None:
                            archive.writestr(f"{time}/{step.path}", content)
            opened.flush()
            os.fsync(opened.fileno())
        staged.replace(project / _PENDING)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    sync_folder(project / FOLDER)


def _read(file: Path) -> _Journal | None:
    try:
        with zipfile.ZipFile(file) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        return None
    except zipfile.BadZipFile:
        raise _unreadable(file) from None
    label = held.pop(_LABEL, b"").decode(errors="replace")
    paths = {name.partition("/")[2] for name in held}
    # The file may have come with somebody else's project: it must not lead out of this one.
    if not label or not all(map(is_in_project, paths)):
        raise _unreadable(file)
    steps = (
        Step(path=path, before=held.get(f"before/{path}"), after=held.get(f"after/{path}"))
        for path in paths
    )
    return _Journal(label=label, steps=tuple(sorted(steps, key=_order)))


def _unreadable(file: Path) -> UpdateError:
    return UpdateError(
        f"{file} cannot be read; it is what an interrupted update had to write: "
        "look at what changed in version control, and remove it"
    )


def _clean(project: Path) -> None:
    for name in (_PENDING, _STAGED, _SCRATCH):
        (project / name).unlink(missing_ok=True)
