"""What a simulation is held against: itself, closed forms, and the other engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hinagata.planner.queueing import erlang_b
from hinagata.simulator.choice import events_by_tick
from hinagata.simulator.model import (
    AsyncInvoke,
    Call,
    Dependency,
    Function,
    Gateway,
    Network,
    Queue,
    Station,
    Stream,
    Table,
    Traffic,
)
from hinagata.simulator.outcome import Outcome, StationSeries
from hinagata.simulator.visits import visits, ways
from hinagata.simulator.zoom import zoom

Run = Callable[[Network], Outcome]

# What an outcome is held against, if that is the other engine.
TICKS, EVENTS = "the tick engine", "the event engine"
# Of all messages: sums of a million floating-point numbers are not exact.
_CONSERVED = 1e-9
_LITTLE = 0.005
# What is left of no time at all when it has been added up: a station that passes on at once.
_NOBODY = 1e-9
_CLOSED_FORM = 0.03
# A timeout of so many times the mean is reached by one exponential time in 20,000.
_CUT_OFF = 10
# Rates within a stretch that counts as flat.
_FLAT = 0.1
_FLATTEST_S, _LONGEST_FLAT_S = 60.0, 3600.0
# A sixth of the stretch in which so much less comes makes it no flat one.
_UNEVEN = 0.2
# What the other engine computes beside: 2 to 8 s of the event engine.
MOST_EVENTS_BESIDE = 1e6
_SHORTEST_S, _LONGEST_S = 10.0, 60.0
# How far the engines may be apart, and what of it a single run of events is off by itself: messages
# refused together are one chance, hence the multiple of the square root.
_APART: Mapping[str, float] = {
    "attempts": 0.03,
    "throttled": 0.03,
    "failed": 0.05,
    "queued": 0.03,
    "cold_starts": 0.12,
}
# What somebody would act on is compared station by station, for sums can hide it.
_EACH = frozenset({"throttled", "failed", "queued"})
_SIGMAS = 6.0
# Few events say nothing, and a check that anything passes is none.
_VAGUEST = 0.5


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two ways to the same number.

    Attributes:
        about: Which number.
        here: What the engine says.
        there: What it is held against.
        against: What that is.
        bound: The largest difference that is in order, as a share of the larger one.
    """

    about: str
    here: float
    there: float
    against: str
    bound: float

    @property
    def share(self) -> float:
        """How far they are apart, as a share of the larger one."""
        larger = max(abs(self.here), abs(self.there))
        return abs(self.here - self.there) / larger if larger else 0.0

    @property
    def met(self) -> bool:
        """Whether they are as close as they should be."""
        return self.share <= self.bound


def check(
    network: Network, outcome: Outcome, *, this: Run | None = None, other: Run | None = None
) -> tuple[Difference, ...]:
    """Returns how an outcome differs from what else is known of it.

    Args:
        network: What was computed.
        outcome: What an engine found.
        this: The engine that found it, for a stretch where the other one cannot afford all.
        other: The other engine. Default: it is not asked.
    """
    visited = {name: bool(came) for name, came in visits(network).items()}
    found = [*_conserved(outcome), *_little(outcome, visited), *_closed_forms(network, outcome)]
    if this is not None and other is not None:
        found += _engines(network, outcome, this, other)
    return tuple(difference for difference in found if difference.bound <= _VAGUEST)


def _conserved(outcome: Outcome) -> Iterator[Difference]:
    """Yields the station that loses or invents the most."""
    worst: Difference | None = None
    for name, series in outcome.stations.items():
        if not name:
            continue
        arrived = float(np.sum(series.arrivals))
        accounted = sum(
            float(np.sum(each))
            for each in (series.done, series.failed, series.dead, series.expired)
        ) + float(series.in_flight[-1] + series.queued[-1])
        difference = Difference(
            about=f"messages that came to {name}",
            here=accounted,
            there=arrived,
            against="those that left it or are in it",
            bound=_CONSERVED,
        )
        if worst is None or difference.share > worst.share:
            worst = difference
    if worst is not None:
        yield worst


def _little(outcome: Outcome, visited: Mapping[str, bool]) -> Iterator[Difference]:
    """Yields the station at which Little's law holds the least, of those that nearly emptied."""
    worst: Difference | None = None
    for name, series in outcome.stations.items():
        ended = series.done + series.failed + series.dead + series.expired
        count = float(np.sum(ended))
        left = float(series.in_flight[-1] + series.queued[-1])
        told = bool(np.any(np.isfinite(series.latency_s[ended > 0])))
        present = float(np.mean(series.present))
        if not visited.get(name) or not told or left > _LITTLE * count or present < _NOBODY:
            continue
        times = np.where(ended > 0, np.nan_to_num(series.latency_s) * ended, 0.0)
        difference = Difference(
            about=f"messages at {name}, as a mean",
            here=present,
            there=float(np.sum(times)) / outcome.duration_s,
            against="Little's law",
            # Those that are there at the end have been, and have not told how long.
            bound=_LITTLE + left / count,
        )
        if worst is None or difference.share > worst.share:
            worst = difference
    if worst is not None:
        yield worst


