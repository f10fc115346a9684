"""Which stations messages come to, as engines ask it."""

from __future__ import annotations

import pytest

from hinagata.errors import HinagataError
from hinagata.scenario import BurstRate, ConstantRate
from hinagata.simulator.model import (
    Call,
    Dependency,
    Network,
    Poller,
    Queue,
    Topic,
    Traffic,
)
from hinagata.simulator.visits import share_at, visits


def network(*stations: Dependency | Queue | Topic, sources: tuple[str, ...] = ("a",)) -> Network:
    """Returns a network whose sources all send to its first station."""
    rate = ConstantRate(per_second=1.0)
    return Network(
        stations={station.name: station for station in stations},
        traffic=tuple(Traffic(name=each, target=stations[0].name, rate=rate) for each in sources),
        duration_s=60.0,
    )


def test_messages_are_counted_over_every_way() -> None:
    """Two ways to the same station are two visits, and a call of three messages is three."""
    found = visits(
        network(
            Topic(name="topic", calls=(Call(target="left"), Call(target="right", messages=3.0))),
            Dependency(name="left", calls=(Call(target="end"),)),
            Queue(name="right", poller=Poller(function="end")),
            Dependency(name="end"),
        )
    )

    assert {name: came["a"] for name, came in found.items()} == {
        "topic": 1.0,
        "left": 1.0,
        "right": 3.0,
        "end": 4.0,
    }


def test_a_call_of_some_sources_is_made_for_those() -> None:
    """What is filtered is not visited."""
    found = visits(
        network(
            Topic(name="topic", calls=(Call(target="end", sources=("b",)),)),
            Dependency(name="end"),
            sources=("a", "b"),
        )
    )

    assert found["end"] == {"b": 1.0}


def test_the_share_of_a_filter_follows_the_rates() -> None:
    """When a burst of alarms comes, the way of the alarms has most of the messages."""
    call = Call(target="end", sources=("alarms",))
    rates = {
        "cars": ConstantRate(per_second=10.0),
        "alarms": BurstRate(base_per_second=0.0, peak_per_second=90.0, at_seconds=5, for_seconds=5),
    }
    visited = {"topic": {"cars": 1.0, "alarms": 1.0}}

    shares = [share_at(call, "topic", at, rates=rates, visited=visited) for at in (0.0, 6.0, 20.0)]

    assert shares == [0.0, 0.9, 0.0]


def test_fails_on_messages_that_go_round_for_ever() -> None:
    """The circle is named."""
    round_about = network(
        Dependency(name="one", calls=(Call(target="two"),)),
        Dependency(name="two", calls=(Call(target="one"),)),
    )

    with pytest.raises(HinagataError, match="one → two → one"):
        visits(round_about)


def test_a_circle_of_two_sources_is_none() -> None:
    """Each of them goes one way, and comes to an end."""
    found = visits(
        network(
            Dependency(name="one", calls=(Call(target="two", sources=("a",)),)),
            Dependency(name="two", calls=(Call(target="one", sources=("b",)),)),
            sources=("a", "b"),
        )
    )

    assert found == {"one": {"a": 1.0, "b": 1.0}, "two": {"a": 1.0}}


def test_fails_on_a_station_that_is_not_there() -> None:
    """By its name."""
    with pytest.raises(HinagataError, match="nowhere, which is no station"):
        visits(network(Dependency(name="one", calls=(Call(target="nowhere"),))))
