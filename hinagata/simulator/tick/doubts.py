"""Where the tick engine knows that it does not know: limits too small, storms, approximations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from hinagata.scenario.fault import Inject
from hinagata.simulator.choice import SMALL_LIMIT, small_limits
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.model import Function, Gateway, Network, Queue, Station, Stream
from hinagata.simulator.outcome import StationSeries

# Below so many busy, chance is not what it is around a mean (docs/simulation.md).
_FEW_BUSY = 0.1
_FEW_STARTS = 10.0
# With more refused than that, messages that tried long make the tail.
_STORM = 0.01
# So many times what flows into a bucket in a second is a burst that it held.
_GUSH = 1.5
# The longest of some work, over its mean.
_LONG = 3.0
_OF_FAULTS = {
    frozenset({Inject.POISON}): (
        "poisoned messages are a share of every try, not the same ones again"
    ),
    frozenset({Inject.REORDER, Inject.DUPLICATE}): (
        "messages that come twice or out of order are taken as coming once, in order"
    ),
    frozenset({Inject.KILL_TASK, Inject.CRASH}): (
        "what a task or an environment takes with it is left out"
    ),
}


def doubts(network: Network, stations: Mapping[str, StationSeries]) -> Iterator[str]:
    """Yields what the engine is not sure of, in a sentence each.

    Args:
        network: What was computed.
        stations: What was found.
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
    for station in network.stations.values():
        _doubt(found, station, stations)
    kinds = {each.inject for each in network.disturbances}
    for injects, sentence in _OF_FAULTS.items():
        if kinds & injects:
            found.add(sentence)
    yield from found.sentences()


def _doubt(found: Doubts, station: Station, stations: Mapping[str, StationSeries]) -> None:
    series = stations[station.name]
    tried = float(series.attempts.sum())
    if tried and float(series.throttled.sum()) > _STORM * tried:
        found.add(
            "the 99th percentile in a storm of refusals may be off by an eighth, of paths "
            "through {}",
            station.name,
        )
    if isinstance(station, Function) and tried and float(series.busy.mean()) < _FEW_BUSY:
        if float(series.cold_starts.sum()) > _FEW_STARTS:
            found.add("so few are busy that cold starts are rough at {}", station.name)
    elif isinstance(station, Gateway):
        _doubt_gateway(found, station, series)
    elif isinstance(station, Queue):
        _doubt_queue(found, station, stations)
    elif isinstance(station, Stream):
        _doubt_stream(found, station, stations)


def _doubt_gateway(found: Doubts, gateway: Gateway, series: StationSeries) -> None:
    """Doubts what comes of a bucket that is full as a tick begins, and empty before it ends."""
    before = np.concatenate(([0.0], series.throttled[:-1]))
    let_through = series.attempts - series.throttled
    if (let_through[(series.throttled > 0) & (before == 0)] > _GUSH * gateway.per_s).any():
        found.add(
            "a burst empties the bucket within a tick and comes on faster than its mean: behind {} "
            "up to three times as many environments start",
            gateway.name,
        )


def _doubt_queue(found: Doubts, queue: Queue, stations: Mapping[str, StationSeries]) -> None:
    if queue.ordered:
        found.add("message groups are taken as equally busy at {}", queue.name)
    poller = queue.poller
    if poller is None:
        return
    worker = stations[poller.function]
    started = float((worker.attempts - worker.throttled).sum())
    if started and float(worker.busy.sum()) / started * _LONG > queue.visibility_s:
        found.add(
            "work takes so long that messages come back meanwhile, which is left out, at {}",
            queue.name,
        )


def _doubt_stream(found: Doubts, stream: Stream, stations: Mapping[str, StationSeries]) -> None:
    for reader in stream.readers:
        if stations[reader.function].errors.any() and (reader.bisect or reader.retries is None):
            found.add("batches that fail are tried as wholes, on the average, at {}", stream.name)
