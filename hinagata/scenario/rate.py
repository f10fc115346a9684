"""How often the messages of a source come: shapes of traffic, as functions of time.

Times are seconds of the scenario, which begins at midnight with second 0; rates are messages a
second. `count` is the exact integral of `rate_at`, so that counts of neighbouring intervals add up.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

DAY_SECONDS = 86400.0


@dataclass(frozen=True, kw_only=True)
class ConstantRate:
    """The same rate at every time."""

    per_second: float

    def rate_at(self, _: float) -> float:
        """Return the rate at a time."""
        return self.per_second

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        return self.per_second * (end - start)


@dataclass(frozen=True, kw_only=True)
class RampRate:
    """One rate that turns into another one along a straight line.

    Attributes:
        from_per_second: the rate until the ramp begins.
        to_per_second: the rate once it has ended.
        start_seconds: when it begins.
        over_seconds: how long it takes.
    """

    from_per_second: float
    to_per_second: float
    over_seconds: float
    start_seconds: float = 0.0

    def rate_at(self, seconds: float) -> float:
        """Return the rate at a time."""
        done = min(1.0, max(0.0, (seconds - self.start_seconds) / self.over_seconds))
        return self.from_per_second + done * (self.to_per_second - self.from_per_second)

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        return self._before(end) - self._before(start)

    def _before(self, seconds: float) -> float:
        # Over the first rate, it grows with the square of the time on the ramp, then evenly.
        since = max(0.0, seconds - self.start_seconds)
        on_ramp = min(since, self.over_seconds)
        surplus = on_ramp**2 / (2 * self.over_seconds) + (since - on_ramp)
        return (
            self.from_per_second * seconds + (self.to_per_second - self.from_per_second) * surplus
        )


@dataclass(frozen=True, kw_only=True)
class DiurnalRate:
    """A rate that swings once a day, as a cosine, between a peak and a trough.

    `rate(t) = mean * (1 + a * cos(2 pi (t - peak_at) / 24 h))` with `a = (R - 1) / (R + 1)` and
    `mean = peak / (1 + a)`, R being peak over trough.

    Attributes:
        peak_per_second: the highest rate.
        peak_over_trough: how many times the lowest rate that is.
        peak_at_seconds: when it is reached, in seconds after midnight.
    """

    peak_per_second: float
    peak_over_trough: float
    peak_at_seconds: float

    def rate_at(self, seconds: float) -> float:
        """Return the rate at a time."""
        angle = math.tau * (seconds - self.peak_at_seconds) / DAY_SECONDS
        return self._mean * (1 + self._swing * math.cos(angle))

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        first, last = (
            math.sin(math.tau * (seconds - self.peak_at_seconds) / DAY_SECONDS)
            for seconds in (start, end)
        )
        return self._mean * (end - start + self._swing * DAY_SECONDS / math.tau * (last - first))

    @property
    def _swing(self) -> float:
        return (self.peak_over_trough - 1) / (self.peak_over_trough + 1)

    @property
    def _mean(self) -> float:
        return self.peak_per_second / (1 + self._swing)


@dataclass(frozen=True, kw_only=True)
class BurstRate:
    """A rate that jumps to another one for a while, once or again and again.

    Attributes:
        base_per_second: the rate outside the bursts.
        peak_per_second: the rate in a burst.
        at_seconds: when the first burst begins.
        for_seconds: how long each lasts.
        every_seconds: the time from one beginning to the next; None for a single burst.
    """

    base_per_second: float
    peak_per_second: float
    at_seconds: float
    for_seconds: float
    every_seconds: float | None = None

    def rate_at(self, seconds: float) -> float:
        """Return the rate at a time; a burst has its beginning, and not its end."""
        since = seconds - self.at_seconds
        if self.every_seconds is not None and since >= 0:
            since %= self.every_seconds
        in_burst = 0 <= since < self.for_seconds
        return self.peak_per_second if in_burst else self.base_per_second

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        in_bursts = self._in_bursts(end) - self._in_bursts(start)
        return (
            self.base_per_second * (end - start)
            + (self.peak_per_second - self.base_per_second) * in_bursts
        )

    def _in_bursts(self, seconds: float) -> float:
        """Return how many seconds of bursts there are before a time."""
        since = max(0.0, seconds - self.at_seconds)
        if self.every_seconds is None:
            return min(since, self.for_seconds)
        past, rest = divmod(since, self.every_seconds)
        return past * self.for_seconds + min(rest, self.for_seconds)


@dataclass(frozen=True, kw_only=True)
class TraceRate:
    """A rate that was recorded: each value holds until the next one, the last one for good.

    Attributes:
        seconds: when each value begins, ascending from 0.
        per_second: the values.
    """

    seconds: Sequence[float]
    per_second: Sequence[float]

    def rate_at(self, seconds: float) -> float:
        """Return the rate at a time."""
        return self.per_second[self._row(seconds)]

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        return self._since_beginning(end) - self._since_beginning(start)

    def _row(self, seconds: float) -> int:
        return max(0, bisect_right(self.seconds, seconds) - 1)

    def _since_beginning(self, seconds: float) -> float:
        row = self._row(seconds)
        return self._counts[row] + self.per_second[row] * (seconds - self.seconds[row])

    @cached_property
    def _counts(self) -> list[float]:
        """How many messages there are before each row."""
        counts = [0.0]
        for (start, end), rate in zip(pairwise(self.seconds), self.per_second, strict=False):
            counts.append(counts[-1] + rate * (end - start))
        return counts


@dataclass(frozen=True, kw_only=True)
class ClosedLoopRate:
    """Users who wait for each answer, think, and send the next message.

    `rate = users / (think + latency)`: who is slower to answer is asked less. Whoever knows the
    latency gives it; without it the rate is the highest that these users can reach.

    Attributes:
        users: how many there are.
        think_seconds: how long each waits after an answer.
    """

    users: int
    think_seconds: float

    def rate_at(self, _: float, *, latency_seconds: float = 0.0) -> float:
        """Return the rate at a time, if an answer takes so long."""
        return self.users / (self.think_seconds + latency_seconds)

    def count(self, start: float, end: float, *, latency_seconds: float = 0.0) -> float:
        """Return how many messages are expected from `start` to `end`."""
        return self.rate_at(start, latency_seconds=latency_seconds) * (end - start)


@dataclass(frozen=True, kw_only=True)
class PacedRate:
    """A number of messages, all at the same distance from the one before: what a run sends.

    No file says it; `as_run` does.

    Attributes:
        per_second: how many a second, the first one at once.
        messages: how many in all.
    """

    per_second: float
    messages: int

    def rate_at(self, seconds: float) -> float:
        """Return the rate at a time."""
        return self.per_second if 0 <= seconds < self.messages / self.per_second else 0.0

    def count(self, start: float, end: float) -> float:
        """Return how many messages are expected from `start` to `end`."""
        first, last = (
            min(self.messages, max(0.0, self.per_second * seconds)) for seconds in (start, end)
        )
        return last - first


Rate = ConstantRate | RampRate | DiurnalRate | BurstRate | TraceRate | ClosedLoopRate | PacedRate
