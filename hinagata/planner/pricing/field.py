"""The fields of a usage file: what may stand there, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hinagata.planner.pricing.written import Written

# Products of three stay far within what a float can hold.
MOST = 1e18

_NUMBER = re.compile(r"\d[\d_]*(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_RATE = re.compile(r"(?P<number>.*\S)\s*/\s*(?P<unit>s|min|h|d|day)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "day": 86_400}


class Kind(StrEnum):
    """What stands in a field."""

    COUNT = "count"
    """How often a month: a number, or a rate such as `100/s`."""
    NUMBER = "number"
    """A number, in the unit that the field's name ends with."""
    CHOICE = "choice"
    """One of some words."""
    FLAG = "flag"
    """`true` or `false`."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a service.

    Attributes:
        name: As it is written.
        meaning: What it says, as documentation.
        kind: What may stand there.
        default: What holds if it is missing; None if nothing does.
        choices: The words of a choice.
        required: Whether it may not be missing.
    """

    name: str
    meaning: str
    kind: Kind
    default: float | str | None = None
    choices: tuple[str, ...] = ()
    required: bool = False

    def read(self, value: Written, *, hours: float) -> float | str:
        """Returns what stands in the field; flags are 1 or 0.

        Args:
            value: What is written.
            hours: The hours of the month, which turn a rate into a count.

        Raises:
            UsageFileError: It is not of the field's kind.
        """
        if self.kind is Kind.CHOICE:
            return value.one_of(self.choices)
        if self.kind is Kind.FLAG:
            return float(value.one_of(("true", "false")) == "true")
        if self.kind is Kind.COUNT:
            return monthly(value, hours=hours)
        return measured(value)


def count(name: str, meaning: str, *, default: float = 0, required: bool = False) -> Field:
    """A number of times a month, or a rate."""
    default_ = None if required else default
    return Field(name=name, meaning=meaning, kind=Kind.COUNT, default=default_, required=required)


def number(name: str, meaning: str, *, default: float | None = 0, required: bool = False) -> Field:
    """A number in the unit of its name; a default of None means that something else decides."""
    default_ = None if required else default
    return Field(name=name, meaning=meaning, kind=Kind.NUMBER, default=default_, required=required)


def choice(name: str, meaning: str, *choices: str) -> Field:
    """One of some words; the first if the field is missing."""
    return Field(name=name, meaning=meaning, kind=Kind.CHOICE, default=choices[0], choices=choices)


def flag(name: str, meaning: str) -> Field:
    """True or false; false if the field is missing."""
    return Field(name=name, meaning=meaning, kind=Kind.FLAG, default=0.0)


def monthly(value: Written, *, hours: float) -> float:
    """Returns a count a month, or a rate that lasts for a month of so many hours."""
    text = value.text()
    rate = _RATE.fullmatch(text)
    found = _number(rate["number"] if rate else text)
    if rate and found is not None:
        found *= hours * 3600 / _SECONDS[rate["unit"]]
    if found is None:
        value.fail(
            expected=f"a number a month from 0 to {MOST:g}, or a rate such as 100/s or 5e6/day"
        )
    return found


def measured(value: Written) -> float:
    """Returns a number."""
    found = _number(value.text())
    if found is None:
        value.fail(expected=f"a number from 0 to {MOST:g}")
    return found


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text) or (found := float(text)) > MOST:
        return None
    return found
