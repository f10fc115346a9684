"""What a simulation is held against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hinagata.scenario import BurstRate, ConstantRate, DiurnalRate, Fault, Inject
from hinagata.scenario.rate import DAY_SECONDS
from hinagata.simulator.event import run_events
from hinagata.simulator.model import (
    Account,
    Function,
    Gateway,
    Network,
    Retry,
    Service,
    Traffic,
    Work,
)
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.self_check import Difference, check
from hinagata.simulator.tick import run_ticks
from hinagata.simulator.zoom import zoom
from tests.workbench.simulator.town import CARS, built, nothing_happens


def about(differences: tuple[Difference, ...], word: str) -> Difference:
    """Returns the difference that speaks of something."""
    (found,) = (each for each in differences if word in each.about or word in each.against)
    return found


def changed(outcome: Outcome, station: str, series: str, by: float) -> Outcome:
    """Returns an outcome in which a station has more of something in its first tick."""
    values = getattr(outcome.stations[station], series).copy()
    values[0] += by
    stations = dict(outcome.stations)
    stations[station] = replace(stations[station], **{series: values})
    return replace(outcome, stations=stations)


def test_a_message_that_gets_lost_is_noticed() -> None:
    """One of ten thousand, at the station where it happened."""
    network = built().network
    outcome = nothing_happens("tick")(network)

    assert about(check(network, outcome), "those that left it").met
    lost = about(check(network, changed(outcome, "Theft", "done", -1.0)), "those that left it")
    assert not lost.met
    assert "Theft" in lost.about


def test_a_station_that_passes_on_at_once_is_no_difference() -> None:
    """What is left of no time when it has been added up a thousand times is none."""
    network = built().network
    outcome = nothing_happens("tick")(network)
    theft = outcome.stations["Theft"]
    at_once = replace(
        theft,
        latency_s=np.zeros_like(theft.latency_s),
        present=np.full_like(theft.present, 1e-15),
    )
    stations = {**outcome.stations, "Theft": at_once}

    found = check(network, replace(outcome, stations=stations))

    assert [each for each in found if "Little" in each.against] == []


def test_time_that_nobody_spent_is_noticed() -> None:
    """Little's law: who is there for a time is seen there."""
    network = built().network
    outcome = nothing_happens("tick")(network)
    stations = dict(outcome.stations)
    theft = stations["Theft"]
    stations["Theft"] = replace(
        theft, latency_s=np.full(len(theft.done), 3.0), present=2.0 * 3.0 * np.ones(len(theft.done))
    )
    spent = replace(outcome, stations=stations)

    assert about(check(network, spent), "Little").met
    assert not about(check(network, changed(spent, "Theft", "present", 900.0)), "Little").met


def api(rate: float, *, reserved: float | None = None, per_s: float = 1e6) -> Network:
    """Returns a function that requests come to, one by one, and an API that nothing is behind."""
    return Network(
        stations={
            "api": Gateway(name="api", per_s=per_s, burst=10.0),
            "function": Function(
                name="function", work=Work(mean_s=0.5), reserved=reserved, in_account=False
            ),
        },
        traffic=tuple(
            Traffic(name=each, target=each, rate=ConstantRate(per_second=rate))
            for each in ("api", "function")
        ),
        duration_s=600.0,
        seed=1,
    )


@pytest.mark.parametrize("reserved", [None, 20.0])
def test_a_function_is_as_busy_as_erlang_says(reserved: float | None) -> None:
    """With room for all, and with room for half of the load."""
    network = api(80.0, reserved=reserved)
    difference = about(check(network, run_events(network)), "Erlang")

    assert difference.met
    assert difference.there == pytest.approx(40.0 if reserved is None else 19.1, rel=0.05)


