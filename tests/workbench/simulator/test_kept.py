"""What is written to tables and read of them is the same for simulate, plan and price."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.planner import plan, price_scenario
from hinagata.scenario import Expectations, NewestStored
from hinagata.simulator.model import Table
from hinagata.simulator.network import build_network
from hinagata.simulator.simulation import simulate
from tests.workbench.simulator.town import role, scenario, town

MANY = {"State": {"item_kb": 2.5, "writes_per_message": 5, "reads_per_message": 0}}


def table(assumptions: dict[str, Any] | None, **changed: Any) -> Table:
    """Returns the table of what cars said last."""
    built = build_network(town(), scenario(**changed), assumptions=assumptions)
    found = built.network.stations["State"]
    assert isinstance(found, Table)
    return found


def test_the_items_of_a_message_go_in_one_call() -> None:
    """Five items of 2.5 KB are fifteen units, by one call for each message."""
    assert table(MANY).write_units == pytest.approx(15)
    network = build_network(town(), scenario(), assumptions=MANY).network
    (call,) = (each for each in network.stations["Ingest"].calls if each.target == "State")
    assert call.messages == 1


def test_half_an_item_a_message_is_half_a_call() -> None:
    """What not every message writes is called for as often."""
    assumptions = {"State": {"writes_per_message": 0.5, "reads_per_message": 0}}
    network = build_network(town(), scenario(), assumptions=assumptions).network
    (call,) = (each for each in network.stations["Ingest"].calls if each.target == "State")
    assert call.messages == 0.5
    assert table(assumptions).write_units == pytest.approx(1)


def test_a_day_costs_what_it_does_in_a_month_of_such_days() -> None:
    """The writes of a table in a simulation are those that a price has, by the hour."""
    wanted = scenario()
    estimate, _ = price_scenario(town(), wanted, assumptions=MANY)
    monthly = sum(
        item.amount
        for item in estimate.items
        if item.resource.startswith("State") and item.name == "Writes"
    )
    found = simulate(town(), wanted, "tick", checked=False, assumptions=MANY)
    simulated = sum(
        cost.total for cost in found.costs if cost.station == "State" and cost.item == "writes"
    )
    hours = wanted.duration_seconds / 3600
    assert simulated / hours == pytest.approx(monthly / estimate.hours, rel=0.01)


def test_the_units_of_a_second_are_those_of_the_plan() -> None:
    """At a steady rate the plan's peak is what the simulation writes."""
    wanted = scenario()
    (need,) = (
        need
        for need in plan(town(), wanted, assumptions=MANY).needs
        if need.node.startswith("State") and need.what == "write units"
    )
    found = simulate(town(), wanted, "tick", checked=False, assumptions=MANY)
    series = found.outcome.stations["State"]
    units = float(series.attempts.sum()) * table(MANY).write_units / wanted.duration_seconds
    assert units == pytest.approx(need.needed, rel=0.02)


def test_who_only_reads_a_table_comes_there_whoever_is_stored_in_it() -> None:
    """An expectation of what is stored says who writes, not who looks it up."""
    stored = NewestStored(table="State", key="car", sources=("alarms",), id_attribute="id")
    reader = role("Health/Role", (["dynamodb:GetItem"], "State"))
    network = build_network(
        town(HealthRole=reader), scenario(expectations=Expectations(stored=(stored,)))
    ).network
    by_caller = {
        name: [call.sources for call in network.stations[name].calls if call.target == "State"]
        for name in ("Ingest", "Health")
    }
    assert by_caller == {"Ingest": [("alarms",)], "Health": [None]}
    assert table(None).read_units == 0
    found = network.stations["State"]
    assert isinstance(found, Table)
    # Two of 42 calls write a unit, the others read half a one.
    assert found.write_units == pytest.approx(2 / 42)
    assert found.read_units == pytest.approx(0.5 * 40 / 42)
