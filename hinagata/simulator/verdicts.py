"""The expectations of a scenario, held against what was simulated, in the words of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from hinagata.scenario.model import (
    DEADLINE_SECONDS,
    BacklogExpectation,
    CountExpectation,
    Expectations,
    LatencyExpectation,
    NewestStored,
)
from hinagata.scenario.units import show_seconds
from hinagata.simulator.ending import waiting
from hinagata.simulator.model import AsyncInvoke, Network, Queue, Stream, Topic, Workflow
from hinagata.simulator.outcome import Outcome, PathLatency
from hinagata.simulator.visits import ways

# The stations that somebody can mean by a name.
Called = Callable[[str], tuple[str, ...]]

# Who has taken a message answers for it; what anybody else fails at, his caller fails at too.
_OWNERS = (Queue, Stream, Topic, AsyncInvoke, Workflow)
# Engines of expected values have fractions of a message, which are none.
_HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One expectation, what was simulated, and whether it holds.

    Attributes:
        about: What is expected of what.
        expected: What is expected.
        observed: What the simulation says.
        met: Whether it holds; None if no simulation can tell.
    """

    about: str
    expected: str
    observed: str
    met: bool | None


def judge(
    expectations: Expectations,
    network: Network,
    outcome: Outcome,
    *,
    called: Called,
    deadline_s: float = DEADLINE_SECONDS,
) -> tuple[Verdict, ...]:
    """Returns a verdict on each expectation, in the order of the scenario's fields.

    Args:
        expectations: What must hold.
        network: What was simulated.
        outcome: What came of it.
        called: Returns the stations that the scenario means by a name.
        deadline_s: How long a run waits for a message until it counts as lost.
    """
    return (
        *_accepted(network, outcome),
        *_totals(expectations, network, outcome, deadline_s),
        *_latencies(expectations, outcome),
        *_counts(expectations, network, outcome, called),
        *(_backlog(each, network, outcome, called) for each in expectations.backlog),
        *(
            Verdict(
                about=f"traced {each.source} to {each.hop}",
                expected="one trace each",
                observed="a simulation has no traces; run it",
                met=None,
            )
            for each in expectations.traced
        ),
        *_stored(expectations),
    )


def refused(network: Network, outcome: Outcome) -> float:
    """Returns how many messages were not taken where they entered."""
    entries = dict.fromkeys(traffic.target for traffic in network.traffic)
    return sum(outcome.total(name, "failed") for name in entries)


def lost(network: Network, outcome: Outcome) -> float:
    """Returns how many messages that somebody had taken were neither done nor kept."""
    entries = {traffic.target for traffic in network.traffic}
    return sum(
        outcome.total(name, "failed") + outcome.total(name, "expired")
        for name, station in network.stations.items()
        if isinstance(station, _OWNERS) and name not in entries
    )


def dead_lettered(outcome: Outcome) -> float:
    """Returns how many messages went to dead letters."""
    return sum(outcome.total(name, "dead") for name in outcome.stations)


def _accepted(network: Network, outcome: Outcome) -> Iterator[Verdict]:
    # Without it a gateway that refuses everything would lose nothing, and pass.
    for traffic in network.traffic:
        sent = traffic.rate.count(0.0, network.duration_s)
        if sent >= 1 and outcome.total(traffic.target, "done") < _HALF:
            yield Verdict(
                about=f"accepted from {traffic.name}",
                expected="at least 1",
                observed="0",
                met=False,
            )


def _totals(
    expectations: Expectations, network: Network, outcome: Outcome, deadline_s: float
) -> Iterator[Verdict]:
    for about, most, observed in (
        ("refused", expectations.refused, refused(network, outcome)),
        ("lost", expectations.lost, lost(network, outcome)),
        ("dead-lettered", expectations.dead_lettered, dead_lettered(outcome)),
    ):
        if most is None:
            continue
        verdict = _count(about, 0, most, observed)
        late = sum(each.messages for each in waiting(network, outcome, since_s=deadline_s))
        if about == "lost" and late > _HALF:
            # A run counts as lost what is not done by its deadline.
            verdict = replace(
                verdict,
                observed=f"{verdict.observed} and {late:,.0f} that wait longer than "
                f"{show_seconds(deadline_s)}",
                met=verdict.met and observed + late < most + _HALF,
            )
        yield verdict


