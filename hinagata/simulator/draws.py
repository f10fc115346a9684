"""The random draws of a run, each kind from a stream of its own.

Every stream derives from the run's seed and from what it is for. So a seed repeats a run bit by
bit, and a change to one station leaves the arrivals, and the draws of the others, as they were:
what differs between two runs is what was changed.
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt

from hinagata.scenario.rate import (
    DAY_SECONDS,
    BurstRate,
    DiurnalRate,
    PacedRate,
    Rate,
    TraceRate,
)
from hinagata.simulator.model import Retry, Work

# Drawing thousands at a time costs a tenth of drawing one by one.
BLOCK = 4096
# A retry's waits are listed up to here; after so many they have long reached the longest.
LISTED_WAITS = 1000
# Until when a source's messages are known, and when those are sent that were not known before.
Window = tuple[float, npt.NDArray[np.float64]]


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Returns the generator for a purpose, always the same for the same seed and words.

    Args:
        seed: The run's.
        purpose: What the draws are for, such as a station's name and `work`.
    """
    words = [zlib.crc32(word.encode()) for word in purpose]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([abs(seed), *words])))


def uniform(generator: np.random.Generator) -> Iterator[float]:
    """Returns draws that are even from 0 to 1, without end.

    Args:
        generator: Where the draws come from.
    """
    return _one_by_one(lambda: generator.random(BLOCK))


def durations(work: Work, generator: np.random.Generator) -> Iterator[float]:
    """Returns draws of times in seconds, without end.

    A lognormal of mean m and coefficient of variation v has `sigma^2 = ln(1 + v^2)` and
    `mu = ln m - sigma^2 / 2`.

    Args:
        work: Their mean and spread.
        generator: Where the draws come from.
    """
    mean = float(work.mean_s)
    if mean == 0 or work.cv == 0:
        return repeat(mean)
    if work.cv == 1:
        return _one_by_one(lambda: generator.exponential(mean, BLOCK))
    variance = math.log1p(work.cv**2)
    middle = math.log(mean) - variance / 2
    return _one_by_one(lambda: generator.lognormal(middle, math.sqrt(variance), BLOCK))


class Waits:
    """Draws the waits before the retries of a message.

    Attributes:
        longest: The longest wait before each retry, in seconds; the last one is repeated.
        share: Draws of which share of it is waited for.
    """

    __slots__ = ("longest", "share")

    def __init__(self, retry: Retry, generator: np.random.Generator) -> None:
        self.longest = list(map(float, retry.waits_s))
        wait = retry.base_s
        while not retry.waits_s and len(self.longest) < min(max(1, retry.retries), LISTED_WAITS):
            self.longest.append(float(min(retry.cap_s, wait)))
            wait = min(retry.cap_s, wait * retry.factor)
        whole = retry.waits_s or not retry.jitter
        self.share = repeat(1.0) if whole else uniform(generator)

    def draw(self, number: int) -> float:
        """Returns a wait, in seconds.

        Args:
            number: How many retries there were before this one.
        """
        return self.longest[min(number, len(self.longest) - 1)] * next(self.share)


def arrivals(rate: Rate, duration_s: float, generator: np.random.Generator) -> Iterator[Window]:
    """Yields the times of messages, window by window: a Poisson process, unless they are paced.

    A window's candidates come at the highest rate that it has, and each is kept with the share that
    the rate at its time has in that: thinning, after Lewis and Shedler
    (https://doi.org/10.1002/nav.3800260304).

    Args:
        rate: Messages a second at each time.
        duration_s: When it ends.
        generator: Where the draws come from.

    Yields:
        The end of a window, and the times in it, ascending.
    """
    if isinstance(rate, PacedRate):
        # Nothing about these is left to chance.
        paced = np.arange(rate.messages) / rate.per_second
        yield duration_s, paced[paced < duration_s]
        return
    start = 0.0
    while start < duration_s:
        # As many candidates as a block, whatever the rate, and no window over a minute.
        end = min(
            start + min(60.0, BLOCK / max(highest(rate, start, start + 60.0), 1e-9)), duration_s
        )
        most = highest(rate, start, end)
        times = np.sort(generator.uniform(start, end, generator.poisson(most * (end - start))))
        if most * (end - start) > rate.count(start, end) * (1 + 1e-9):
            kept = generator.random(len(times)) * most
            times = times[kept < np.array([rate.rate_at(seconds) for seconds in times.tolist()])]
        yield end, times
        start = end


def highest(rate: Rate, start: float, end: float) -> float:
    """Returns the highest rate from `start` to `end`, in messages a second.

    Args:
        rate: The rate.
        start: In seconds.
        end: In seconds.
    """
    ends = max(rate.rate_at(start), rate.rate_at(end))
    match rate:
        case DiurnalRate():
            days = math.ceil((start - rate.peak_at_seconds) / DAY_SECONDS)
            peaks = rate.peak_at_seconds + days * DAY_SECONDS <= end
            return rate.peak_per_second if peaks else ends
        case BurstRate():
            quiet = rate.base_per_second * (end - start)
            calm = math.isclose(rate.count(start, end), quiet, rel_tol=1e-9, abs_tol=1e-9)
            return rate.base_per_second if calm else max(rate.base_per_second, rate.peak_per_second)
        case TraceRate():
            first, last = bisect_right(rate.seconds, start), bisect_left(rate.seconds, end)
            return max(rate.rate_at(start), *rate.per_second[first:last], 0.0)
    # A constant has no other value, and a ramp none that is beyond those at the ends.
    return ends


def _one_by_one(block: Callable[[], npt.NDArray[np.generic]]) -> Iterator[float]:
    blocks: Iterator[list[float]] = (block().tolist() for _ in repeat(None))
    return chain.from_iterable(blocks)
