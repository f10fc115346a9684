"""A scenario played on an architecture."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import hinagata.simulator
from hinagata.errors import HinagataError
from hinagata.scenario import ConstantRate, CountExpectation, Expectations, ServiceTime
from hinagata.simulator import choice
from hinagata.simulator.as_json import as_json
from hinagata.simulator.choice import Engine
from hinagata.simulator.model import Function, Network
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.self_check import Run
from hinagata.simulator.simulation import KEEP_ALIVES_S, Simulation, simulate
from tests.workbench.simulator.town import CARS, HOPS, TOWN, nothing_happens, scenario, town

CALM = {"refused": 0, "lost": 0, "dead_lettered": 0}
MANY = replace(CARS, rate=ConstantRate(per_second=1e4))


def spy(asked: list[Engine], *, refuses: Engine | None = None) -> Callable[[Engine], Run]:
    """Returns engines that note who is asked; one of them may have too much to do."""

    def engine(name: Engine) -> Run:
        def run(network: Network) -> Outcome:
            asked.append(name)
            if name == refuses:
                raise HinagataError("too many events")
            return nothing_happens(name)(network)

        return run

    return engine


def test_the_package_has_what_others_call() -> None:
    """`hinagata.simulator.simulate` is the way in."""
    assert hinagata.simulator.simulate is simulate


@pytest.mark.parametrize(("source", "engine"), [(CARS, "event"), (MANY, "tick")])
def test_the_engine_is_what_is_affordable(source: object, engine: str) -> None:
    """Few messages are followed one by one."""
    asked: list[Engine] = []
    found = simulate(
        town(),
        scenario(source),  # type: ignore[arg-type]
        checked=False,
        engines=spy(asked),
    )

    assert asked == [engine]
    assert found.choice.engine == engine


@pytest.mark.parametrize("engine", ["tick", "event"])
def test_the_engine_is_the_one_asked_for(engine: str) -> None:
    """Whatever it costs."""
    found = simulate(
        town(),
        scenario(),
        engine,  # type: ignore[arg-type]
        checked=False,
        engines=spy([]),
    )

    assert found.outcome.engine == engine


def test_ticks_take_over_where_events_are_too_many() -> None:
    """The answer comes, and says so; who asked for events gets the error."""
    asked: list[Engine] = []
    found = simulate(town(), scenario(), checked=False, engines=spy(asked, refuses="event"))

    assert asked == ["event", "tick"]
    assert any("too many events" in doubt for doubt in found.doubts)
    with pytest.raises(HinagataError, match="too many events"):
        simulate(town(), scenario(), "event", engines=spy([], refuses="event"))


# More batches at once than the function has places: refusals that expected values get wrong.
WIDE = {
    **TOWN["FromHealth"],
    "Properties": {
        **TOWN["FromHealth"]["Properties"],
        "ScalingConfig": {"MaximumConcurrency": 40},
    },
}
CROWD = replace(CARS, rate=ConstantRate(per_second=60.0))
SLOW = {hop: ServiceTime(mean_seconds=0.5 if hop == "Health" else 0.04) for hop in HOPS}


def crowded() -> Simulation:
    """Returns a minute of a town with too many batches at once."""
    played = scenario(CROWD, duration_seconds=60.0, service_times=SLOW)
    return simulate(town(FromHealth=WIDE), played)


def test_messages_are_followed_where_expected_values_miss_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine is chosen again, the answer is that of the events, and both are said."""
    monkeypatch.setattr(choice, "MOST_EVENTS", 1e3)
    found = crowded()

    assert found.choice.engine == found.outcome.engine == "event"
    assert "miss the bound of throttled" in found.choice.reason
    apart = [each for each in found.differences if not each.met]
    assert any("throttled" in each.about and "tick" in each.against for each in apart)
    assert any("messages were followed" in doubt for doubt in found.doubts)


def test_expected_values_that_miss_a_bound_are_doubted_where_nothing_else_is_affordable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With what it would take, retries and all, and with how far they are off."""
    monkeypatch.setattr(choice, "MOST_EVENTS", 1e3)
    monkeypatch.setattr(choice, "MOST_EVENTS_AT_NEED", 2e3)
    found = crowded()

    assert found.choice.engine == found.outcome.engine == "tick"
    assert "more than the 2,000 that are affordable" in found.choice.doubt
    assert any("by the event engine" in doubt and "% apart" in doubt for doubt in found.doubts)


def test_ticks_are_kept_where_they_meet_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other engine is asked once, to compare."""
    monkeypatch.setattr(choice, "MOST_EVENTS", 1e3)
    asked: list[Engine] = []
    found = simulate(town(), scenario(duration_seconds=60.0), engines=spy(asked))

    assert asked == ["tick", "event"]
    assert found.choice.engine == "tick"
    assert not found.choice.doubt