@pytest.mark.parametrize(
    ("account", "also", "retries"),
    [
        # 800 invocations a second of 25 ms are 20 at once, and four times what 20 places may start.
        (Account(concurrency=20.0, requests_per_slot=10.0), 0.0, 0),
        # Another one takes places of the same account.
        (Account(concurrency=60.0, requests_per_slot=1e9), 40.0, 0),
        # Who was refused comes back at once, and not by chance.
        (Account(concurrency=15.0, requests_per_slot=1e9), 0.0, 3),
    ],
)
def test_nothing_is_held_against_a_formula_that_does_not_apply(
    account: Account, also: float, retries: int
) -> None:
    """Erlang's is of places that are one's own, of tries by chance, and of no other limit."""
    stations = {
        name: Function(name=name, work=Work(mean_s=0.025 if name == "one" else 1.0))
        for name in ("one", "other")
    }
    network = Network(
        stations=stations,
        traffic=tuple(
            Traffic(
                name=name,
                target=name,
                rate=ConstantRate(per_second=rate),
                retry=Retry(retries=retries),
            )
            for name, rate in (("one", 800.0), ("other", also))
        ),
        duration_s=240.0,
        account=account,
    )
    outcome = run_ticks(network)
    assert outcome.total("one", "throttled") > 0
    assert not [each for each in check(network, outcome) if "Erlang" in each.against]


def test_an_api_refuses_what_its_bucket_does_not_hold() -> None:
    """Half of what comes, at twice the rate."""
    network = api(80.0, per_s=40.0)
    difference = about(check(network, run_events(network)), "token bucket")

    assert difference.met
    assert difference.here > 20_000


def test_engines_that_differ_are_told() -> None:
    """By how much, and against which; a difference beyond its bound is not met."""
    network = built().network
    events, ticks = (nothing_happens(name)(network) for name in ("event", "tick"))

    same = check(network, events, this=lambda _: events, other=lambda _: ticks)
    assert about(same, "attempts").met
    worse = changed(ticks, "Ingest", "attempts", 1e5)
    apart = about(check(network, events, this=lambda _: events, other=lambda _: worse), "attempts")
    assert not apart.met
    assert "tick engine" in apart.against


def test_a_day_is_compared_in_a_stretch_that_can_be_followed() -> None:
    """Neither engine is asked for all of it again."""
    rush = replace(
        CARS,
        rate=DiurnalRate(peak_per_second=2e4, peak_over_trough=20, peak_at_seconds=8 * 3600),
    )
    network = built(rush, duration_seconds=DAY_SECONDS).network
    asked: list[float] = []

    def run(part: Network) -> Outcome:
        asked.append(part.duration_s)
        return nothing_happens("event")(part)

    short = replace(nothing_happens("tick")(replace(network, duration_s=60.0)), duration_s=86_400.0)
    check(network, short, this=run, other=run)

    assert len(asked) == 2
    assert all(10 <= seconds <= 60 for seconds in asked)


def test_a_stretch_is_what_it_is_of_the_whole() -> None:
    """The same rates, tasks and faults, from another beginning."""
    burst = replace(
        CARS,
        rate=BurstRate(
            base_per_second=1.0, peak_per_second=50.0, at_seconds=300.0, for_seconds=10.0
        ),
    )
    fault = Fault(inject=Inject.DOWN, target="HealthChecks", at_seconds=290.0, for_seconds=20.0)
    network = built(burst, faults=(fault,)).network
    outcome = nothing_happens("tick")(network)
    series = outcome.stations["Gateway"]
    tasks = replace(series, capacity=np.arange(900.0))
    outcome = replace(outcome, stations={**outcome.stations, "Gateway": tasks})

    part = zoom(network, outcome, 295.0, 20.0)

    gateway, (traffic,) = part.stations["Gateway"], part.traffic
    assert isinstance(gateway, Service)
    assert gateway.tasks == 295
    assert traffic.rate.count(0.0, 20.0) == pytest.approx(510.0)
    assert traffic.rate.rate_at(4.5) == pytest.approx(1.0)
    assert traffic.rate.rate_at(5.5) == pytest.approx(50.0)
    (down,) = part.disturbances
    assert (down.start_s, down.end_s) == (0.0, 15.0)
