"""Durations, rates and times of day as a scenario writes them: `40ms`, `16667/s`, `08:00`."""

import re
from decimal import Decimal

_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>ms|s|min|m|h|d)", re.ASCII)
_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?/ ?(?P<unit>s|min|h|d)", re.ASCII)
_TIME_OF_DAY = re.compile(r"(?P<hours>[01]?\d|2[0-3]):(?P<minutes>[0-5]\d)", re.ASCII)

DURATION_EXPECTED = "a duration such as 40ms, 2s, 5m or 24h"
RATE_EXPECTED = "a rate such as 100/s or 6000/min"
TIME_OF_DAY_EXPECTED = 'a time of day such as "08:00"'


def seconds(text: str) -> float:
    """Return a duration in seconds.

    Raises:
        ValueError: the text is not a number and a unit.

    Example:
        >>> seconds("40ms"), seconds("1.5 h")
        (0.04, 5400.0)
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(DURATION_EXPECTED)
    return float(Decimal(match["number"]) * _MILLISECONDS[match["unit"]] / 1000)


def per_second(text: str) -> float:
    """Return a rate in events a second.

    Raises:
        ValueError: the text is not a number, a slash and a unit of time.

    Example:
        >>> per_second("6000/min")
        100.0
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(RATE_EXPECTED)
    return float(Decimal(match["number"]) / _SECONDS[match["unit"]])


def seconds_of_day(text: str) -> float:
    """Return a time of day in seconds after midnight.

    Raises:
        ValueError: the text is not hours and minutes of one day.

    Example:
        >>> seconds_of_day("08:30")
        30600.0
    """
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        raise ValueError(TIME_OF_DAY_EXPECTED)
    return int(match["hours"]) * 3600.0 + int(match["minutes"]) * 60.0


def show_seconds(value: float) -> str:
    """Return a duration as a person reads it, to three significant figures.

    Example:
        >>> show_seconds(0.04), show_seconds(1.5), show_seconds(0.0123456)
        ('40 ms', '1.5 s', '12.3 ms')
    """
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