def test_who_could_not_follow_the_messages_does_not_try_again() -> None:
    """Too many events are too many, whatever expected values are worth."""
    asked: list[Engine] = []
    found = simulate(town(), scenario(), engines=spy(asked, refuses="event"), checked=False)

    assert asked == ["event", "tick"]
    assert found.outcome.engine == "tick"


def test_other_keep_alive_times_are_tried() -> None:
    """Each of them once; the one that the network has is not computed again."""
    asked: list[Engine] = []
    found = simulate(town(), scenario(), checked=False, sensitivity=True, engines=spy(asked))

    assert [each.keep_alive_s for each in found.warmth] == [*KEEP_ALIVES_S]
    assert len(asked) == len(KEEP_ALIVES_S)


def test_expectations_decide() -> None:
    """What cannot be told is no failure, and what is missed is one."""
    good = Expectations(**CALM)
    bad = replace(good, processed=(CountExpectation(node="Theft", at_least=10**6),))

    met = [
        simulate(town(), scenario(expectations=each), checked=False, engines=spy([])).met
        for each in (good, bad)
    ]

    assert met == [True, False]


def test_fails_on_an_engine_that_is_none() -> None:
    """With what may have been meant."""
    with pytest.raises(HinagataError, match="did you mean tick"):
        simulate(town(), scenario(), "tik")  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["tick", "event"])
def test_a_calm_town_is_calm_in_both_engines(engine: str) -> None:
    """Nothing is refused, nothing is lost, every alarm is followed, and the checks hold."""
    found = simulate(
        town(),
        scenario(expectations=Expectations(**CALM), duration_seconds=120.0),
        engine,  # type: ignore[arg-type]
    )

    assert found.met
    missed = [each.about for each in found.differences if not each.met]
    assert not missed
    assert found.outcome.total("Theft", "done") == pytest.approx(240, rel=0.2)
    assert found.outcome.total("Health", "done") == pytest.approx(4800, rel=0.05)


def test_a_seed_reproduces_a_simulation() -> None:
    """Bit by bit; another seed is another day."""
    first, same, other = (
        simulate(town(), scenario(duration_seconds=30.0), "event", seed=seed, checked=False)
        for seed in (3, 3, 4)
    )

    for name, series in first.outcome.stations.items():
        assert np.array_equal(series.arrivals, same.outcome.stations[name].arrivals, equal_nan=True)
    assert not np.array_equal(
        first.outcome.stations["Ingest"].arrivals, other.outcome.stations["Ingest"].arrivals
    )


@pytest.mark.parametrize("engine", ["tick", "event"])
@pytest.mark.parametrize("what", ["nothing", "no time"])
def test_no_number_is_none(engine: str, what: str) -> None:
    """Where nothing is sent, and where work takes no time, there is an answer, and no NaN in it."""
    quiet = replace(CARS, rate=ConstantRate(per_second=0.0))
    at_once = {hop: ServiceTime(mean_seconds=0.0, cv=0.0) for hop in HOPS}
    found = simulate(
        town(),
        scenario(quiet, duration_seconds=20.0)
        if what == "nothing"
        else scenario(service_times=at_once, duration_seconds=20.0),
        engine,  # type: ignore[arg-type]
    )

    document = json.loads(as_json(found), parse_constant=pytest.fail)
    assert document["stations"] or what == "nothing"


def test_a_million_billion_devices_are_refused_by_their_number() -> None:
    """The same seconds of work as one device, and numbers as large as they are."""
    flood = replace(CARS, rate=ConstantRate(per_second=1e15))
    found = simulate(town(), scenario(flood, duration_seconds=20.0), "tick", checked=False)

    assert found.outcome.total("Gateway", "arrivals") == pytest.approx(2e16)
    assert all(np.isfinite(found.outcome.stations["Gateway"].queued))
    json.loads(as_json(found), parse_constant=pytest.fail)


def test_reserved_concurrency_is_in_the_network_that_is_simulated() -> None:
    """The outcome's network is the one that was computed."""
    found = simulate(town(), scenario(), checked=False, engines=spy([]))
    health = found.network.stations["Health"]
    assert isinstance(health, Function)

    assert health.reserved == 20
