"""What a station is told to remember, and the series that are made of it."""

from __future__ import annotations

from itertools import starmap
from struct import pack

import numpy as np
import numpy.typing as npt

from hinagata.simulator.event.percentiles import Percentiles
from hinagata.simulator.outcome import PathLatency, Series, StationSeries

Rows = npt.NDArray[np.int64]


class Level:
    """How many of something there are, from the times at which they come and go.

    The mean over a tick is exact: what comes in it counts from its time to the tick's end.
    """

    __slots__ = ("_area", "_clock", "_net")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._net = np.zeros(clock.ticks)
        self._area = np.zeros(clock.ticks)

    def change(self, when: Times, by: float) -> None:
        """Counts changes.

        Args:
            when: The times.
            by: How many come each time, or go if negative.
        """
        self._net[when.at] += by * when.counts
        self._area[when.at] += by * (when.counts * self._clock.ends[when.at] - when.sums)

    def change_by(self, times: Series, numbers: Series) -> None:
        """Counts changes of their own size each.

        Args:
            times: When.
            numbers: How many come, or go if negative.
        """
        rows = self._clock.rows(times)
        _count(self._net, rows, numbers)
        _count(self._area, rows, numbers * (self._clock.ends[rows] - times))

    def at_ends(self) -> Series:
        """Returns how many there are at the end of each tick."""
        return np.cumsum(self._net)

    def means(self) -> Series:
        """Returns how many there are in each tick, as a mean."""
        before = np.cumsum(self._net) - self._net
        return np.maximum(before + self._area / self._clock.lengths, 0.0)


class Clock:
    """The ticks of a run.

    Attributes:
        tick_s: The length of a tick.
        ticks: How many there are; the last one may be shorter.
        ends: When each ends.
        lengths: How long each is.
    """

    __slots__ = ("ends", "lengths", "tick_s", "ticks")

    def __init__(self, duration_s: float, tick_s: float) -> None:
        self.tick_s = tick_s
        self.ticks = max(1, int(np.ceil(duration_s / tick_s - 1e-9)))
        self.ends: Series = np.minimum(np.arange(1, self.ticks + 1) * tick_s, duration_s)
        self.lengths: Series = np.diff(self.ends, prepend=0.0)

    def rows(self, times: Series) -> Rows:
        """Returns the tick of each time.

        Args:
            times: The times.
        """
        return np.minimum((times / self.tick_s).astype(np.int64), self.ticks - 1)


class Times:
    """Times in their order, by tick.

    Attributes:
        at: The ticks from the first one to the last one.
        counts: How many times are in each.
        sums: What they add up to in each.
    """

    __slots__ = ("_starts", "at", "counts", "sums")

    def __init__(self, clock: Clock, times: Series) -> None:
        first, last = clock.rows(times[[0, -1]]).tolist()
        self.at = slice(first, last + 1)
        self._starts = np.concatenate(([0], np.searchsorted(times, clock.ends[first:last])))
        self.counts: Series = np.diff(self._starts, append=len(times)).astype(np.float64)
        self.sums = self.sum(times)

    def sum(self, values: Series) -> Series:
        """Returns what values add up to in each tick.

        Args:
            values: One for each time.
        """
        sums = np.add.reduceat(np.append(values, 0.0), self._starts)
        return np.where(self.counts > 0, sums, 0.0)


