"""The expectations of a scenario, held against what was simulated, in the words of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.scenario.model import Expectations, LatencyExpectation, NewestStored
from hinagata.scenario.units import show_seconds
from hinagata.simulator.model import AsyncInvoke, Network, Queue, Stream, Topic, Workflow
from hinagata.simulator.outcome import Outcome

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


def judge(expectations: Expectations, network: Network, outcome: Outcome) -> tuple[Verdict, ...]:
    """Returns a verdict on each expectation, in the order of the scenario's fields.

    Args:
        expectations: What must hold.
        network: What was simulated.
        outcome: What came of it.
    """
    totals = (
        ("refused", expectations.refused, refused(network, outcome)),
        ("lost", expectations.lost, lost(network, outcome)),
        ("dead-lettered", expectations.dead_lettered, dead_lettered(outcome)),
    )
    return (
        *_accepted(network, outcome),
        *(_at_most(about, most, found) for about, most, found in totals if most is not None),
        *(_latency(expectation, outcome) for expectation in expectations.p99),
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


def _at_most(about: str, most: int, observed: float) -> Verdict:
    return Verdict(
        about=about,
        expected=f"at most {most:,}" if most else "0",
        observed=f"{observed:,.0f}",
        met=observed < most + _HALF,
    )


def _latency(expectation: LatencyExpectation, outcome: Outcome) -> Verdict:
    p99 = next(
        (
            path.p99_s
            for path in outcome.latencies
            if (path.source, path.station) == (expectation.source, expectation.hop)
        ),
        None,
    )
    return Verdict(
        about=f"p99 {expectation.source} to {expectation.hop}",
        expected=f"at most {show_seconds(expectation.at_most_seconds)}",
        observed="nothing arrived" if p99 is None else show_seconds(p99),
        met=p99 is not None and p99 <= expectation.at_most_seconds,
    )


def _stored(expectations: Expectations) -> Iterator[Verdict]:
    for expectation in expectations.stored:
        newest = isinstance(expectation, NewestStored)
        yield Verdict(
            about=f"{'newest' if newest else 'all'} in {expectation.table}",
            expected=f"by {expectation.key}"
            if isinstance(expectation, NewestStored)
            else f"from {expectation.source}",
            observed="a simulation keeps no items; run it",
            met=None,
        )
