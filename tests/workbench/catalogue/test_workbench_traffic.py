"""Traffic that is multiplied, and how its sliders say so."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hinagata.catalogue.workbench.traffic import (
    AS_IT_IS,
    FACTORS,
    LEAST,
    MOST,
    Change,
    changes,
    figure,
    highest,
    multiplied,
    sliders,
    times,
)
from hinagata.scenario.rate import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    RampRate,
    Rate,
    TraceRate,
)
from tests.workbench.simulator.town import scenario

RATES: tuple[Rate, ...] = (
    ConstantRate(per_second=3.0),
    RampRate(from_per_second=1.0, to_per_second=5.0, over_seconds=3600.0),
    DiurnalRate(peak_per_second=9.0, peak_over_trough=12.0, peak_at_seconds=28800.0),
    BurstRate(base_per_second=1.0, peak_per_second=50.0, at_seconds=60.0, for_seconds=30.0),
    TraceRate(seconds=(0.0, 10.0), per_second=(2.0, 7.0)),
    ClosedLoopRate(users=40, think_seconds=2.0),
)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: type(rate).__name__)
@pytest.mark.parametrize("factor", [0.5, 1.0, 100.0])
def test_a_rate_is_multiplied_at_every_time(rate: Rate, factor: float) -> None:
    """Rate, count and highest rate are all so many times as high."""
    made = times(rate, factor)

    for second in (0.0, 5.0, 61.0, 4000.0, 30000.0):
        assert made.rate_at(second) == pytest.approx(factor * rate.rate_at(second))
    assert made.count(0.0, 86400.0) == pytest.approx(factor * rate.count(0.0, 86400.0))
    assert highest(made) == pytest.approx(factor * highest(rate))
    assert max(rate.rate_at(float(second)) for second in range(86400)) <= highest(rate) * 1.000001


def test_the_steps_of_a_slider_are_logarithmic() -> None:
    """They go over five decades, each at most 40 % more than the one before, with 1 among them."""
    assert (FACTORS[0], FACTORS[-1], FACTORS[AS_IT_IS]) == (LEAST, MOST, 1.0)
    assert all(1.15 < after / before < 1.4 for before, after in pairwise(FACTORS))


def test_each_source_has_a_slider_that_says_its_figure() -> None:
    """Its words stand for every step, with a unit."""
    cars, *_ = sliders(scenario())

    assert (cars.source, cars.entry, cars.shape) == ("cars", "Gateway", "constant")
    assert cars.says[AS_IT_IS] == "40 messages a second"
    assert (cars.says[0], cars.says[-1]) == (
        "2.4 messages a minute",
        "4,000 messages a second",
    )


def test_only_what_is_asked_for_is_multiplied() -> None:
    """The other sources send what they sent."""
    made = multiplied(scenario(), {"cars": 2.0})

    assert {name: each.rate.rate_at(0) for name, each in made.sources.items()} == {
        "cars": 80.0,
        "alarms": 2.0,
        "operators": 1.0,
    }


def test_a_change_says_from_what_to_what() -> None:
    """Of each source that is multiplied: by what, and both figures with their unit."""
    assert changes(scenario(), {"cars": 2.0, "alarms": 1.0}) == (
        Change(
            source="cars",
            factor=2.0,
            before="40 messages a second",
            after="80 messages a second",
        ),
    )
    assert changes(scenario(), {}) == ()


def test_a_rate_is_said_in_a_unit_that_fits() -> None:
    """Never nought of something."""
    assert [figure(rate) for rate in (16667.0, 1.0, 0.1, 0.002, 1e-5)] == [
        "16,667 messages a second",
        "1 message a second",
        "6 messages a minute",
        "7.2 messages an hour",
        "0.864 messages a day",
    ]
