"""How answers are set in lines: their width, and words that follow a number."""

from __future__ import annotations

WIDTH = 80
"""Columns of a terminal that nobody has made wider: no line of an answer is longer."""


def unit_for(amount: str, unit: str) -> str:
    """Returns a unit as it follows an amount: of one thing, it is one.

    >>> unit_for("1", "secrets"), unit_for("2", "secrets"), unit_for("1", "requests/s")
    ('secret', 'secrets', 'request/s')
    >>> unit_for("1", "GB-s"), unit_for("1", "s"), unit_for("1", "queries")
    ('GB-s', 's', 'query')
    """
    if amount != "1":
        return unit
    what, slash, time = unit.partition("/")
    if what.endswith("ies"):
        what = f"{what[:-3]}y"
    elif what.endswith("sses"):
        what = what[:-2]
    elif what.endswith("s") and len(what) > 1 and not what.endswith(("-s", "ms")):
        what = what[:-1]
    return f"{what}{slash}{time}"
