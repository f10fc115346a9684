"""What `hinagata update` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from hinagata.generator import merging
from hinagata.generator.applying import Step, apply_update, complete_update
from hinagata.generator.files import Files
from hinagata.generator.record import Answers, Record, kept_of, read_record
from hinagata.generator.update import Change, Fate, Update, plan_update


def update_project(
    project: Path,
    *,
    files_of: Callable[[Answers, Path], Files],
    stream: TextIO,
    apply: bool = False,
) -> bool:
    """Shows what an update would change in a generated project, or does it.

    An update that was interrupted is completed first, also where another one is only shown.

    Args:
        project: The project's root.
        files_of: Generates the project from its answers and what the user edited.
        stream: Where the answer is written.
        apply: Whether it is done. Default: it is shown.

    Returns:
        Whether no conflict was marked.

    Raises:
        HinagataError: The folder is no generated project, or it cannot be brought up to date.
    """
    completed = complete_update(project)
    record = read_record(project)
    if completed is not None:
        stream.write("completed the update that was interrupted\n")
        if not _resolved(completed, stream):
            return False
    update = plan_update(project, record, files_of(record.answers, project))
    if apply:
        return _apply(project, record, update, stream)
    _show(record, update, stream)
    return True


def _apply(project: Path, record: Record, update: Update, stream: TextIO) -> bool:
    if _is_current(record, update):
        stream.writelines(_nothing(update))
        return True
    steps = apply_update(project, update)
    stream.write(f"{_title(record, update)}\n")
    stream.writelines(_table(update))
    return _resolved(steps, stream)


def _show(record: Record, update: Update, stream: TextIO) -> None:
    if _is_current(record, update):
        stream.writelines(_nothing(update))
        return
    stream.write(f"{_title(record, update)}\n")
    stream.writelines(_table(update))
    stream.write(f"\n{update.diff()}\n" if update.diff() else "")
    stream.write("nothing was written; do it with: hinagata update --apply\n")


def _is_current(record: Record, update: Update) -> bool:
    return record.answers == update.answers and record.generated == kept_of(update.generated)


def _nothing(update: Update) -> Iterator[str]:
    version = update.answers.hinagata
    yield f"nothing to update: hinagata {version} has nothing new for this project\n"
    yield from _lines(change for change in update.changes if change.note)


def _title(record: Record, update: Update) -> str:
    old, new = record.answers.hinagata, update.answers.hinagata
    return f"from hinagata {old} to {new}" if old != new else f"as hinagata {new} generates it now"


def _table(update: Update) -> Iterator[str]:
    told = [change for change in update.changes if change.before != change.after or change.note]
    yield from _lines(told)
    if all(change.before == change.after for change in told):
        yield "  none of your files changes, only what is kept of how they were made\n"


def _lines(changes: Iterable[Change]) -> Iterator[str]:
    told = list(changes)
    width = max((len(change.path) for change in told), default=0)
    for change in told:
        line = f"  {change.fate:<8}  {change.path:<{width}}  {_note(change)}"
        yield f"{line.rstrip()}\n"


def _note(change: Change) -> str:
    if change.fate is Fate.MERGED:
        return "your changes and the new ones"
    if change.fate is Fate.CONFLICT and change.after is not None:
        lines = ", ".join(map(str, merging.conflict_lines(change.after)))
        return f"you and the update changed the same lines: marks at {lines}"
    return change.note


def _resolved(steps: Iterable[Step], stream: TextIO) -> bool:
    """Tell of the conflicts that are marked, and return whether there are none."""
    marked = [
        f"{step.path}:{line}"
        for step in steps
        for line in merging.conflict_lines(step.after or b"")
    ]
    if marked:
        stream.write("\nconflicts, each between <<<<<<< yours and >>>>>>> hinagata:\n")
        stream.writelines(f"  {each}\n" for each in marked)
    return not marked
