"""Which engine computes what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hinagata.scenario import ConstantRate
from hinagata.scenario.fault import Inject
from hinagata.simulator.choice import choose_engine, expected_events, small_limits
from hinagata.simulator.model import (
    Account,
    Disturbance,
    Function,
    Network,
    Poller,
    Queue,
    Traffic,
    Work,
)


def network(per_second: float, *, at_most: float = 100, **changed: object) -> Network:
    """Returns a queue and its function over a day."""
    made = Network(
        stations={
            "queue": Queue(name="queue", poller=Poller(function="function", at_most=at_most)),
            "function": Function(name="function", work=Work(mean_s=0.1)),
        },
        traffic=(Traffic(name="source", target="queue", rate=ConstantRate(per_second=per_second)),),
        duration_s=86_400.0,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def test_events_are_counted_by_what_messages_come_to() -> None:
    """Each message comes to two stations and leaves them."""
    assert expected_events(network(1.0)) == pytest.approx(4 * 86_400)


@pytest.mark.parametrize(("per_second", "engine"), [(50.0, "event"), (60.0, "tick")])
def test_events_are_followed_up_to_twenty_million(per_second: float, engine: str) -> None:
    """Beyond, expected values are computed."""
    assert choose_engine(network(per_second)).engine == engine


def test_a_small_limit_is_worth_more_events() -> None:
    """Expected values miss what two at once refuse."""
    choice = choose_engine(network(100.0, at_most=2))

    assert choice.engine == "event"
    assert "queue" in choice.reason


def test_a_small_limit_that_nobody_can_afford_is_doubted() -> None:
    """The answer comes, and says what it is worth."""
    choice = choose_engine(network(1e9, at_most=2))

    assert choice.engine == "tick"
    assert "queue" in choice.doubt


def test_small_limits_are_those_that_somebody_meets() -> None:
    """Of the account, of a fault, of a function; not of what nothing comes to."""
    scarce = Disturbance(
        inject=Inject.CONCURRENCY, station=None, start_s=0, end_s=1, limit=3, share=1
    )

    assert not [*small_limits(network(1.0))]
    assert not [*small_limits(network(1.0, at_most=2, traffic=()))]
    assert [*small_limits(network(1.0, account=Account(concurrency=5)))] == ["the account"]
    assert [*small_limits(network(1.0, disturbances=(scarce,)))] == ["the account"]
