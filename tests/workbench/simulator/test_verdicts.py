"""A scenario's expectations, held against an outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hinagata.scenario import (
    BacklogExpectation,
    CountExpectation,
    EveryStored,
    Expectations,
    LatencyExpectation,
    TraceExpectation,
)
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.verdicts import Verdict, judge
from tests.workbench.simulator.town import built, nothing_happens

LATENCY = LatencyExpectation(source="cars", hop="Health", at_most_seconds=0.25)


def outcome(**changed: dict[str, float]) -> Outcome:
    """Returns an outcome in which stations have other totals, all in the tenth second."""
    found = nothing_happens("tick")(built().network)
    stations = dict(found.stations)
    for name, totals in changed.items():
        station = name.replace("__", "/")
        for series, total in totals.items():
            values = getattr(stations[station], series).copy()
            values[:] = 0
            values[10] = total
            stations[station] = replace(stations[station], **{series: values})
    return replace(found, stations=stations)


def verdicts(expectations: Expectations, found: Outcome) -> list[Verdict]:
    """Returns all verdicts on the town."""
    town = built()
    return list(judge(expectations, town.network, found, called=town.called))


@pytest.mark.parametrize(
    ("expected", "changed", "met"),
    [
        ({"refused": 0}, {}, True),
        ({"refused": 0}, {"Gateway": {"failed": 0.4}}, True),
        ({"refused": 0}, {"Gateway": {"failed": 0.6}}, False),
        ({"refused": 3}, {"CommandApi": {"failed": 3.0}}, True),
        ({"lost": 0}, {"Gateway": {"failed": 9.0}}, True),
        ({"lost": 0}, {"HealthChecks": {"expired": 1.0}}, False),
        ({"lost": 0}, {"Telemetry": {"failed": 1.0}}, False),
        ({"dead_lettered": 5}, {"HealthChecks": {"dead": 6.0}}, False),
        ({"dead_lettered": 5}, {"HealthChecks": {"dead": 5.0}}, True),
        ({"p50": (LATENCY,)}, {}, True),
        ({"p95": (LATENCY,)}, {}, True),
        ({"p99": (LATENCY,)}, {}, False),
        ({"throttled": (CountExpectation(node="Health", at_most=0),)}, {}, True),
        (
            {"throttled": (CountExpectation(node="Health", at_most=0),)},
            {"Health": {"throttled": 2.0}},
            False,
        ),
        ({"processed": (CountExpectation(node="Theft", at_least=1800),)}, {}, True),
        ({"processed": (CountExpectation(node="Theft", at_least=1801),)}, {}, False),
        (
            {"dead_letters": (CountExpectation(node="Health", at_most=1),)},
            {"HealthChecks": {"dead": 2.0}},
            False,
        ),
        (
            {"backlog": (BacklogExpectation(node="HealthChecks", at_most=10),)},
            {"HealthChecks": {"queued": 11.0}},
            False,
        ),
        (
            {"backlog": (BacklogExpectation(node="Health", at_most=10),)},
            {"HealthChecks": {"queued": 11.0}},
            False,
        ),
        (
            {"backlog": (BacklogExpectation(node="HealthChecks", at_most=10, at_seconds=60.0),)},
            {"HealthChecks": {"queued": 11.0}},
            True,
        ),
        ({"traced": (TraceExpectation(source="cars", hop="Health"),)}, {}, None),
        ({"duplicates": (CountExpectation(node="Health", at_most=0),)}, {}, None),
        ({"stored": (EveryStored(table="State", source="cars", id_attribute="id"),)}, {}, None),
    ],
)
def test_an_expectation_is_judged(
    expected: dict[str, Any], changed: dict[str, dict[str, float]], met: bool | None
) -> None:
    """It holds, it does not, or no simulation can tell."""
    (verdict,) = verdicts(Expectations(**expected), outcome(**changed))

    assert verdict.met is met


def test_nothing_that_arrived_is_not_in_time() -> None:
    """A latency of messages that never came is no good latency."""
    (verdict,) = verdicts(Expectations(p99=(LATENCY,)), replace(outcome(), latencies=()))

    assert (verdict.observed, verdict.met) == ("nothing arrived", False)


def test_who_refuses_everything_loses_nothing_and_does_not_pass() -> None:
    """A source of which nothing is taken is a verdict of its own."""
    found = verdicts(Expectations(lost=0), outcome(CommandApi={"done": 0.0}))

    assert [(verdict.about, verdict.met) for verdict in found] == [
        ("accepted from operators", False),
        ("lost", True),
    ]
