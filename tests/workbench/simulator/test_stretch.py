"""The busiest stretch of a scenario, for who waits for an answer."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hinagata.facts import Facts
from hinagata.scenario.fault import Fault, Inject
from hinagata.scenario.model import BacklogExpectation, CountExpectation, Expectations
from hinagata.scenario.rate import BurstRate, DiurnalRate
from hinagata.simulator.model import Service
from hinagata.simulator.simulation import simulate
from hinagata.simulator.stretch import busiest, simulate_stretch
from tests.workbench.simulator.town import ALARMS, CARS, OPERATORS, scenario, town

RUSH = DiurnalRate(peak_per_second=30.0, peak_over_trough=12.0, peak_at_seconds=28800.0)
DAY = scenario(replace(CARS, rate=RUSH), duration_seconds=86400.0)


def test_the_busiest_stretch_is_around_the_peak() -> None:
    """A day whose rate is highest at eight has its busiest ten minutes around eight."""
    assert busiest(DAY, 600.0) + 300.0 == pytest.approx(28800.0, abs=300.0)


def test_of_equal_stretches_the_first_or_the_worst_counts() -> None:
    """Where the rate never changes, it is the beginning, unless something goes wrong later."""
    fault = Fault(inject=Inject.CONCURRENCY, at_seconds=600.0, for_seconds=120.0, limit=1)
    steady = scenario(duration_seconds=3600.0)

    assert busiest(steady, 600.0) == 0.0
    assert busiest(replace(steady, faults=(fault,)), 600.0) == pytest.approx(120.0, abs=20.0)
    assert busiest(steady, 7200.0) == 0.0


def test_a_stretch_says_what_the_whole_says_of_it() -> None:
    """Where seconds are affordable, a short scenario's answer is that of the tick engine."""
    # Cut down to a few stations' seconds, so that its ticks are seconds.
    short = scenario(CARS, duration_seconds=30.0)
    whole = simulate(town(), short, "tick", checked=False, facts=Facts())
    stretch = simulate_stretch(town(), short, facts=Facts())

    assert stretch.start_s == 0.0
    assert stretch.simulation.outcome.tick_s == 1.0
    assert stretch.simulation.outcome.total("Ingest", "done") == pytest.approx(
        whole.outcome.total("Ingest", "done")
    )


def test_what_is_sent_and_what_is_refused_are_those_of_the_peak() -> None:
    """All that is sent in the stretch comes, and long ticks refuse what short ones do."""
    flood = replace(OPERATORS, rate=replace(RUSH, peak_per_second=400.0))
    stretch = simulate_stretch(town(), replace(DAY, sources={"operators": flood}), facts=Facts())
    outcome = stretch.simulation.outcome
    sent = flood.rate.count(stretch.start_s, stretch.start_s + 600.0)

    assert outcome.duration_s == 600.0
    assert outcome.tick_s >= 2.0
    assert outcome.total("CommandApi", "arrivals") == pytest.approx(sent, rel=1e-6)
    # Its bucket holds 200, and takes 100 a second.
    assert outcome.total("CommandApi", "done") == pytest.approx(200 + 100 * 600, rel=0.01)
    assert outcome.total("CommandApi", "throttled") > 0


def test_the_clock_of_a_stretch_is_that_of_the_day() -> None:
    """At eight the fewest tasks are those of half past six, and more come at ten in the evening."""
    stretch = simulate_stretch(town(), DAY, facts=Facts())
    gateway = stretch.simulation.network.stations["Gateway"]

    assert isinstance(gateway, Service)
    assert gateway.at_least == 6
    assert {round(stretch.start_s + step.at_s) % 86400 for step in gateway.steps} == {23400, 79200}


def test_a_fault_is_in_the_stretch_as_far_as_it_lasts() -> None:
    """What began before is there from the beginning, and ends when it ends."""
    burst = BurstRate(base_per_second=1.0, peak_per_second=50.0, at_seconds=1800.0, for_seconds=600)
    fault = Fault(inject=Inject.CONCURRENCY, at_seconds=0.0, for_seconds=2000.0, limit=5)
    hour = scenario(replace(CARS, rate=burst), faults=(fault,), duration_seconds=3600.0)
    stretch = simulate_stretch(town(), hour, facts=Facts())
    (found,) = stretch.simulation.network.disturbances

    assert found.start_s == 0.0
    assert stretch.start_s + found.end_s == pytest.approx(2000.0)


def test_nothing_is_expected_that_a_stretch_cannot_tell() -> None:
    """Counts of the whole and moments of it are left to the whole."""
    expected = Expectations(
        refused=0,
        processed=(CountExpectation(node="Ingest", at_least=10**6),),
        throttled=(
            CountExpectation(node="Ingest", at_most=0),
            CountExpectation(node="Ingest", at_least=5),
        ),
        backlog=(
            BacklogExpectation(node="Health", at_most=5, at_seconds=800.0),
            BacklogExpectation(node="Health", at_most=10**6),
        ),
    )
    stretch = simulate_stretch(town(), scenario(ALARMS, expectations=expected), facts=Facts())

    assert [verdict.about for verdict in stretch.simulation.verdicts] == [
        "refused",
        "throttled at Ingest",
        "backlog at Health",
    ]
    assert all(math.isfinite(each) for each in stretch.simulation.outcome.stations["Ingest"].busy)
