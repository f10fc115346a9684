"""What happened at each station, second by second: the answer of every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StationSeries:
    """One station; every array has one value a tick, counts being of the messages in that tick.

    Nothing gets lost: over a whole run, the arrivals are done, failed, dead or expired, or else in
    flight or queued at the last tick's end. What a channel (queue, stream, asynchronous invocation)
    gives a function again comes to the function again, and has failed there before; what a sender
    or a caller tries again comes once. A message is what its caller takes it for: one that nobody
    waits for any longer has failed, or is queued for another try, though work on it goes on.

    Attributes:
        arrivals: Messages that came, each once, however often it is tried.
        attempts: Tries: invocations of a function, messages received from a queue, writes to a
            stream, else calls.
        throttled: Tries that were refused for want of capacity; of a queue, the messages of batches
            that its function was too busy for.
        errors: Tries that failed otherwise, timeouts among them.
        done: Messages that were done.
        failed: Messages that were given up: by a station without dead letters, lost.
        dead: Messages that went to dead letters or to a destination of failures.
        expired: Messages that became too old.
        cold_starts: Environments that were started.
        in_flight: Messages being worked on, at the tick's end.
        queued: Messages that wait, to be tried or to be tried again, at the tick's end.
        present: Messages in flight or queued, as a mean over the tick: Little's `L`.
        busy: Environments, slots or batches that are occupied, as a mean over the tick.
        capacity: Environments that live, tasks, or pollers, at the tick's end.
        oldest_s: The age of the oldest message that waits, at the tick's end.
        latency_s: Mean time from a message's arrival to its end, of those that ended; NaN of none.
        billed_s: Seconds that are billed, of all environments.
        calls: Requests that are billed, empty receives among them.
    """

    arrivals: Series
    attempts: Series
    throttled: Series
    errors: Series
    done: Series
    failed: Series
    dead: Series
    expired: Series
    cold_starts: Series
    in_flight: Series
    queued: Series
    present: Series
    busy: Series
    capacity: Series
    oldest_s: Series
    latency_s: Series
    billed_s: Series
    calls: Series

    @classmethod
    def zeros(cls, ticks: int) -> StationSeries:
        """Returns a station at which nothing has happened yet."""
        return cls(**{name: np.zeros(ticks) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class PathLatency:
    """Time from a message's sending to the end of a station's work on it, without those it missed.

    Attributes:
        source: The traffic's name.
        station: The station.
        p50_s: The median; None if no message got there.
        p95_s: The 95th percentile.
        p99_s: The 99th percentile.
    """

    source: str
    station: str
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an engine found.

    Attributes:
        engine: Which one.
        tick_s: The length of a tick.
        duration_s: How long the network was watched.
        stations: By name, the account's own as `""`: `busy` and `throttled` of all its functions.
        latencies: By path.
        sent: How many messages each traffic sent, by its name.
        doubts: Where the engine knows that its bounds are missed, in a sentence each.
        events: How many events it took; ticks of the tick engine.
    """

    engine: Literal["tick", "event"]
    tick_s: float
    duration_s: float
    stations: Mapping[str, StationSeries]
    latencies: tuple[PathLatency, ...] = ()
    sent: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    events: int = field(default=0, compare=False)

    def total(self, station: str, series: str) -> float:
        """Returns the sum of a count over all ticks.

        Args:
            station: The station's name.
            series: The name of an attribute of `StationSeries`.
        """
        return float(np.sum(getattr(self.stations[station], series)))
