"""Where the tick engine knows that it does not know: limits too small, storms, approximations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from hinagata.scenario.fault import Inject
from hinagata.simulator.choice import SMALL_LIMIT, small_limits
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.model import Function, Network, Queue, Stream
from hinagata.simulator.outcome import StationSeries

# Below so many busy, chance is not what it is around a mean (docs/simulation.md).
_FEW_BUSY = 0.1
_FEW_STARTS = 10.0
# With more refused than that, messages that tried long make the tail.
_STORM = 0.01


def doubts(network: Network, stations: Mapping[str, StationSeries], tick_s: float) -> Iterator[str]:
    """Yields what the engine is not sure of, in a sentence each.

    Args:
        network: What was computed.
        stations: What was found.
        tick_s: The length of a tick.
    """
    found = Doubts()
    for name in small_limits(network):
        series = stations.get(name)
        if series is None or series.throttled.any() or series.queued.any():
            found.add(
                f"fewer than {SMALL_LIMIT} at once may be off by a quarter: let the event engine "
                "compute {}",
                name,
            )
    for name, station in network.stations.items():
        series = stations[name]
        tried = float(series.attempts.sum())
        if tried and float(series.throttled.sum()) > _STORM * tried:
            found.add(
                "the 99th percentile in a storm of refusals may be off by an eighth, of paths "
                "through {}",
                name,
            )
        if isinstance(station, Function) and tried:
            busy = float(series.busy.mean())
            if busy < _FEW_BUSY and float(series.cold_starts.sum()) > _FEW_STARTS:
                found.add("so few are busy that cold starts are rough at {}", name)
        if isinstance(station, Queue) and station.ordered:
            found.add("message groups are taken as equally busy at {}", name)
        if isinstance(station, Stream) and any(
            reader.bisect or reader.retries is None for reader in station.readers
        ):
            failed = [stations[reader.function].errors.sum() for reader in station.readers]
            if float(np.sum(failed)):
                found.add("batches that fail are tried as wholes, on the average, at {}", name)
    kinds = {each.inject for each in network.disturbances}
    if Inject.POISON in kinds:
        found.add("poisoned messages are a share of every try, not the same ones again")
    if kinds & {Inject.REORDER, Inject.DUPLICATE}:
        found.add("messages that come twice or out of order are taken as coming once, in order")
    if kinds & {Inject.KILL_TASK, Inject.CRASH}:
        found.add("what a task or an environment takes with it is left out")
    yield from found.sentences()
