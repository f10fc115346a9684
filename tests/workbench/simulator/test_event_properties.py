"""Nothing gets lost, whatever the network: properties over small ones that are drawn at random."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import BurstRate, PacedRate
from hinagata.simulator.draws import arrivals, stream
from hinagata.simulator.event import run_events
from hinagata.simulator.model import (
    Account,
    AsyncInvoke,
    Call,
    Dependency,
    Disturbance,
    Function,
    Gateway,
    Network,
    Poller,
    Queue,
    Reader,
    Retry,
    Service,
    Station,
    Stream,
    Table,
    Topic,
    Work,
    Workflow,
)
from hinagata.simulator.outcome import Outcome
from tests.workbench.simulator import networks

works = st.builds(
    Work, mean_s=st.sampled_from([0.0, 0.02, 0.3]), cv=st.sampled_from([0.0, 0.5, 1.0, 2.0])
)
retries = st.builds(
    Retry, retries=st.integers(0, 3), base_s=st.sampled_from([0.0, 0.2]), jitter=st.booleans()
)
limits = st.sampled_from([1.0, 3.0, 20.0])
shares = st.sampled_from([0.0, 0.3, 1.0])


def calls(target: str) -> st.SearchStrategy[tuple[Call, ...]]:
    """Calls to a station, of all the kinds that there are."""
    call = st.builds(
        Call,
        target=st.just(target),
        messages=st.sampled_from([0.5, 1.0, 2.0]),
        waits=st.booleans(),
        timeout_s=st.sampled_from([0.05, 1.0, float("inf")]),
        retry=retries,
        latency_s=st.sampled_from([0.0, 0.01]),
    )
    return st.lists(call, max_size=2).map(tuple)


BACKS: dict[str, st.SearchStrategy[Station]] = {
    "table": st.builds(
        Table,
        name=st.just("back"),
        writes_per_s=st.sampled_from([None, 5.0, 1000.0]),
        shares=st.sampled_from([(1.0,), (0.8, 0.2)]),
        partition_writes_per_s=st.sampled_from([5.0, 1000.0]),
        credit_s=st.sampled_from([1.0, 300.0]),
    ),
    "dependency": st.builds(
        Dependency, name=st.just("back"), latency=works, at_most=st.sampled_from([1.0, 100.0])
    ),
    "service": st.builds(
        Service,
        name=st.just("back"),
        work=works,
        tasks=st.sampled_from([1.0, 4.0]),
        timeout_s=st.sampled_from([0.2, 60.0]),
    ),
    "workflow": st.builds(Workflow, name=st.just("back"), own_s=st.sampled_from([0.0, 0.1])),
}


def functions() -> st.SearchStrategy[Function]:
    """Functions that call the station in the back."""
    return st.builds(
        Function,
        name=st.just("function"),
        work=works,
        cold_start=st.none() | works,
        per_message=st.none() | works,
        timeout_s=st.sampled_from([0.2, 3.0, float("inf")]),
        keep_alive_s=st.sampled_from([0.1, 300.0]),
        reserved=st.none() | limits,
        provisioned=st.sampled_from([0.0, 2.0]),
        fails=shares,
        calls=calls("back"),
    )


FRONTS: dict[str, st.SearchStrategy[Station]] = {
    "gateway": st.builds(
        Gateway,
        name=st.just("front"),
        per_s=st.sampled_from([10.0, 1000.0]),
        burst=st.sampled_from([5.0, 1000.0]),
        overhead_s=st.sampled_from([0.0, 0.01]),
        timeout_s=st.sampled_from([0.1, 29.0]),
        calls=calls("function"),
    ),
    "queue": st.builds(
        Queue,
        name=st.just("front"),
        visibility_s=st.sampled_from([0.1, 2.0]),
        max_receives=st.integers(1, 4),
        dead_letter=st.sampled_from([None, "dead"]),
        retention_s=st.sampled_from([1.0, 10_000.0]),
        ordered=st.booleans(),
        groups=st.sampled_from([2.0, 10.0]),
        receives_on_refusal=st.just(True),
        poller=st.builds(
            Poller,
            function=st.just("function"),
            batch=st.sampled_from([1.0, 10.0]),
            window_s=st.sampled_from([0.0, 0.5]),
            at_most=st.sampled_from([2.0, 50.0]),
            partial=st.booleans(),
        ),
    ),
    "stream": st.builds(
        Stream,
        name=st.just("front"),
        shares=st.sampled_from([(1.0,), (0.7, 0.2, 0.1)]),
        records_per_s=st.sampled_from([5.0, 1000.0]),
        readers=st.lists(
            st.builds(
                Reader,
                function=st.just("function"),
                batch=st.sampled_from([1.0, 20.0]),
                window_s=st.sampled_from([0.0, 0.5]),
                parallel=st.integers(1, 3),
                poll_s=st.sampled_from([0.0, 0.2]),
                retries=st.integers(0, 3),
                bisect=st.booleans(),
                max_age_s=st.sampled_from([5.0, 100.0]),
                on_failure=st.sampled_from([None, "dead"]),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
    ),
    "topic": st.builds(
        Topic,
        name=st.just("front"),
        dead_letter=st.sampled_from([None, "dead"]),
        calls=calls("function"),
    ),
    "async": st.builds(
        AsyncInvoke,
        name=st.just("front"),
        function=st.just("function"),
        on_failure=st.sampled_from([None, "dead"]),
        max_age_s=st.sampled_from([1.0, 100.0]),
    ),
}

disturbances = st.lists(
    st.builds(
        Disturbance,
        inject=st.sampled_from(sorted(set(Inject) - {Inject.CONCURRENCY, Inject.KILL_TASK})),
        station=st.sampled_from(["front", "function", "back"]),
        start_s=st.just(0.5),
        end_s=st.just(2.0),
        share=st.sampled_from([0.3, 1.0]),
        delay_s=st.just(0.3),
    )
    # A function that hangs and never times out is busy for ever, and rightly so.
    .filter(lambda one: one.inject != Inject.HANG),
    max_size=2,
).map(tuple)

small_networks = st.builds(
    lambda front, function, back, account, retry, timeout_s, wrong, seed: networks.network(
        front,
        function,
        back,
        Queue(name="dead"),
        rate=BurstRate(base_per_second=0.0, peak_per_second=20.0, at_seconds=0.0, for_seconds=3.0),
        duration_s=1000.0,
        account=account,
        retry=retry,
        timeout_s=timeout_s,
        disturbances=wrong,
        seed=seed,
    ),
    st.one_of(*FRONTS.values()),
    functions(),
    st.one_of(*BACKS.values()),
    st.builds(
        Account,
        concurrency=st.sampled_from([30.0, 1000.0]),
        scale_at_once=st.sampled_from([2.0, 1000.0]),
    ),
    retries,
    st.sampled_from([0.1, 1.0, float("inf")]),
    disturbances,
    st.integers(0, 5),
)

TICK_S = 5.0
many = settings(
    max_examples=60,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)


def ended(outcome: Outcome, station: str) -> float:
    """How many messages of a station have come to an end."""
    return sum(outcome.total(station, series) for series in ("done", "failed", "dead", "expired"))


@many
@given(small_networks)
def test_every_message_comes_to_one_end(network: Network) -> None:
    """When all is quiet again, each message that came is done, failed, dead or expired, once.

    Only the dead letters lie where they are. Meanwhile no station has fewer than no messages.
    """
    outcome = run_events(network, tick_s=TICK_S)
    for name, series in outcome.stations.items():
        if not name:
            continue
        assert (series.in_flight >= 0).all(), name
        assert (series.queued >= 0).all(), name
        kept = outcome.total("dead", "arrivals") if name == "dead" else 0
        assert ended(outcome, name) + kept == outcome.total(name, "arrivals"), name
        assert series.busy[-1] == pytest.approx(0, abs=1e-9), name
        assert series.in_flight[-1] == 0, name


@many
@given(small_networks)
def test_a_station_holds_rate_times_time(network: Network) -> None:
    """Little's law: what is present, over all time, is the sum of the times that messages took."""
    outcome = run_events(network, tick_s=TICK_S)
    for name, series in outcome.stations.items():
        if name and name != "dead":
            ends = series.done + series.failed + series.dead + series.expired
            took = np.nansum(series.latency_s * ends)
            assert series.present.sum() * TICK_S == pytest.approx(took, rel=1e-6, abs=1e-6), name


