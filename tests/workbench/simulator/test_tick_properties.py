"""What holds of the tick engine on any network: nothing gets lost, nothing is NaN, it ends."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hinagata.errors import HinagataError
from hinagata.scenario.rate import BurstRate, ConstantRate, DiurnalRate, TraceRate
from hinagata.simulator import tick
from hinagata.simulator.model import Account, Call, Function, Network, Retry, Topic, Work
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.tick import run_ticks
from tests.workbench.simulator import networks
from tests.workbench.simulator.test_event_properties import small_networks

ENDS = ("done", "failed", "dead", "expired")

some = settings(
    max_examples=40,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)


def assert_conserved(outcome: Outcome) -> None:
    """All that came is done, failed, dead, expired, in flight or queued; nothing is negative."""
    for name, series in outcome.stations.items():
        for field in series.__dataclass_fields__:
            values = getattr(series, field)
            if field != "latency_s":
                assert np.isfinite(values).all(), (name, field)
                assert values.min() >= -1e-6, (name, field)
        if name:
            came = outcome.total(name, "arrivals")
            ended = sum(outcome.total(name, end) for end in ENDS)
            left = float(series.in_flight[-1] + series.queued[-1])
            assert ended + left == pytest.approx(came, rel=1e-9, abs=1e-9), name


@some
@given(small_networks)
def test_every_message_is_accounted_for(network: Network) -> None:
    """On any small network, with any faults, to 1e-9 of what came."""
    assert_conserved(run_ticks(replace(network, duration_s=90.0)))


@some
@given(small_networks)
def test_a_station_holds_rate_times_time(network: Network) -> None:
    """Little's law: what is present, over all time, is the sum of the times that messages took."""
    outcome = run_ticks(replace(network, duration_s=90.0))
    for name, series in outcome.stations.items():
        ended = sum(getattr(series, end) for end in ENDS)
        left = float(series.in_flight[-1] + series.queued[-1]) if name else 0.0
        if name and left < 1e-9:
            took = np.nansum(series.latency_s * ended)
            assert series.present.sum() == pytest.approx(took, rel=5e-3, abs=1e-3), name


def test_a_run_is_the_same_again() -> None:
    """The same network gives the same outcome bit by bit, percentiles included."""
    network = replace(networks.scenarios()["breaker"], duration_s=200.0)
    first, second = run_ticks(network), run_ticks(network)
    assert first.latencies == second.latencies
    for name, series in first.stations.items():
        for field in series.__dataclass_fields__:
            here, there = getattr(series, field), getattr(second.stations[name], field)
            assert np.array_equal(here, there, equal_nan=True), (name, field)


@pytest.mark.parametrize("rate", [0.0, 1e-9, 1e15])
@pytest.mark.parametrize("work_s", [0.0, 1e-6, 1e4])
def test_absurd_numbers_are_borne(rate: float, work_s: float) -> None:
    """No traffic at all or 10^15 messages a second, work of no time or of hours."""
    function = Function(name="function", work=Work(mean_s=work_s), timeout_s=900.0)
    for account in (Account(), networks.VAST):
        retry = Retry(retries=2, base_s=0.5)
        network = networks.network(
            function, rate=rate, duration_s=30.0, account=account, retry=retry
        )
        assert_conserved(run_ticks(network))


def test_fails_messages_that_go_round() -> None:
    """A circle has no end: one sentence says which."""
    stations = [
        Topic(name="here", calls=(Call(target="there", waits=False),)),
        Topic(name="there", calls=(Call(target="here", waits=False),)),
    ]
    with pytest.raises(HinagataError, match="go round for ever"):
        run_ticks(networks.network(*stations, rate=1.0, duration_s=10.0))


def test_fails_a_target_that_is_not_there() -> None:
    """Who sends to nobody is told so."""
    lonely = Topic(name="here", calls=(Call(target="nowhere", waits=False),))
    with pytest.raises(HinagataError, match="which is no station"):
        run_ticks(networks.network(lonely, rate=1.0, duration_s=10.0))


@pytest.mark.parametrize(("duration_s", "tick_s"), [(0.0, 1.0), (10.0, 0.0), (1e12, 1.0)])
def test_fails_a_time_that_cannot_be_computed(duration_s: float, tick_s: float) -> None:
    """No time, no ticks, or more of them than there is memory for."""
    function = Function(name="function", work=Work(mean_s=0.1))
    network = networks.network(function, rate=1.0, duration_s=duration_s)
    with pytest.raises(HinagataError):
        run_ticks(network, tick_s=tick_s)


def test_fails_a_week_of_very_many_stations() -> None:
    """It is told before it fills the memory."""
    functions = [Function(name=f"function-{n}", work=Work(mean_s=0.1)) for n in range(300)]
    network = networks.network(*functions, rate=1.0, duration_s=7 * 86_400.0)
    with pytest.raises(HinagataError, match="do not fit into 8 GB: watch a shorter time"):
        run_ticks(network)


def test_an_hour_costs_the_same_for_any_number_of_devices() -> None:
    """Steps, not messages: a thousand times as many are computed in as many steps."""
    steps = []
    for devices in (1e3, 1e6):
        rate = DiurnalRate(
            peak_per_second=devices / 100, peak_over_trough=3.0, peak_at_seconds=3600.0
        )
        function = Function(name="function", work=Work(mean_s=0.1))
        network = networks.network(
            function, rate=rate, duration_s=3600.0, account=Account(concurrency=1e5)
        )
        steps.append(run_ticks(network).events)
    assert max(steps) < 200