def _closed_forms(network: Network, outcome: Outcome) -> Iterator[Difference]:
    """Yields what closed forms say of the busiest flat stretch of the busiest stations."""
    for kind, form in ((Gateway, _bucket), (Function, _erlang)):
        found = [
            difference
            for name, station in network.stations.items()
            if isinstance(station, kind)
            and (stretch := _busiest_flat(outcome.stations[name], outcome.tick_s)) is not None
            and (difference := form(network, station, outcome.stations[name], stretch, outcome))
        ]
        if found:
            yield max(found, key=lambda difference: difference.there)


def _busiest_flat(series: StationSeries, tick_s: float) -> slice | None:
    """Returns the longest stretch around the peak in which the rate of tries hardly changes."""
    width = max(1, round(_FLATTEST_S / tick_s))
    if len(series.attempts) < 2 * width or not np.any(series.attempts):
        return None
    blocks = len(series.attempts) // width
    means = np.mean(series.attempts[: blocks * width].reshape(blocks, width), axis=1)
    peak = int(np.argmax(means))
    first = last = peak
    longest = _LONGEST_FLAT_S / _FLATTEST_S
    while first > 0 and means[first - 1] >= (1 - _FLAT) * means[peak] and last - first < longest:
        first -= 1
    while (
        last + 1 < blocks
        and means[last + 1] >= (1 - _FLAT) * means[peak]
        and last - first < longest
    ):
        last += 1
    # What it took to get there is not steady yet.
    first += last > first
    stretch = slice(first * width, (last + 1) * width)
    parts = np.array([float(np.sum(part)) for part in np.array_split(series.attempts[stretch], 6)])
    mean = float(np.mean(parts))
    if np.min(parts) < (1 - _UNEVEN) * mean - _SIGMAS * math.sqrt(mean):
        return None
    return stretch


def _bucket(
    _network: Network, station: Station, series: StationSeries, stretch: slice, outcome: Outcome
) -> Difference | None:
    assert isinstance(station, Gateway)  # noqa: S101 - the caller chose it by its type
    seconds = (stretch.stop - stretch.start) * outcome.tick_s
    tried = float(np.sum(series.attempts[stretch]))
    # What the bucket held at the beginning of the stretch lets that many more through.
    refused = max(0.0, tried - station.per_s * seconds)
    if not refused:
        return None
    return Difference(
        about=f"refused by {station.name} at its peak",
        here=float(np.sum(series.throttled[stretch])),
        there=refused,
        against="its token bucket",
        bound=_CLOSED_FORM + station.burst / max(refused, 1.0),
    )


def _erlang(
    network: Network, station: Station, series: StationSeries, stretch: slice, outcome: Outcome
) -> Difference | None:
    """Returns how busy a function is, where nothing but its places can refuse anything.

    Erlang's formula is of places that somebody has for himself and of tries that come by chance.
    So nothing is said of functions that channels invoke, that share an account which refuses
    others, that others try again after a refusal, or whose rate of invocations is limited.
    """
    assert isinstance(station, Function)  # noqa: S101 - the caller chose it by its type
    if not _invoked_by_chance(network, station, refused=bool(np.any(series.throttled[stretch]))):
        return None
    if any(
        each.start_s < stretch.stop * outcome.tick_s and each.end_s > stretch.start * outcome.tick_s
        for each in network.disturbances
    ):
        return None
    waited = [_answer(network.stations[call.target]) for call in station.calls if call.waits]
    if None in waited:
        return None
    time = station.work.mean_s + sum(
        call.messages * (answer or 0.0)
        for call, answer in zip([call for call in station.calls if call.waits], waited, strict=True)
    )
    seconds = (stretch.stop - stretch.start) * outcome.tick_s
    rate = float(np.sum(series.attempts[stretch])) / seconds
    load = rate * time
    limit = _own_places(network, station, rate, load, outcome, stretch)
    # Who is cut off takes less time than he would.
    if limit is None or not load or station.timeout_s < _CUT_OFF * time:
        return None
    blocked = erlang_b(int(limit), load) if limit >= 1 and math.isfinite(limit) else 0.0
    busy = load * (1 - blocked)
    samples = max(1.0, busy * seconds / max(time, outcome.tick_s))
    return Difference(
        about=f"busy environments of {station.name} at its peak",
        here=float(np.mean(series.busy[stretch])),
        there=busy,
        against="Erlang's loss formula",
        bound=_CLOSED_FORM + _SIGMAS / math.sqrt(samples),
    )


