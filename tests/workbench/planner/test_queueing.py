"""The closed forms against the reference cases of the simulation's design, V1 to V33, by name.

V7 and V30 are promises of whole runs and of prices; V33 with an initialisation needs an engine.
"""

import doctest
import importlib
import math
import random
import time

import pytest

from hinagata.planner.queueing import (
    Demand,
    allen_cunneen_wait,
    attempts,
    burst_backlog,
    busy_quantile,
    cold_start_probability,
    erlang_b,
    erlang_c,
    layered_attempts,
    load_for_blocking,
    mean_busy,
    mmc,
    mmck,
    poll_capacity,
    pollaczek_khinchine_wait,
    pollers_needed,
    ramp_time,
    retry_fixed_point,
    retry_storm,
    scale_up,
    seconds_to_dead_letters,
    served_rate,
    servers_for_blocking,
    servers_for_mean_wait,
    servers_for_wait,
    shards_needed,
    shared_limit_fixed_point,
    stepped_throttles,
    token_bucket,
    tracked_step,
    warm_pool,
)

MODULES = ("erlang", "waiting", "busy", "cold_starts", "retries", "bursts", "sizing")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_documentation_are_true(name: str) -> None:
    """Every example of a docstring gives what it shows."""
    result = doctest.testmod(importlib.import_module(f"hinagata.planner.{name}"))

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("servers", "load", "blocking"),
    [
        (10, 5, 0.018385),
        (50, 40, 0.018691),
        (100, 80, 0.003992),
        (100, 90, 0.026957),
        (1000, 950, 0.003649),
        (1000, 1100, 0.098625),
    ],
)
def test_v1_erlang_b(servers: int, load: float, blocking: float) -> None:
    """Erlang B is the published value to its last digit."""
    assert erlang_b(servers, load) == pytest.approx(blocking, abs=1e-6)


def test_c15_erlang_c() -> None:
    """Three servers under a load of two let four in nine wait."""
    assert erlang_c(3, 2) == pytest.approx(4 / 9, rel=1e-12)


def test_v3_waiting_times() -> None:
    """M/M/50 at a load of 40 waits as long as the table says, on average and at the tail."""
    line = mmc(servers=50, rate=40, duration=1)

    assert line.wait_probability == pytest.approx(0.0869525, abs=1e-6)
    assert line.mean_wait == pytest.approx(0.0086953, abs=1e-6)
    assert line.wait_quantile(0.95) == pytest.approx(0.055334, abs=1e-6)
    assert line.wait_quantile(0.99) == pytest.approx(0.216278, abs=1e-6)


def test_v5_unlimited_servers() -> None:
    """500 a second for 0.2 s keep 100 busy, and by chance seldom more than 3 deviations more."""
    assert mean_busy(rate=500, duration=0.2) == 100
    assert 100 + 3 * 10 <= busy_quantile(rate=500, duration=0.2, quantile=0.999) <= 100 + 3.5 * 10


@pytest.mark.parametrize(
    ("rate", "duration", "busy"), [(100, 0.5, 50), (10, 3, 30), (20, 60, 1200), (100, 1, 100)]
)
def test_v8_concurrency(rate: float, duration: float, busy: float) -> None:
    """Concurrency is rate times duration, as Lambda's documentation says."""
    assert mean_busy(rate, duration) == pytest.approx(busy, rel=1e-12)


def test_v8_request_rate_rule() -> None:
    """A limit of 1,000 serves 10,000 a second of 20,000 that would just fit in concurrency."""
    assert served_rate(rate=20_000, duration=0.05, concurrency=1000) == 20_000
    assert served_rate(20_000, 0.05, concurrency=1000, rate_limit=10 * 1000) == 10_000


def test_v10_scale_up() -> None:
    """A jump to 5,000 a second throttles until 39 s; cold starts are the greatest number busy."""
    jump = scale_up(rate=5000, duration=1, initial=1000, growth=100)
    pool = warm_pool(rate=5000, duration=1, keep_alive=60 - jump.last_at)

    assert jump.throttled == pytest.approx(75_300, rel=0.03)
    assert 38 <= jump.last_at <= 40
    assert pool.environments == pytest.approx(5164, rel=0.03)