@many
@given(small_networks)
def test_every_try_has_one_result(network: Network) -> None:
    """A try of a station that is called is refused, fails or succeeds."""
    outcome = run_events(network, tick_s=10.0)
    for name, station in network.stations.items():
        if not isinstance(station, Queue | Stream | Topic | AsyncInvoke | Function):
            parts = sum(outcome.total(name, series) for series in ("throttled", "errors", "done"))
            assert parts == outcome.total(name, "attempts"), name


@settings(max_examples=20, deadline=None, derandomize=True)
@given(small_networks)
def test_a_seed_repeats_a_run_bit_by_bit(network: Network) -> None:
    """The same network gives the same outcome, and nothing in it is NaN but the time of none."""
    first, second = run_events(network, tick_s=10.0), run_events(network, tick_s=10.0)
    assert first.latencies == second.latencies
    assert first.events == second.events
    for name, series in first.stations.items():
        for field in series.__dataclass_fields__:
            here, there = getattr(series, field), getattr(second.stations[name], field)
            assert np.array_equal(here, there, equal_nan=True), (name, field)
            if field != "latency_s":
                assert np.isfinite(here).all(), (name, field)


def test_another_architecture_gets_the_same_traffic() -> None:
    """A what-if compares two architectures by the same arrivals."""
    calm = replace(networks.scenarios()["calm"], duration_s=20.0)
    slower = replace(
        calm,
        stations={**calm.stations, "table": Table(name="table", latency=Work(mean_s=0.5))},
    )
    came = [run_events(one).stations["api"].arrivals for one in (calm, slower)]
    assert np.array_equal(*came)
    other = run_events(replace(calm, seed=1)).stations["api"].arrivals
    assert not np.array_equal(came[0], other)


def test_paced_messages_come_at_the_same_times_whatever_the_seed() -> None:
    """Four a second; after the last one, or after the end, there are none."""
    rate = PacedRate(per_second=4.0, messages=6)

    for seed in (1, 2):
        ((end, times),) = arrivals(rate, 3.0, stream(seed, "source"))
        assert (end, times.tolist()) == (3.0, [0.0, 0.25, 0.5, 0.75, 1.0, 1.25])
    ((_, times),) = arrivals(rate, 0.5, stream(1, "source"))
    assert times.tolist() == [0.0, 0.25]