def _invoked_by_chance(network: Network, function: Function, *, refused: bool) -> bool:
    """Returns whether invocations come one by one, and none because of another one."""
    for station in network.stations.values():
        if any(way.target == function.name for way in ways(station)) and isinstance(
            station, Queue | Stream | AsyncInvoke
        ):
            return False
    callers: list[Traffic | Call] = [*network.traffic]
    for station in network.stations.values():
        callers += station.calls
    again = any(each.retry.retries for each in callers if each.target == function.name)
    return function.per_message is None and not (refused and again)


def _own_places(
    network: Network,
    function: Function,
    rate: float,
    load: float,
    outcome: Outcome,
    stretch: slice,
) -> float | None:
    """Returns how many places a function has for itself; None if that is not what limits it."""
    account = network.account
    limit = math.inf if function.reserved is None else function.reserved
    if not function.in_account:
        return limit
    if load > account.scale_at_once or rate > account.requests_per_slot * limit:
        return None
    if function.reserved is not None:
        return limit
    # Nobody is refused anything by the account: its limit is none.
    seconds = (stretch.stop - stretch.start) * outcome.tick_s
    sharing = [
        outcome.stations[name]
        for name, each in network.stations.items()
        if isinstance(each, Function) and each.in_account and each.reserved is None
    ]
    invoked = sum(float(np.sum(each.attempts[stretch])) for each in sharing) / seconds
    refused = any(bool(np.any(each.throttled[stretch])) for each in sharing)
    within = invoked <= account.requests_per_slot * account.concurrency
    return math.inf if within and not refused else None


def _answer(station: Station) -> float | None:
    """Returns how long an answer takes, of those that hardly ever make wait."""
    if isinstance(station, Table | Dependency) and not any(call.waits for call in station.calls):
        return station.latency.mean_s
    return None


def _engines(network: Network, outcome: Outcome, this: Run, other: Run) -> Iterator[Difference]:
    """Yields how far the other engine is apart, over all or in a stretch that is affordable."""
    here, when, since = outcome, "over all", 0.0
    if outcome.engine == "event" or float(np.sum(events_by_tick(outcome))) <= MOST_EVENTS_BESIDE:
        there = other(network)
    else:
        stretch = _affordable(outcome)
        if stretch is None:
            return
        start, length = stretch
        part = zoom(network, outcome, start, length)
        there = other(part)
        here = this(part)
        when = f"in {length:.0f} s from second {start:.0f} on"
        # What waits for cold functions waits because the stretch begins with them.
        since = length / 2
    against = TICKS if there.engine == "tick" else EVENTS
    for quantity, bound in _APART.items():
        found = [
            Difference(
                about=f"{quantity.replace('_', ' ')} {where} {when}".replace("  ", " "),
                here=mine,
                there=others,
                against=against,
                bound=bound + _SIGMAS / math.sqrt(max(mine, others)),
            )
            for where, mine, others in _pairs(here, there, quantity, since)
            if max(mine, others) >= 1
        ]
        # What is too vague says nothing, and must not hide what does.
        if found:
            yield max(found, key=lambda each: (each.bound <= _VAGUEST, each.share - each.bound))


def _pairs(
    here: Outcome, there: Outcome, quantity: str, since_s: float
) -> Iterator[tuple[str, float, float]]:
    """Yields a quantity of all stations together, or of each, as both outcomes have it."""
    mine, others = (
        {name: _of(each, quantity, name, since_s) for name in here.stations if name}
        for each in (here, there)
    )
    yield "", math.fsum(mine.values()), math.fsum(others.values())
    if quantity in _EACH:
        for name, value in mine.items():
            yield f"at {name}", value, others[name]


def _of(outcome: Outcome, quantity: str, name: str, since_s: float) -> float:
    if quantity == "queued":
        return float(np.max(outcome.stations[name].queued[int(since_s / outcome.tick_s) :]))
    return outcome.total(name, quantity)


def _affordable(outcome: Outcome) -> tuple[float, float] | None:
    """Returns where the busiest stretch begins that can be followed event by event, and its length.

    Returns:
        Beginning and length in seconds, or None where even the quietest is too long.
    """
    events = np.concatenate([[0.0], np.cumsum(events_by_tick(outcome))])
    ticks = len(events) - 1
    best: tuple[float, float, float] | None = None
    for start in sorted({ticks * step // 96 for step in range(96)}):
        end = min(ticks, start + math.floor(_LONGEST_S / outcome.tick_s))
        most = events[start] + MOST_EVENTS_BESIDE
        end = min(end, int(np.searchsorted(events, most, side="right")) - 1)
        seconds = (end - start) * outcome.tick_s
        if seconds < _SHORTEST_S:
            continue
        rate = float(events[end] - events[start]) / seconds
        if rate and (best is None or rate > best[0]):
            best = rate, start * outcome.tick_s, float(math.floor(seconds))
    return None if best is None else (best[1], best[2])