def test_stretches_say_what_single_ticks_say() -> None:
    """Where nothing holds anything back, many ticks at once are what they are one by one."""
    calm = replace(networks.scenarios()["calm"], duration_s=120.0)
    at_once = run_ticks(calm)
    # A disturbance that disturbs nothing, every few seconds, forbids long stretches.
    edges = itertools.pairwise(float(second) for second in range(0, 121, 10))
    split = replace(
        calm,
        disturbances=tuple(
            replace(
                networks.scenarios()["breaker"].disturbances[0], start_s=a, end_s=b, station="no"
            )
            for a, b in edges
        ),
    )
    one_by_one = run_ticks(split)
    assert one_by_one.events > 10 * at_once.events
    for name, series in at_once.stations.items():
        for field in ("arrivals", "attempts", "done", "in_flight", "busy"):
            there = getattr(one_by_one.stations[name], field)
            assert np.allclose(getattr(series, field), there, rtol=1e-6, atol=1e-2), (name, field)


def endless(name: str, duration_s: float) -> Network:
    """More than can be borne, for as long as it is watched."""
    if name == "queue":
        stations = networks.queue(reserved=50, pollers=100)
        return networks.network(*stations, rate=2500.0, duration_s=duration_s, account=Account())
    function = Function(name="function", work=Work(mean_s=0.2), reserved=100, in_account=False)
    retry = networks.PATIENT
    return networks.network(function, rate=1000.0, duration_s=duration_s, retry=retry)


@pytest.mark.parametrize("name", ["queue", "storm"])
def test_a_day_held_back_costs_no_more_than_its_beginning(name: str) -> None:
    """What goes on as it does is not computed again, and what waits grows on."""
    day = run_ticks(endless(name, 86_400.0))
    assert day.events < 1500
    assert_conserved(day)
    for series in day.stations.values():
        early, late = slice(7200, 10_800), slice(79_200, 82_800)
        assert series.done[late].sum() == pytest.approx(series.done[early].sum(), rel=1e-4)


@pytest.mark.parametrize("name", ["queue", "storm"])
def test_a_repetition_is_what_single_ticks_are(name: str) -> None:
    """A source of almost nothing that comes and goes every minute forbids repeating."""
    network = endless(name, 1800.0)
    seconds = tuple(float(second) for second in range(0, 1800, 60))
    pulse = TraceRate(
        seconds=seconds, per_second=tuple(1e-4 * (n % 2) for n in range(len(seconds)))
    )
    split = replace(
        network, traffic=(*network.traffic, replace(network.traffic[0], name="pulse", rate=pulse))
    )
    at_once, one_by_one = run_ticks(network), run_ticks(split)
    assert one_by_one.events > 3 * at_once.events
    for station, series in at_once.stations.items():
        there = one_by_one.stations[station]
        for field in ("attempts", "throttled", "done", "failed", "queued", "in_flight", "busy"):
            here, other = getattr(series, field), getattr(there, field)
            assert np.allclose(here, other, rtol=1e-3, atol=0.2), (station, field)


def test_what_is_held_back_all_day_is_computed_in_longer_ticks_that_say_the_same() -> None:
    """A rate that swings above what can be done never repeats; half an hour tells what is off."""
    rate = DiurnalRate(peak_per_second=2000.0, peak_over_trough=2.0, peak_at_seconds=43_200.0)
    network = endless("storm", 4 * 3600.0)
    network = replace(network, traffic=(replace(network.traffic[0], rate=rate),))
    outcome = run_ticks(network)
    assert outcome.tick_s == 30.0
    assert any("computed in ticks of 30 s" in doubt for doubt in outcome.doubts)
    assert_conserved(outcome)
    beginning = run_ticks(replace(network, duration_s=1800.0))
    assert beginning.tick_s == 1.0
    for field in ("attempts", "throttled", "failed", "done"):
        here = getattr(outcome.stations["function"], field)[:60].sum()
        assert here == pytest.approx(beginning.total("function", field), rel=0.02), field


def test_what_would_take_minutes_is_computed_in_longer_ticks_that_say_what_they_miss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer with its error told, where nobody would wait for the exact one."""
    monkeypatch.setattr(tick, "_OFF", 0.0)
    monkeypatch.setattr(tick, "_MOST_SINGLE", 0)
    rate = DiurnalRate(peak_per_second=2000.0, peak_over_trough=2.0, peak_at_seconds=43_200.0)
    network = endless("storm", 4 * 3600.0)
    network = replace(network, traffic=(replace(network.traffic[0], rate=rate),))
    outcome = run_ticks(network)
    assert outcome.tick_s == 30.0
    (doubt,) = (each for each in outcome.doubts if "would take minutes" in each)
    assert " instead of " in doubt
    assert "at function" in doubt
    assert_conserved(outcome)


def test_a_burst_is_computed_tick_by_tick_and_no_longer_than_it_lasts() -> None:
    """An hour with a burst of ten seconds takes a fraction of its ticks."""
    function = Function(name="function", work=Work(mean_s=0.2), reserved=100, in_account=False)
    rate = BurstRate(
        base_per_second=100.0, peak_per_second=900.0, at_seconds=1800.0, for_seconds=10.0
    )
    outcome = run_ticks(networks.network(function, rate=rate, duration_s=3600.0))
    assert outcome.total("function", "throttled") > 1000
    assert outcome.events < 200
    assert isinstance(outcome.latencies, tuple)


def test_small_limits_are_doubted() -> None:
    """Below ten places the engine says that it may be off, and of whom."""
    function = Function(name="tiny", work=Work(mean_s=2.0), reserved=2, in_account=False)
    outcome = run_ticks(
        networks.network(function, rate=ConstantRate(per_second=5.0), duration_s=60)
    )
    assert any("event engine" in doubt and "tiny" in doubt for doubt in outcome.doubts)
