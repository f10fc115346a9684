"""What an answer rests on beside facts: assumptions, and what nobody reckoned with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from hinagata.planner.assumptions import Assumed
from hinagata.planner.lines import WIDTH

_MOST_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class Remarks:
    """What must be said beside an answer.

    Attributes:
        assumed: Numbers that were taken for want of better ones.
        given_in: The file that gave some of them, if one did.
        notes: What else was taken, in a sentence each.
        left_out: What the answer does not contain, in a few words each.
    """

    assumed: tuple[Assumed, ...] = ()
    given_in: Path | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def as_lines(remarks: Remarks) -> Iterator[str]:
    """Yields the remarks as lines of text, none of them too long."""
    if remarks.assumed:
        yield ""
        yield "Assumed, as neither templates nor scenario tell; --assume FILE knows better"
        if remarks.given_in and any(each.given for each in remarks.assumed):
            yield from _hanging("  ", f"given: in {_near(remarks.given_in)}")
        names = max(len(each.assumption.name) for each in remarks.assumed)
        for each in remarks.assumed:
            given = ", given" if each.given else ""
            head = f"  {each.assumption.name:<{names}} {each.value:>5g}  "
            told = f"{each.assumption.meaning}{given}: {_listed(each.of)}"
            yield from _hanging(head, told)
    if remarks.notes:
        yield ""
        yield "To be known"
        for note in remarks.notes:
            yield from _hanging("  ", note)
    if remarks.left_out:
        yield ""
        yield "Not in it"
        for part in remarks.left_out:
            yield from _hanging("  ", part)


def as_document(remarks: Remarks) -> dict[str, object]:
    """Returns the remarks as JSON has them."""
    return {
        "assumed": [
            {
                "assumption": each.assumption.name,
                "value": each.value,
                "meaning": each.assumption.meaning,
                "of": list(each.of),
                "given": each.given,
            }
            for each in remarks.assumed
        ],
        "given_in": None if remarks.given_in is None else _near(remarks.given_in),
        "notes": list(remarks.notes),
        "left_out": list(remarks.left_out),
    }


def _near(file: Path) -> str:
    """A path as a person in the current folder would write it."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _hanging(head: str, text: str) -> Iterator[str]:
    lines = wrap(text, WIDTH - len(head), break_long_words=True) or [""]
    yield f"{head}{lines[0]}"
    for line in lines[1:]:
        yield f"{'':<{len(head)}}{line}"
