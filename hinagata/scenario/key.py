"""The values that a name in a request takes, and how often each of them comes.

Values are numbered by how often they come, from 0, the most frequent one.
"""

import math
import re
from dataclasses import dataclass, field
from random import Random

# Where the value of a key goes.
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Up to here a sum is added up term by term; the Euler-Maclaurin formula takes over for the rest,
# which it gives to ten digits (checked against the sum itself in the tests).
_TERMS = 16


@dataclass(frozen=True)
class Uniform:
    """Every value comes as often as any other."""

    def share_of_first(self, count: int, *, among: int) -> float:
        """Return the share of messages that the `count` most frequent of `among` values have."""
        return count / among

    def draw(self, random: Random, *, among: int) -> int:
        """Draw the number of a value below `among`."""
        return random.randrange(among)


@dataclass(frozen=True, kw_only=True)
class Zipf:
    """The value of rank k comes in proportion to `1 / k ** skew` (Zipf's law).

    Attributes:
        skew: 0 is uniform; at 1 the first of a million values has 7 % of the messages.
    """

    skew: float

    def share_of_first(self, count: int, *, among: int) -> float:
        """Return the share of messages that the `count` most frequent of `among` values have."""
        return _harmonic(count, self.skew) / _harmonic(among, self.skew)

    def draw(self, random: Random, *, among: int) -> int:
        """Draw the number of a value below `among`."""
        wanted = random.random() * _harmonic(among, self.skew)
        # The smallest rank whose share, with all before it, is more than what was drawn.
        low, high = 1, among
        while low < high:
            middle = (low + high) // 2
            if _harmonic(middle, self.skew) > wanted:
                high = middle
            else:
                low = middle + 1
        return low - 1


@dataclass(frozen=True, kw_only=True)
class HotKey:
    """One value has a share of all messages; the others have the rest in equal parts.

    Attributes:
        hot_share: the share of that value, from 0 to 1.
    """

    hot_share: float

    def share_of_first(self, count: int, *, among: int) -> float:
        """Return the share of messages that the first `count` of `among` values have."""
        if count == 0 or among == 1:
            return float(count)
        return self.hot_share + (1 - self.hot_share) * (count - 1) / (among - 1)

    def draw(self, random: Random, *, among: int) -> int:
        """Draw the number of a value below `among`."""
        if among == 1 or random.random() < self.hot_share:
            return 0
        return 1 + random.randrange(among - 1)


Distribution = Uniform | Zipf | HotKey


@dataclass(frozen=True, kw_only=True)
class Key:
    """A name whose value varies from message to message.

    Attributes:
        cardinality: how many values there are.
        distribution: how often each of them comes.
    """

    cardinality: int
    distribution: Distribution = field(default_factory=Uniform)


def _harmonic(count: int, skew: float) -> float:
    """Return the sum of `1 / k ** skew` for k from 1 to `count`."""
    if count <= _TERMS:
        return sum(_power(k, skew) for k in range(1, count + 1))
    first, last = float(_TERMS), float(count)

    def correction(at: float) -> float:
        slope = skew * _power(at, skew + 1)
        return slope / 12 - slope * (skew + 1) * (skew + 2) / at**2 / 720

    return (
        sum(_power(k, skew) for k in range(1, _TERMS))
        + _integral(first, last, skew)
        + (_power(first, skew) + _power(last, skew)) / 2
        + correction(first)
        - correction(last)
    )


def _integral(first: float, last: float, skew: float) -> float:
    """Return the integral of `x ** -skew`, also where its usual form divides by zero."""
    power = 1 - skew
    ratio = math.log(last / first)
    grown = math.expm1(power * ratio) / power if power else ratio
    return math.pow(first, power) * grown


def _power(rank: float, skew: float) -> float:
    return math.pow(rank, -skew)
