"""How long a schedule rests at most: what is lost with one of its events comes with the next."""

from __future__ import annotations

import math
import re

from hinagata.topology.node import Node

DAY_S = 86400.0
_UNITS_S = {"minute": 60.0, "hour": 3600.0, "day": DAY_S}
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_EVERY = re.compile(r"(?:\*|\d+)/(\d+)")


def longest_rest_s(declaration: Node) -> float | None:
    """Returns the longest time between two events of a schedule.

    Args:
        declaration: An `AWS::Events::Rule` or an `AWS::Scheduler::Schedule`.

    Returns:
        Seconds; infinity for a schedule that fires once, or that skips days; None if the
        expression is absent or unknown.
    """
    expressions = declaration.strings("ScheduleExpression")
    return max(map(_rest_s, expressions)) if expressions else None


def _rest_s(expression: str) -> float:
    if rate := _RATE.fullmatch(expression.strip()):
        return float(rate[1]) * _UNITS_S[rate[2]]
    fields = expression.strip().removeprefix("cron(").removesuffix(")").split()
    if not expression.startswith("cron(") or len(fields) != 6:
        return math.inf
    minute, hour, *days = fields
    if any(field not in ("*", "?") for field in days):
        return math.inf
    if hour == "*":
        return _step_s(minute, 60.0, 3600.0)
    return _step_s(hour, 3600.0, DAY_S) if _EVERY.fullmatch(hour) else DAY_S


def _step_s(field: str, unit_s: float, whole_s: float) -> float:
    if field == "*":
        return unit_s
    every = _EVERY.fullmatch(field)
    return float(every[1]) * unit_s if every else whole_s
