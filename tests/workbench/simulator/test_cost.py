"""What a simulated time costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hinagata.facts import Facts
from hinagata.facts.error import FactError
from hinagata.scenario import ConstantRate
from hinagata.simulator.cost import costs
from hinagata.simulator.model import (
    Function,
    Network,
    Service,
    Station,
    Stream,
    Table,
    Traffic,
    Work,
)
from hinagata.simulator.outcome import Outcome, StationSeries


def usd(station: Station, *, ticks: int = 3600, **series: float) -> dict[str, float]:
    """Returns what a station costs that has the same numbers in each second."""
    network = Network(
        stations={station.name: station},
        traffic=(Traffic(name="s", target=station.name, rate=ConstantRate(per_second=1)),),
        duration_s=float(ticks),
    )
    numbers = {name: np.full(ticks, value) for name, value in series.items()}
    outcome = Outcome(
        engine="tick",
        tick_s=1.0,
        duration_s=float(ticks),
        stations={station.name: replace(StationSeries.zeros(ticks), **numbers)},
    )
    return {cost.item: cost.total for cost in costs(network, outcome, facts=Facts())}


def test_a_function_costs_its_requests_and_its_seconds() -> None:
    """A million requests are 0.20 USD, and a gigabyte second 0.0000166667 (Lambda pricing)."""
    function = Function(name="f", work=Work(mean_s=1.0), memory_mb=512)
    found = usd(function, ticks=1000, calls=1000.0, billed_s=1000.0)

    assert found["requests"] == pytest.approx(0.20)
    assert found["duration"] == pytest.approx(1e6 * 0.5 * 0.0000166667)


def test_shards_cost_while_nothing_comes() -> None:
    """Two for an hour, at 0.015 USD each in us-east-1."""
    found = usd(Stream(name="s", shares=(0.5, 0.5)))

    assert found["shards"] == pytest.approx(0.03)
    assert found["put units"] == 0


def test_tasks_cost_by_their_number() -> None:
    """Twice the tasks are twice the price, the load balancer's hour aside."""
    service = Service(name="s", work=Work(mean_s=0.1))
    once, twice = (usd(service, capacity=tasks) for tasks in (2.0, 4.0))

    assert twice["tasks"] == pytest.approx(2 * once["tasks"])
    assert twice["hours"] == once["hours"]


def test_what_a_table_refuses_costs_nothing() -> None:
    """Writes are paid for that were taken."""
    found = usd(Table(name="t"), attempts=2.0, throttled=1.0)

    assert found["writes"] == pytest.approx(usd(Table(name="t"), attempts=1.0)["writes"])


def test_fails_where_a_price_is_missing() -> None:
    """None is taken as zero."""
    network = Network(stations={"t": Table(name="t")}, traffic=(), duration_s=1.0)
    outcome = Outcome(
        engine="tick", tick_s=1.0, duration_s=1.0, stations={"t": StationSeries.zeros(1)}
    )

    with pytest.raises(FactError, match="xx-nowhere-1"):
        costs(network, outcome, facts=Facts(), region="xx-nowhere-1")
