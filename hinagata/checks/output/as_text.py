"""A report for people: by construct, with its source line; coloured and wrapped on a terminal."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TextIO

from hinagata.checks.check import Severity
from hinagata.checks.output.place import construct_of, shown, source_of
from hinagata.checks.report import Report, Reported

# A part of a line and its style in rich's words.
_Part = tuple[str, str]
_Line = tuple[_Part, ...]

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_LABEL = max(len(str(severity)) for severity in Severity)
_INDENT = 2
# Below this, a sentence is not wrapped any narrower.
_NARROWEST = 24
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def as_text(report: Report, *, root: Path) -> str:
    """Returns a report for people, plain and with each sentence on one line.

    Args:
        report: What was found.
        root: Paths below it are shown relative to it.
    """
    lines = _lines(report, root, width=None)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def write_text(report: Report, stream: TextIO, *, root: Path) -> None:
    """Writes a report for people.

    On a terminal it is coloured, unless `NO_COLOR` is set, and sentences are wrapped to its
    width; ids and paths never are. Elsewhere it is as `as_text` returns it.
    """
    if not (stream.isatty() or os.environ.get("FORCE_COLOR")):
        stream.write(as_text(report, root=root))
        return

    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    for line in _lines(report, root, width=console.width):
        text = Text.assemble(*line)
        text.rstrip()
        console.print(text, soft_wrap=True)


def _lines(report: Report, root: Path, *, width: int | None) -> Iterator[_Line]:
    for (construct, place), findings in groupby(
        report.open(), key=lambda each: (construct_of(each.finding.node), _source(each, root))
    ):
        yield from _heading(construct, place, width)
        for each in findings:
            yield from _finding(each, width)
        yield ()
    yield from _to_mend(report, width)
    yield from _last(report, width)


def _source(reported: Reported, root: Path) -> str:
    source = source_of(reported.finding.node)
    return f"{shown(source.file, root)}:{source.line}" if source else ""


def _heading(construct: str, place: str, width: int | None) -> Iterator[_Line]:
    above, slash, name = construct.partition("/")
    path: _Line = ((above + slash, "dim"), (name, "bold")) if name else ((above, "bold"),)
    path = tuple((_clean(text), style) for text, style in path)
    if width and len(construct) + _INDENT + len(place) > width:
        yield path
        yield ((place, "dim"),)
    else:
        yield (*path, (" " * _INDENT, ""), (place, "dim"))


def _finding(reported: Reported, width: int | None) -> Iterator[_Line]:
    check = reported.check
    label = f"{reported.severity!s:<{_LABEL}}"
    indent = _INDENT + _LABEL + _INDENT
    start: _Line = (
        (" " * _INDENT, ""),
        (label, _STYLES[reported.severity]),
        (" " * _INDENT, ""),
        (f"{check.id}  ", "bold"),
    )
    # A title that wraps goes on below itself.
    title = list(_wrapped(check.title, indent + len(check.id) + 2, width, ""))
    yield (*start, *title[0][1:])
    yield from title[1:]
    yield from _wrapped(reported.finding.says, indent, width, "")
    yield from _wrapped(check.fix, indent, width, "dim")
    if given := reported.without_reason:
        says = f"Acknowledged at {given.path} without a reason: give one, and it counts."
        if given.channel == "cfn-lint":
            says = f"Ignored at {given.path} for cfn-lint, which keeps no reason: acknowledge it."
        yield from _wrapped(says, indent, width, "yellow")


def _to_mend(report: Report, width: int | None) -> Iterator[_Line]:
    """What is acknowledged or known and not found."""
    if report.stale:
        yield (("Acknowledgements to remove", "bold"),)
        for stale in report.stale:
            given = stale.acknowledgement
            yield from _row(given.path, given.rule, stale.says, width)
        yield ()
    if report.gone:
        yield (("Entries of the baseline to remove", "bold"),)
        for gone in report.gone:
            yield from _row(gone.construct, gone.check, "it occurs no more", width)
        yield ()


def _row(path: str, rule: str, says: str, width: int | None) -> Iterator[_Line]:
    head = ((" " * _INDENT, ""), (f"{rule}  ", ""), (_clean(path), ""))
    if width and sum(len(text) for text, _ in head) + _INDENT + len(says) > width:
        yield head
        yield from _wrapped(says, 2 * _INDENT, width, "dim")
    else:
        yield (*head, (" " * _INDENT, ""), (says, "dim"))


def _last(report: Report, width: int | None) -> Iterator[_Line]:
    counts = {severity: count for severity, count in report.counts().items() if count}
    if counts:
        worst = max(report.open(), key=lambda each: each.severity).check.id
        yield from _wrapped(f"Why, in full: hinagata explain {worst}", 0, width, "dim")
    found: list[_Part] = []
    for severity, count in counts.items():
        found += [(_counted(count, str(severity)), _STYLES[severity]), (", ", "")]
    found = found[:-1] or [("nothing found", "green")]
    rest = [
        f"{number} {what}"
        for number, what in (
            (sum(1 for _ in report.acknowledged()), "acknowledged"),
            (sum(1 for _ in report.in_baseline()), "in the baseline"),
            (len(report.unresolved), "undecided until deployment"),
        )
        if number
    ]
    where = f" in {_counted(report.resources, 'resource')}"
    line: _Line = (*found, (where, ""))
    more = "; " + ", ".join(rest) if rest else ""
    if width and sum(len(text) for text, _ in line) + len(more) > width:
        yield (*line, (";", ""))
        yield from _wrapped(", ".join(rest), 0, width, "dim")
    else:
        yield (*line, (more, "dim"))


def _wrapped(text: str, indent: int, width: int | None, style: str) -> Iterator[_Line]:
    """A sentence in lines that end at the width, broken between words alone."""
    text = _clean(text)
    rows: Iterable[str] = [text]
    if width:
        rows = textwrap.wrap(
            text,
            max(width - indent, _NARROWEST),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    for row in rows:
        yield (" " * indent, ""), (row, style)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _clean(text: str) -> str:
    # A template's names are anybody's: they must not steer the terminal.
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