def _count(about: str, least: int, most: int | None, observed: float) -> Verdict:
    if most is None:
        expected = f"at least {least:,}"
    elif least == most:
        expected = f"{most:,}"
    else:
        expected = f"{least:,} to {most:,}" if least else f"at most {most:,}"
    return Verdict(
        about=about,
        expected=expected,
        observed=f"{observed:,.0f}",
        met=observed > least - _HALF and (most is None or observed < most + _HALF),
    )


def _latencies(expectations: Expectations, outcome: Outcome) -> Iterator[Verdict]:
    paths = {(path.source, path.station): path for path in outcome.latencies}
    for percent, expected in (
        (50, expectations.p50),
        (95, expectations.p95),
        (99, expectations.p99),
    ):
        for each in expected:
            yield _latency(percent, each, paths.get((each.source, each.hop)))


def _latency(percent: int, expectation: LatencyExpectation, path: PathLatency | None) -> Verdict:
    seconds: float | None = None if path is None else getattr(path, f"p{percent}_s")
    return Verdict(
        about=f"p{percent} {expectation.source} to {expectation.hop}",
        expected=f"at most {show_seconds(expectation.at_most_seconds)}",
        observed="nothing arrived" if seconds is None else show_seconds(seconds),
        met=seconds is not None and seconds <= expectation.at_most_seconds,
    )


def _counts(
    expectations: Expectations, network: Network, outcome: Outcome, called: Called
) -> Iterator[Verdict]:
    def at(about: str, each: CountExpectation, stations: Iterator[str], name: str) -> Verdict:
        observed = sum(outcome.total(station, name) for station in stations)
        return _count(f"{about} {each.node}", each.at_least, each.at_most, observed)

    for each in expectations.processed:
        yield at("processed at", each, iter(called(each.node)), "done")
    for each in expectations.duplicates:
        yield Verdict(
            about=f"duplicates at {each.node}",
            expected=_count("", each.at_least, each.at_most, 0).expected,
            observed="a simulation recognises no repeats; run it",
            met=None,
        )
    for each in expectations.dead_letters:
        yield at("dead letters of", each, _before(called(each.node), network), "dead")
    for each in expectations.throttled:
        yield at("throttled at", each, iter(called(each.node)), "throttled")


def _before(stations: tuple[str, ...], network: Network) -> Iterator[str]:
    """Yields the channels that hand messages to some stations, and give them up in the end."""
    for name, station in network.stations.items():
        if isinstance(station, Queue | Stream | AsyncInvoke) and any(
            way.target in stations for way in ways(station)
        ):
            yield name


def _backlog(
    expectation: BacklogExpectation, network: Network, outcome: Outcome, called: Called
) -> Verdict:
    stations = called(expectation.node)
    # What waits for a hop waits in the channel before it, and is there while it is worked on.
    waiting = tuple(_before(stations, network)) or stations
    present = sum(
        (outcome.stations[name].queued + outcome.stations[name].in_flight for name in waiting),
        np.zeros(1),
    )
    about = f"backlog at {expectation.node}"
    at = expectation.at_seconds
    if at is None:
        observed = float(np.max(present))
    else:
        about = f"{about} after {show_seconds(at)}"
        observed = float(present[min(int(at / outcome.tick_s), len(present) - 1)])
    return _count(about, 0, expectation.at_most, observed)


def _stored(expectations: Expectations) -> Iterator[Verdict]:
    for expectation in expectations.stored:
        yield Verdict(
            about=expectation.about,
            expected=f"by {expectation.key}"
            if isinstance(expectation, NewestStored)
            else f"from {expectation.source}",
            observed="a simulation keeps no items; run it",
            met=None,
        )
