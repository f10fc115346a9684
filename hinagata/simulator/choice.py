"""Which engine computes a network: events one by one where that is affordable, else ticks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hinagata.scenario.fault import Inject
from hinagata.simulator.model import Dependency, Function, Network, Queue
from hinagata.simulator.outcome import Outcome, Series
from hinagata.simulator.visits import visits

Engine = Literal["tick", "event"]

# At 250,000 events a second: 80 s, and up to twice that where expected values are known to be off.
MOST_EVENTS = 2e7
MOST_EVENTS_AT_NEED = 2 * MOST_EVENTS
# Below, expected values miss refusals by 12 % and more (measured, docs/simulation.md).
SMALL_LIMIT = 10
# A message comes to a station, and leaves it.
_EVENTS_PER_VISIT = 2


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An engine, and why.

    Attributes:
        engine: Which one.
        events: How many events are expected, retries left out.
        reason: Why, in a few words.
        doubt: What is amiss with it; empty if nothing is.
    """

    engine: Engine
    events: float
    reason: str
    doubt: str = ""


def choose_engine(network: Network) -> Choice:
    """Returns the engine for a network.

    Args:
        network: What is to be computed.
    """
    events = expected_events(network)
    if events <= MOST_EVENTS:
        return Choice(
            engine="event",
            events=events,
            reason=f"{_about(events)} events are expected, so few that each can be followed",
        )
    small = tuple(small_limits(network))
    if not small:
        return Choice(
            engine="tick",
            events=events,
            reason=f"{_about(events)} events are expected, more than {_about(MOST_EVENTS)}",
        )
    named = ", ".join(small)
    if events <= MOST_EVENTS_AT_NEED:
        return Choice(
            engine="event", events=events, reason=f"limits below {SMALL_LIMIT} need it: {named}"
        )
    return Choice(
        engine="tick",
        events=events,
        reason=f"{_about(events)} events are expected, more than {_about(MOST_EVENTS_AT_NEED)}",
        doubt=f"limits below {SMALL_LIMIT} need the event engine, for which there are too many "
        f"messages; what is refused may be off by a quarter at: {named}",
    )


def expected_events(network: Network) -> float:
    """Returns how many events a network has over its whole time, retries left out."""
    sent = {each.name: each.rate.count(0.0, network.duration_s) for each in network.traffic}
    return _EVENTS_PER_VISIT * math.fsum(
        sent[source] * times
        for by_source in visits(network).values()
        for source, times in by_source.items()
    )


def events_by_tick(outcome: Outcome) -> Series:
    """Returns about how many events there are in each tick, retries and all.

    Args:
        outcome: What an engine found.
    """
    tries = [series.attempts for name, series in outcome.stations.items() if name]
    return np.asarray(_EVENTS_PER_VISIT * np.sum(tries, axis=0))


def choose_again(choice: Choice, outcome: Outcome, missed: str, apart: str) -> Choice:
    """Returns the engine for a network whose expected values have missed a bound.

    Args:
        choice: That of the ticks.
        outcome: What they found: its tries say how many events there are, retries and all.
        missed: Which number's bound.
        apart: By how much, in a sentence.
    """
    events = float(np.sum(events_by_tick(outcome)))
    if events <= MOST_EVENTS_AT_NEED:
        return Choice(
            engine="event",
            events=events,
            reason=f"expected values miss the bound of {missed}, so each message was followed",
        )
    needed = (
        f"expected values miss a bound, {apart}; to follow each message would take "
        f"about {_about(events)} events, more than the {_about(MOST_EVENTS_AT_NEED)} that are "
        "affordable: watch a shorter time to have them followed"
    )
    return replace(choice, doubt="; ".join(filter(None, (choice.doubt, needed))))


def small_limits(network: Network) -> Iterator[str]:
    """Yields what may work on few messages at once, of the stations that messages come to."""
    if network.account.concurrency < SMALL_LIMIT or any(
        each.inject is Inject.CONCURRENCY and (each.limit or 0) < SMALL_LIMIT
        for each in network.disturbances
    ):
        yield "the account"
    for name, came in visits(network).items():
        if not came:
            continue
        match network.stations[name]:
            case Function(reserved=float() | int() as limit) if limit < SMALL_LIMIT:
                yield name
            case Queue(poller=poller) if poller is not None and poller.at_most < SMALL_LIMIT:
                yield name
            case Dependency(at_most=limit) if limit < SMALL_LIMIT:
                yield name


def _about(events: float) -> str:
    """Returns a number of events to two figures, as a person reads it."""
    return f"{float(f'{events:.2g}'):,.0f}"