def test_v14_keep_alive_pool() -> None:
    """SimFaaS' own example: cold starts, servers, those busy, and their life."""
    pool = warm_pool(rate=0.9, duration=1.991, keep_alive=600)

    assert pool.cold_start_probability == pytest.approx(0.00133, rel=0.005)
    assert pool.environments == pytest.approx(7.69, rel=0.01)
    assert pool.mean_busy == pytest.approx(1.792, rel=0.01)
    assert pool.mean_life == pytest.approx(6420, rel=0.03)


@pytest.mark.parametrize(("rate", "cold"), [(10, 2.886e-4), (100, 5.09e-5)])
def test_exact_cold_starts(rate: float, cold: float) -> None:
    """Pools larger than a few agree with the exact values that were computed for them."""
    duration = {10: 2.0, 100: 0.2}[rate]
    keep_alive = {10: 600, 100: 300}[rate]

    assert cold_start_probability(rate, duration, keep_alive) == pytest.approx(cold, rel=1e-3)


@pytest.mark.parametrize(("growth", "minutes"), [(60, 20.75), (300, 4.15)])
def test_v15_pollers_ramp_up(growth: float, minutes: float) -> None:
    """From 5 to 1,250 pollers, at the old and at the new rate a minute."""
    assert ramp_time(5, 1250, growth / 60) == pytest.approx(minutes * 60)


def test_c9_tasks_are_launched_from_a_bucket() -> None:
    """200 tasks from a bucket of 100 that refills 20 a second take 5 s."""
    assert ramp_time(start=100, target=200, growth=20) == 5


@pytest.mark.parametrize(
    ("failure", "receives", "dead", "mean"),
    [(0.1, 3, 0.001, 1.11), (0.3, 5, 0.00243, 1.4251), (0.5, 5, 0.03125, 1.9375)],
)
def test_v17_redrive(failure: float, receives: int, dead: float, mean: float) -> None:
    """A message is received (1-p^R)/(1-p) times and is dead with p^R."""
    redrive = attempts(failure, receives)

    assert redrive.exhausted == pytest.approx(dead, rel=1e-9)
    assert redrive.mean == pytest.approx(mean, rel=1e-9)
    assert seconds_to_dead_letters(receives, 30) == receives * 30


def test_v19_iterator_age() -> None:
    """A shard's iterator age peaks after the burst, and two batches at once leave no backlog."""
    shard = poll_capacity(pollers=1, batch=100, duration=0.25)
    one = burst_backlog(burst_rate=800, burst_time=600, calm_rate=100, capacity=shard)
    two = burst_backlog(burst_rate=800, burst_time=600, calm_rate=100, capacity=2 * shard)

    assert (one.jobs, one.age_at_end) == (240_000, 300)
    assert (one.greatest_age, one.greatest_age_at) == (600, 1200)
    assert (one.drain_time, one.drained_at) == (800, 1400)
    assert two.greatest_age < 1


def test_v21_retry_amplification() -> None:
    """Retries at half and at full failure, and through five layers."""
    half = attempts(0.5, 1 + 3)

    assert (half.mean, half.exhausted) == (1.875, 0.0625)
    assert attempts(1, 1 + 3).mean == 4
    assert layered_attempts(3, 3, 3, 3, 3) == 243


@pytest.mark.parametrize(
    ("rate", "blocking", "amplification", "failed"),
    [
        (450, 0.0452, 1.047, 0),
        (500, 0.3608, 1.538, 0.0170),
        (600, 0.6433, 2.323, 0.1713),
        (1000, 0.8413, 3.145, 0.5009),
    ],
)
def test_v23_retry_and_loss(
    rate: float, blocking: float, amplification: float, failed: float
) -> None:
    """Losses and the retries that they cause meet where the table says."""
    point = retry_fixed_point(servers=100, offered_load=rate * 0.2, retries=3)

    assert point.blocking == pytest.approx(blocking, abs=1e-4)
    assert point.amplification == pytest.approx(amplification, abs=5e-4)
    assert point.failed == pytest.approx(failed, abs=1e-4)


