"""How long things take, and where in the coming ticks that puts them.

Who comes in a tick comes at any time of it alike. With I1 the integral of P(S > x) from 0, and I2
that of I1, the share of tick k in which he is busy, and the chance that he ends in it, are

    busy(k) = (I2((k+1) dt) - 2 I2(k dt) + I2((k-1) dt)) / dt^2
    ends(k) = (J((k+1) dt) - 2 J(k dt) + J((k-1) dt)) / dt,  J(y) = y - I1(y)

Both are exact for times far below a tick and far above it, and the busy shares add up to the mean.
Sources of the moments: S. A. Klugman, H. H. Panjer, G. E. Willmot, Loss Models, appendix A (limited
expected values).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Work

Values = npt.NDArray[np.float64]

# Closer to a constant, or to an exponential time, than can be told apart in a tick.
_ALIKE = 0.02
# What is left of a law after its last tick is put into that one.
_LEFT = 1e-9
_MOST_TICKS = 4096
# Shorter is no time, and would leave the digits of a float.
_NO_TIME = 1e-12
# Means of a grid so fine that a neighbour's kernel is as good.
_GRID = 100.0

_erf = np.vectorize(math.erf, otypes=[float])


class Kernel(NamedTuple):
    """Shares of the coming ticks.

    Attributes:
        first: How many ticks later the first share is.
        shares: One a tick.
    """

    first: int
    shares: Values


NOW = Kernel(0, np.ones(1))


@dataclass(frozen=True)
class Law:
    """A time: exponential if `cv` is 1, constant if it is 0, else lognormal.

    Attributes:
        mean: Its mean, in seconds.
        cv: Its standard deviation over its mean.
    """

    mean: float
    cv: float = 1.0

    @classmethod
    def of(cls, work: Work | None) -> Law:
        """Returns the law of some work; of none, no time at all."""
        return NOTHING if work is None else cls(work.mean_s, work.cv if work.mean_s else 0.0)

    @classmethod
    def with_variance(cls, mean: float, variance: float) -> Law:
        """Returns the law of a mean and a variance."""
        if mean <= _NO_TIME:
            return NOTHING
        return cls(mean, math.sqrt(max(0.0, variance)) / mean)

    @property
    def variance(self) -> float:
        """Its standard deviation, squared."""
        return (self.mean * self.cv) ** 2

    def plus(self, other: Law) -> Law:
        """Returns the law of the sum, by mean and variance."""
        if not other.mean:
            return self
        if not self.mean:
            return other
        return Law.with_variance(self.mean + other.mean, self.variance + other.variance)

    def or_else(self, other: Law, share: float) -> Law:
        """Returns the law of what takes as long as another one in a share of cases."""
        mean = (1.0 - share) * self.mean + share * other.mean
        square = (1.0 - share) * (self.variance + self.mean**2)
        square += share * (other.variance + other.mean**2)
        return Law.with_variance(mean, square - mean * mean)

    def longer_than(self, seconds: float) -> float:
        """Returns the chance that it takes longer."""
        if seconds == math.inf or self.mean <= 0.0:
            return 0.0
        if self.cv < _ALIKE:
            return float(self.mean > seconds)
        if abs(self.cv - 1.0) < _ALIKE:
            return math.exp(-seconds / self.mean)
        if seconds <= 0.0:
            return 1.0
        mu, sigma = self._lognormal()
        return 0.5 * math.erfc((math.log(seconds) - mu) / (sigma * math.sqrt(2.0)))

    def at_most(self, seconds: float) -> Law:
        """Returns the law of the same cut off after a time, by mean and variance."""
        if seconds == math.inf or self.longer_than(seconds) < 1e-12:
            return self
        ends = np.array([seconds])
        mean = float(self._limited(ends)[0])
        return Law.with_variance(mean, float(self._limited_square(ends)[0]) - mean * mean)

    def draw(self, rng: np.random.Generator, count: int) -> Values:
        """Returns as many times by chance."""
        if self.cv < _ALIKE or self.mean <= 0.0:
            return np.full(count, self.mean)
        if abs(self.cv - 1.0) < _ALIKE:
            return rng.exponential(self.mean, count)
        mu, sigma = self._lognormal()
        return rng.lognormal(mu, sigma, count)

    def busy(self, tick_s: float) -> Kernel:
        """Returns the share of each tick in which who came in the first is busy."""
        if self.mean <= _NO_TIME:
            return Kernel(0, np.zeros(1))
        near, ratio = self._near()
        kernel = _busy(near, round(self.cv, 1), tick_s)
        return Kernel(kernel.first, kernel.shares * ratio)

    def ends(self, tick_s: float) -> Kernel:
        """Returns the chance for each tick that who came in the first ends in it."""
        if self.mean <= _NO_TIME:
            return NOW
        if self.cv < _ALIKE:
            return constant_wait(self.mean, tick_s)
        # Two neighbours of the grid, so mixed that the mean is right.
        place = math.log(self.mean) * _GRID
        low, high = math.exp(math.floor(place) / _GRID), math.exp((math.floor(place) + 1) / _GRID)
        part = (self.mean - low) / (high - low)
        short, long = (_ends(mean, round(self.cv, 1), tick_s).shares for mean in (low, high))
        shares = long * part
        shares[: len(short)] += short * (1.0 - part)
        return Kernel(0, shares)

    def _near(self) -> tuple[float, float]:
        near = math.exp(round(math.log(self.mean) * _GRID) / _GRID)
        return near, self.mean / near

    def _lognormal(self) -> tuple[float, float]:
        spread = math.log1p(self.cv * self.cv)
        return math.log(self.mean) - spread / 2, math.sqrt(spread)

    def _limited(self, ends: Values) -> Values:
        """E[min(S, y)], which is I1."""
        if self.cv < _ALIKE:
            return np.minimum(ends, self.mean)
        if abs(self.cv - 1.0) < _ALIKE:
            return -self.mean * np.expm1(-ends / self.mean)
        mu, sigma = self._lognormal()
        logs = np.log(np.maximum(ends, 1e-300))
        below = self.mean * _normal((logs - mu - sigma**2) / sigma)
        return np.asarray(below + ends * _normal((mu - logs) / sigma))

    def _limited_square(self, ends: Values) -> Values:
        """E[min(S, y)^2]: I2(y) is y I1(y) less half of it."""
        if self.cv < _ALIKE:
            return np.asarray(np.minimum(ends, self.mean) ** 2)
        if abs(self.cv - 1.0) < _ALIKE:
            share = ends / self.mean
            return np.asarray(2 * self.mean**2 * (1 - (1 + share) * np.exp(-share)))
        mu, sigma = self._lognormal()
        logs = np.log(np.maximum(ends, 1e-300))
        square = self.mean**2 * (1 + self.cv**2)
        below = square * _normal((logs - mu - 2 * sigma**2) / sigma)
        return np.asarray(below + ends**2 * _normal((mu - logs) / sigma))

    def ticks(self, tick_s: float) -> int:
        """Returns after how many ticks next to nothing of it is left."""
        high = 2
        while high < _MOST_TICKS and self.longer_than((high - 1) * tick_s) > _LEFT:
            high *= 2
        return min(high, _MOST_TICKS)


NOTHING = Law(0.0, 0.0)


def _normal(values: Values) -> Values:
    return np.asarray(0.5 * (1.0 + _erf(values / math.sqrt(2.0))))


@lru_cache(maxsize=4096)
def _busy(mean: float, cv: float, tick_s: float) -> Kernel:
    law = Law(mean, cv)
    ends = np.arange(law.ticks(tick_s) + 1, dtype=np.float64) * tick_s
    twice = ends * law._limited(ends) - law._limited_square(ends) / 2  # noqa: SLF001
    shares = np.empty(len(ends) - 1)
    shares[0] = twice[1]
    shares[1:] = twice[2:] - 2 * twice[1:-1] + twice[:-2]
    shares = np.maximum(shares / tick_s**2, 0.0)
    # A heavy tail cut off would lose work: the last tick takes what is left of the mean.
    shares[-1] += max(0.0, mean / tick_s - float(shares.sum()))
    return Kernel(0, shares)


@lru_cache(maxsize=4096)
def _ends(mean: float, cv: float, tick_s: float) -> Kernel:
    law = Law(mean, cv)
    ends = np.arange(law.ticks(tick_s) + 1, dtype=np.float64) * tick_s
    return _chances(ends - law._limited(ends), tick_s)  # noqa: SLF001


@lru_cache(maxsize=4096)
def uniform_wait(longest: float, tick_s: float) -> Kernel:
    """Returns the chance for each tick that a wait of up to so long, all alike, ends in it.

    Args:
        longest: The longest wait in seconds.
        tick_s: The length of a tick.
    """
    if longest <= 0.0:
        return NOW
    ends = np.arange(int(longest / tick_s) + 3) * tick_s
    within = np.minimum(ends, longest)
    return _chances(within**2 / (2 * longest) + (ends - within), tick_s)


@lru_cache(maxsize=4096)
def constant_wait(seconds: float, tick_s: float) -> Kernel:
    """Returns the chance for each tick that a wait of just so long ends in it."""
    if seconds <= 0.0:
        return NOW
    first = int(seconds / tick_s)
    late = seconds / tick_s - first
    return Kernel(first, np.array([1.0 - late, late]))


def _chances(within: Values, tick_s: float) -> Kernel:
    shares = np.empty(len(within) - 1)
    shares[0] = within[1]
    shares[1:] = within[2:] - 2 * within[1:-1] + within[:-2]
    shares = np.maximum(shares / tick_s, 0.0)
    shares[-1] = max(0.0, 1.0 - float(shares[:-1].sum()))
    return Kernel(0, shares / shares.sum())
