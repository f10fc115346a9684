"""Durations, rates and times of day as a scenario writes them: `40ms`, `16667/s`, `08:00`."""

import re
from collections.abc import Mapping
from decimal import Decimal

_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}

# In the words that Python and JavaScript share: the published schema has them too.
DURATION_PATTERN = r"([0-9]{1,30}(?:\.[0-9]{1,30})?) ?(ms|s|min|m|h|d)"
RATE_PATTERN = r"([0-9]{1,30}(?:\.[0-9]{1,30})?) ?/ ?(s|min|h|d)"
TIME_OF_DAY_PATTERN = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_DURATION = re.compile(DURATION_PATTERN)
_RATE = re.compile(RATE_PATTERN)
_TIME_OF_DAY = re.compile(TIME_OF_DAY_PATTERN)

DURATION_EXPECTED = "a duration such as 40ms, 2s, 5m or 24h"
RATE_EXPECTED = "a rate such as 100/s or 6000/min"
TIME_OF_DAY_EXPECTED = 'a time of day such as "08:00"'

# What other tools and people call the units; proposed are those alone that the guide names.
_SECOND = ("s", "sec", "secs", "second", "seconds")
_MINUTE = ("m", "min", "mins", "minute", "minutes")
_HOUR = ("h", "hr", "hrs", "hour", "hours")
_MEANT = {
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(_SECOND, "s"),
    **dict.fromkeys(_MINUTE, "m"),
    **dict.fromkeys(_HOUR, "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
_MEANT_RATES = {
    **dict.fromkeys((*_SECOND, "rps", "tps", "hz"), "s"),
    **dict.fromkeys((*_MINUTE, "rpm"), "min"),
    **dict.fromkeys(_HOUR, "h"),
}
_NUMBER_AND_WORD = re.compile(
    r"\s*([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*(?:/|per\s)?\s*([A-Za-z]{1,12})\s*"
)


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
        raise ValueError(DURATION_EXPECTED + _meant(text, "", _MEANT))
    return float(Decimal(match[1]) * _MILLISECONDS[match[2]] / 1000)


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
        raise ValueError(RATE_EXPECTED + _meant(text, "/", _MEANT_RATES))
    return float(Decimal(match[1]) / _SECONDS[match[2]])


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
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


def matches(pattern: str, text: str) -> bool:
    """Return whether a text as a whole is what a pattern says."""
    return re.fullmatch(pattern, text) is not None


def _meant(text: str, sign: str, units: Mapping[str, str]) -> str:
    """Return what a text with another word for its unit may have meant, if anything."""
    match = _NUMBER_AND_WORD.fullmatch(text)
    if match is None:
        return ""
    unit = units.get(match[2].lower())
    return "" if unit is None else f" (did you mean {match[1]}{sign}{unit}?)"


def show_seconds(value: float) -> str:
    """Return a duration as a person reads it, to three significant figures or to the second.

    Example:
        >>> show_seconds(0.04), show_seconds(1.5), show_seconds(0.0123456), show_seconds(43210.4)
        ('40 ms', '1.5 s', '12.3 ms', '43,210 s')
    """
    if value >= 1000:
        return f"{value:,.0f} s"
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