def test_v24_a_shared_limit_blocks_all_alike() -> None:
    """A function in a storm starves the one that shares its pool, even one that never retries."""
    alone = retry_fixed_point(servers=100, offered_load=20, retries=0)
    calm, storm = shared_limit_fixed_point(
        100, [Demand(offered_load=20, retries=0), Demand(offered_load=100, retries=3)]
    )

    assert alone.blocking < 1e-9
    assert calm.blocking == storm.blocking > 0.5
    assert calm.failed == calm.blocking
    assert storm.failed == pytest.approx(storm.blocking**4)


def test_v25_metastable() -> None:
    """280 a second are fine below 300 until an outage; only 150 recover with one retry each."""
    storm = retry_storm(rate=280, capacity=300, retries=1)

    assert (storm.storm_rate, storm.safe_rate, storm.vulnerable) == (560, 150, True)
    assert not retry_storm(rate=150, capacity=300, retries=1).vulnerable


def test_v26_token_bucket() -> None:
    """15,000 a second empty a gateway's bucket within a second; then a third is refused."""
    bucket = token_bucket(rate=10_000, burst=5_000, offered=15_000)

    assert bucket.first_at == pytest.approx(1.0, abs=0.01)
    assert bucket.share == pytest.approx(1 / 3)
    assert token_bucket(rate=10_000, burst=5_000, offered=10_000).first_at == math.inf


def test_v29_target_tracking() -> None:
    """A threefold load is seen after three minutes, asked for once, served a minute later."""
    step = tracked_step(10, 1000, 30_000, periods=3, period=60, start_delay=60)
    settled = tracked_step(30, 1000, 30_000, periods=3, period=60, start_delay=60)

    assert (step.alarm_at, step.desired, step.in_service_at) == (180, 30, 240)
    assert (settled.alarm_at, settled.desired) == (math.inf, 30)


def test_v33_burst_without_initialisation() -> None:
    """Cold starts of a burst: the calm pool with what expired of it, then the burst's maximum."""
    calm = warm_pool(rate=200, duration=0.2, keep_alive=300)
    burst = warm_pool(rate=1000, duration=0.2, keep_alive=60)
    expired = 200 * calm.cold_start_probability * (500 - 300)

    assert burst.environments + expired == pytest.approx(257, rel=0.05)


@pytest.mark.parametrize(
    ("parts", "throttled"),
    [(1, [7000]), (2, [2000, 1500]), (3, [333, 0, 0]), (4, [0, 0, 0, 0])],
)
def test_c3_old_burst_rule(parts: int, throttled: list[float]) -> None:
    """The Operator Guide's table: 3,000 at once, 500 more each minute."""
    refused = stepped_throttles([10_000 / parts] * parts, 3000, 500, ceiling=10_000)

    assert refused == pytest.approx(throttled, abs=0.5)


def test_k1_shards() -> None:
    """The calculator's stream: ten shards by records, almost as many by what four readers read."""
    mb = 1024 * 1024
    shards = shards_needed(
        10_000,
        512,
        consumers=4,
        records_per_shard=1000,
        bytes_in_per_shard=mb,
        bytes_out_per_shard=2 * mb,
    )

    assert shards.count == 10
    assert shards.by_bytes_in == pytest.approx(4.88, abs=0.01)
    assert shards.by_bytes_out == pytest.approx(9.76, abs=0.01)


def test_pollers_follow_from_littles_law() -> None:
    """Batches under way are rate / batch x duration; a float's rounding asks for none more."""
    assert pollers_needed(rate=1000, batch=10, duration=0.5) == 50
    assert pollers_needed(rate=0.1 * 3, batch=1, duration=10) == 3


def test_pollaczek_khinchine() -> None:
    """M/D/1 waits half of M/M/1, and a spread of 2 waits two and a half times as long."""
    exponential = mmc(1, rate=8, duration=0.1).mean_wait

    assert exponential == pytest.approx(0.4)
    assert pollaczek_khinchine_wait(8, 0.1, service_cv=1) == pytest.approx(exponential)
    assert pollaczek_khinchine_wait(8, 0.1, service_cv=0) == pytest.approx(exponential / 2)
    assert pollaczek_khinchine_wait(8, 0.1, service_cv=2) == pytest.approx(exponential * 2.5)
    assert pollaczek_khinchine_wait(10, 0.1, service_cv=1) == math.inf


