"""What happened at each station over the whole time, as one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hinagata.simulator.model import Network
from hinagata.simulator.outcome import Outcome, Series


@dataclass(frozen=True, kw_only=True)
class Row:
    """A station's totals and peaks.

    Attributes:
        station: Its name.
        kind: What it is.
        arrivals: Messages that came.
        attempts: Tries.
        throttled: Tries that were refused.
        errors: Tries that failed otherwise.
        failed: Messages that were given up.
        dead: Messages that went to dead letters.
        expired: Messages that became too old.
        cold_starts: Environments that were started.
        left: Messages that wait or are worked on at the end.
        backlog: The most messages that waited.
        oldest_s: The highest age of one that waited.
        busy: The most environments, slots or batches at once, as a mean over a tick.
        capacity: The most environments, tasks or pollers.
    """

    station: str
    kind: str
    arrivals: float
    attempts: float
    throttled: float
    errors: float
    failed: float
    dead: float
    expired: float
    cold_starts: float
    left: float
    backlog: float
    oldest_s: float
    busy: float
    capacity: float

    @property
    def throttled_share(self) -> float:
        """The share of the tries that were refused."""
        return self.throttled / self.attempts if self.attempts else 0.0


def rows(network: Network, outcome: Outcome) -> Iterator[Row]:
    """Yields a row for each station to which anything came, in the order of the network."""
    for name, station in network.stations.items():
        series = outcome.stations[name]
        row = Row(
            station=name,
            kind=type(station).__name__,
            arrivals=outcome.total(name, "arrivals"),
            attempts=outcome.total(name, "attempts"),
            throttled=outcome.total(name, "throttled"),
            errors=outcome.total(name, "errors"),
            failed=outcome.total(name, "failed"),
            dead=outcome.total(name, "dead"),
            expired=outcome.total(name, "expired"),
            cold_starts=outcome.total(name, "cold_starts"),
            left=float(series.in_flight[-1] + series.queued[-1]),
            backlog=_most(series.queued),
            oldest_s=_most(series.oldest_s),
            busy=_most(series.busy),
            capacity=_most(series.capacity),
        )
        if row.arrivals or row.attempts:
            yield row


def _most(series: Series) -> float:
    return float(np.max(np.nan_to_num(series), initial=0.0))
