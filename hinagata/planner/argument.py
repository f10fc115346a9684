"""What a formula takes: numbers within bounds, refused by rule, value and fix.

The bounds keep every formula finite and its work small; all of them lie far beyond AWS.
"""

from __future__ import annotations

import math
from numbers import Real

# Formulas take about 40 sqrt(servers) steps: half a million here, less than a tenth of a second.
MOST_SERVERS = 10**8

# Products of three stay within what a float can hold.
MOST = 1e15


def whole(name: str, value: float, *, least: int = 0, most: int = MOST_SERVERS) -> int:
    """A whole number of things.

    Args:
        name: What it counts, for the message.
        value: What was given.
        least: The smallest that makes sense.
        most: The largest that can be computed.

    Raises:
        ValueError: It is no whole number from `least` to `most`.
    """
    if not isinstance(value, Real) or not least <= value <= most or value != int(value):
        message = f"{name} is {_shown(value)}: give a whole number from {least} to {most}"
        raise ValueError(message)
    return int(value)


def real(name: str, value: float, *, least: float = 0.0, most: float = MOST) -> float:
    """A finite quantity.

    Args:
        name: What it measures, with its unit, for the message.
        value: What was given.
        least: The smallest that makes sense.
        most: The largest that can be computed.

    Raises:
        ValueError: It is no number from `least` to `most`; NaN and infinity are none.
    """
    if not isinstance(value, Real) or not least <= value <= most:
        message = f"{name} is {_shown(value)}: give a number from {least:g} to {most:g}"
        raise ValueError(message)
    return float(value)


def share(name: str, value: float) -> float:
    """A part of a whole, from 0 to 1.

    Raises:
        ValueError: It is outside of that.
    """
    return real(name, value, most=1.0)


def bound(name: str, value: float) -> float:
    """A share that something may at most reach: above 0, for no finite means bring it to 0.

    Raises:
        ValueError: It is not above 0, or above 1.
    """
    if not isinstance(value, Real) or not 0 < value <= 1:
        message = f"{name} is {_shown(value)}: give a share above 0, up to 1, such as 0.001"
        raise ValueError(message)
    return float(value)


def rounded_up(amount: float) -> int:
    """The next whole number, where what is whole but for a float's rounding stays.

    0.1 x 30 is 3.0000000000000004 in floats and asks for 3, not 4.
    """
    return math.ceil(amount - 1e-12 * abs(amount))


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "beyond 10^20"
    return text if len(text) <= 40 else f"{text[:40]}..."