def test_many_deterministic_servers_wait_about_half() -> None:
    """Allen and Cunneen halve the wait of constant durations; in step with servers none waits."""
    waits = mmc(50, 40, 1).mean_wait

    assert allen_cunneen_wait(50, 40, 1, service_cv=0) == pytest.approx(waits / 2)
    assert allen_cunneen_wait(50, 50, 1, arrival_cv=0, service_cv=0) == 0
    assert allen_cunneen_wait(50, 51, 1, arrival_cv=0, service_cv=0) == math.inf


def test_an_endless_queue_under_too_much_load_waits_for_ever() -> None:
    """Without room to refuse, the queue grows by what its servers cannot do."""
    line, queue = mmc(10, 12, 1), mmck(10, math.inf, 12, 1)

    assert (line.wait_probability, line.mean_wait, line.wait_quantile(0.5)) == (
        1,
        math.inf,
        math.inf,
    )
    assert queue.mean_wait == math.inf
    assert queue.throughput == pytest.approx(10)
    assert queue.blocking == pytest.approx(1 / 6)


def test_provisioned_environments_take_cold_starts_away() -> None:
    """Each provisioned environment leaves fewer cold starts, and enough of them leave none."""
    colds = [cold_start_probability(10, 2, 300, provisioned) for provisioned in (0, 20, 30, 40, 60)]

    assert colds == sorted(colds, reverse=True)
    assert 0.0 <= colds[-1] < 1e-10 < colds[0]


def test_sparse_functions_are_cold_after_each_long_gap() -> None:
    """A job that is over at once is cold when none came within the keep-alive time."""
    assert cold_start_probability(1 / 300, 0, 300) == pytest.approx(math.exp(-1))
    assert cold_start_probability(1 / 300, 1e-9, 300) == pytest.approx(math.exp(-1))
    assert cold_start_probability(0, 1, 300) == 1
    assert cold_start_probability(1, 1, 0) == 1


def test_cold_starts_agree_with_a_played_pool() -> None:
    """Requests played one by one into the environment used last start as many cold."""
    rate, duration, keep_alive, requests = 2.0, 1.0, 20.0, 200_000
    chance = random.Random(5)
    clock, busy, idle, cold = 0.0, [], [], 0
    for _ in range(requests):
        clock += chance.expovariate(rate)
        idle += sorted(end for end in busy if end <= clock)
        busy = [end for end in busy if end > clock]
        idle = [end for end in idle if end > clock - keep_alive]
        if idle:
            idle.pop()
        else:
            cold += 1
        busy.append(clock + chance.expovariate(1 / duration))

    assert cold / requests == pytest.approx(
        cold_start_probability(rate, duration, keep_alive), rel=0.05
    )


def test_servers_are_sized_backwards() -> None:
    """The fewest servers that keep a bound: one fewer breaks it."""
    loss = servers_for_blocking(90, 0.01)
    wait = servers_for_wait(rate=40, duration=1, wait=0.2, late=0.01)
    mean = servers_for_mean_wait(rate=40, duration=1, wait=0.01, service_cv=2)

    assert erlang_b(loss, 90) <= 0.01 < erlang_b(loss - 1, 90)
    assert mmc(wait, 40, 1).wait_exceeds(0.2) <= 0.01 < mmc(wait - 1, 40, 1).wait_exceeds(0.2)
    assert (
        allen_cunneen_wait(mean, 40, 1, service_cv=2)
        <= 0.01
        < allen_cunneen_wait(mean - 1, 40, 1, service_cv=2)
    )


def test_a_million_servers_answer_at_once() -> None:
    """No question about a million servers takes a second of the processor."""
    million = 10**6
    started = time.process_time()
    answers = [
        erlang_b(million, million),
        erlang_c(million, 0.9999 * million),
        mmck(million, 2 * million, 1.0001 * million, 1).mean_wait,
        servers_for_blocking(million, 0.001),
        load_for_blocking(million, 0.001),
        servers_for_wait(million, 1, 0.01, 0.01),
        retry_fixed_point(million, 1.2 * million, 3).failed,
        cold_start_probability(million, 1, 300),
    ]

    assert all(math.isfinite(answer) for answer in answers)
    assert time.process_time() - started < 4