class Ledger:
    """A station's log: appending to lists is all that happens while messages move.

    `settle` turns the lists into counts a tick, every few ten thousand events, so that memory does
    not grow with the messages.

    Attributes:
        arrived: Times of messages that come with their first try.
        came: `time, number` of messages that come without one.
        tried: `time, number` of the other tries.
        done: `since, time, sent, source` of messages that are done.
        failed: `since, time` of messages that are given up.
        dead: `since, time` of messages that go to dead letters.
        expired: `since, time` of messages that become too old.
        refused: Times of tries that were refused.
        errors: Times of tries that failed.
        cold: Times at which environments were started.
        entered: Times at which environments, slots or batches became busy.
        left: Times at which they were free again.
        turned: Times at which messages come whose first try is refused, and that will be tried
            again.
        bounced: Times of other tries that are refused and will be made once more.
        put_off: Times at which messages begin to wait for another try.
        retried: Times of these other tries.
        requests: `time, number` of further requests that are billed.
        received: `time, number` of messages that a queue gave away: its tries.
        queued: Messages that wait for their first try, at the end of each tick.
        capacity: Environments, tasks or pollers, at the end of each tick.
        oldest: The age of the oldest message, at the end of each tick.
        rented: Tasks that are paid for, at the end of each tick.
    """

    __slots__ = (
        "_busy",
        "_clock",
        "_counts",
        "_paths",
        "_present",
        "_receives",
        "_times",
        "_waiting",
        "arrived",
        "bounced",
        "came",
        "capacity",
        "cold",
        "dead",
        "done",
        "entered",
        "errors",
        "expired",
        "failed",
        "left",
        "oldest",
        "put_off",
        "queued",
        "received",
        "refused",
        "rented",
        "requests",
        "retried",
        "tried",
        "turned",
    )

    def __init__(self, clock: Clock, sources: int) -> None:
        self.arrived: list[float] = []
        self.came: list[float] = []
        self.tried: list[float] = []
        self.done: list[float] = []
        self.failed: list[float] = []
        self.dead: list[float] = []
        self.expired: list[float] = []
        self.refused: list[float] = []
        self.errors: list[float] = []
        self.cold: list[float] = []
        self.entered: list[float] = []
        self.left: list[float] = []
        self.turned: list[float] = []
        self.bounced: list[float] = []
        self.put_off: list[float] = []
        self.retried: list[float] = []
        self.requests: list[float] = []
        self.received: list[float] = []
        self.queued = np.zeros(clock.ticks)
        self.capacity = np.zeros(clock.ticks)
        self.oldest = np.zeros(clock.ticks)
        self.rented = np.zeros(clock.ticks)
        self._clock = clock
        self._counts = StationSeries.zeros(clock.ticks)
        self._times = np.zeros(clock.ticks)
        self._receives = np.zeros(clock.ticks)
        self._present = Level(clock)
        self._busy = Level(clock)
        self._waiting = Level(clock)
        self._paths = [Percentiles() for _ in range(sources)]

    def settle(self) -> None:
        """Counts what is logged, and forgets it."""
        counts = self._counts
        present, waiting, busy = self._present, self._waiting, self._busy
        self._tell(self.arrived, (counts.arrivals, counts.attempts), (present, 1))
        into = (counts.arrivals, counts.attempts, counts.throttled)
        self._tell(self.turned, into, (present, 1), (waiting, 1))
        self._tell(self.bounced, (counts.attempts, counts.throttled))
        self._tell(self.retried, (counts.attempts,), (waiting, -1))
        self._tell(self.put_off, (), (waiting, 1))
        self._tell(self.entered, (), (busy, 1))
        self._tell(self.left, (), (busy, -1))
        self._tell(self.refused, (counts.throttled,))
        self._tell(self.errors, (counts.errors,))
        self._tell(self.cold, (counts.cold_starts,))
        self._count_numbers(self.came, counts.arrivals, level=present)
        self._count_numbers(self.tried, counts.attempts)
        self._count_numbers(self.requests, counts.calls)
        self._count_numbers(self.received, self._receives)
        for log, ended in (
            (self.failed, counts.failed),
            (self.dead, counts.dead),
            (self.expired, counts.expired),
        ):
            if log:
                since, times = _emptied(log, 2)
                self._end(since, times, ended)
        if self.done:
            since, times, sent, source = _emptied(self.done, 4)
            self._end(since, times, counts.done)
            took = times - sent
            for number, path in enumerate(self._paths):
                path.add(took if len(self._paths) == 1 else took[source == number])

    def series(self) -> StationSeries:
        """Returns what has been counted, once everything has been settled."""
        counts = self._counts
        ended = counts.done + counts.failed + counts.dead + counts.expired
        queued = self.queued + self._waiting.at_ends()
        with np.errstate(invalid="ignore"):
            latency = self._times / ended
        return StationSeries(
            arrivals=counts.arrivals,
            attempts=counts.attempts,
            throttled=counts.throttled,
            errors=counts.errors,
            done=counts.done,
            failed=counts.failed,
            dead=counts.dead,
            expired=counts.expired,
            cold_starts=counts.cold_starts,
            in_flight=self._present.at_ends() - queued,
            queued=queued,
            present=self._present.means(),
            busy=self._busy.means(),
            capacity=self.capacity,
            oldest_s=self.oldest,
            latency_s=latency,
            billed_s=np.zeros(self._clock.ticks),
            calls=counts.calls,
        )

    def receives(self) -> Series:
        """Returns how many messages a queue gave away in each tick."""
        return self._receives

    def latencies(self, station: str, sources: list[str]) -> list[PathLatency]:
        """Returns how long messages took from their sending to the end of this station's work.

        Args:
            station: The station's name.
            sources: The names of the traffic, in its order.
        """
        return list(
            starmap(
                lambda source, path: PathLatency(
                    source=source,
                    station=station,
                    p50_s=path.at(0.5),
                    p95_s=path.at(0.95),
                    p99_s=path.at(0.99),
                ),
                zip(sources, self._paths, strict=True),
            )
        )

    def _tell(self, log: list[float], into: tuple[Series, ...], *levels: tuple[Level, int]) -> None:
        """Counts the times of a log, and changes levels by so much at each."""
        if not log:
            return
        times = Times(self._clock, _emptied(log))
        for counts in into:
            counts[times.at] += times.counts
        for level, by in levels:
            level.change(times, by)

    def _count_numbers(self, log: list[float], *into: Series, level: Level | None = None) -> None:
        if log:
            times, numbers = _emptied(log, 2)
            rows = self._clock.rows(times)
            for counts in into:
                _count(counts, rows, numbers)
            if level:
                level.change_by(times, numbers)

    def _end(self, since: Series, times: Series, into: Series) -> None:
        when = Times(self._clock, times)
        into[when.at] += when.counts
        self._times[when.at] += when.sum(times - since)
        self._present.change(when, -1.0)


def _emptied(log: list[float], columns: int = 1) -> Series:
    # Half the time of `np.fromiter`.
    values = np.frombuffer(pack(f"{len(log)}d", *log))
    log.clear()
    return values if columns == 1 else values.reshape(-1, columns).T


def _count(into: Series, rows: Rows, weights: Series) -> None:
    if len(rows):
        first = int(rows.min())
        counted = np.bincount(rows - first, weights)
        into[first : first + len(counted)] += counted
