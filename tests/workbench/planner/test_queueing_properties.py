"""What holds for every load, every number of servers and every limit."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.planner.busy import poisson
from hinagata.planner.queueing import (
    Demand,
    attempts,
    burst_backlog,
    busy_quantile,
    cold_start_probability,
    erlang_b,
    erlang_c,
    load_for_blocking,
    mmc,
    mmck,
    retry_fixed_point,
    scale_up,
    servers_for_blocking,
    servers_for_wait,
    shared_limit_fixed_point,
    warm_pool,
)

# A machine under load is no failure of a formula.
relaxed = settings(deadline=None, max_examples=60)

SERVERS = st.integers(1, 3000)
FEW = st.integers(1, 30)
LOADS = st.floats(0, 5000, allow_subnormal=False)
SMALL_LOADS = st.floats(0.001, 60)
DURATIONS = st.floats(1e-3, 100)
SHARES = st.floats(1e-6, 0.999)
RETRIES = st.integers(0, 20)


def states(servers: int, capacity: int, load: float) -> list[float]:
    """The steady state of M/M/c/K by its balance equations, one after the other."""
    weights = [1.0]
    for n in range(1, capacity + 1):
        weights.append(weights[-1] * load / min(n, servers))
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@relaxed
@given(servers=FEW, load=SMALL_LOADS)
def test_erlang_b_is_the_sum_that_defines_it(servers: int, load: float) -> None:
    """For few servers the formula can be summed as it is written."""
    terms = [load**n / math.factorial(n) for n in range(servers + 1)]

    assert erlang_b(servers, load) == pytest.approx(terms[-1] / math.fsum(terms), rel=1e-12)


@relaxed
@given(servers=SERVERS, load=st.floats(1, 5000))
def test_erlang_b_follows_its_recursion(servers: int, load: float) -> None:
    """1 / B(c) = 1 + c / (a B(c - 1)), where neither is too small for a float."""
    before, after = erlang_b(servers - 1, load), erlang_b(servers, load)
    if after > 1e-300:
        assert after == pytest.approx(load * before / (servers + load * before), rel=1e-11)


@relaxed
@given(servers=SERVERS, load=LOADS, more=st.floats(0, 500))
def test_more_load_is_refused_and_waits_more(servers: int, load: float, more: float) -> None:
    """Blocking and waiting grow with the load, fall with servers, and are probabilities."""
    for formula in (erlang_b, erlang_c):
        chance = formula(servers, load)

        assert 0 <= chance <= 1
        assert chance <= formula(servers, load + more) * (1 + 1e-12)
        assert formula(servers + 1, load) <= chance * (1 + 1e-12)


@relaxed
@given(servers=SERVERS, load=LOADS)
def test_waiting_is_refusal_over_what_is_free(servers: int, load: float) -> None:
    """C = B / (1 - rho (1 - B)), and no fewer wait than would be refused."""
    blocking, waiting = erlang_b(servers, load), erlang_c(servers, load)

    assert waiting >= blocking
    if load < servers * 0.999:
        rho = load / servers
        assert waiting == pytest.approx(blocking / (1 - rho * (1 - blocking)), rel=1e-9)


@relaxed
@given(load=st.floats(0.001, 3000), blocking=SHARES)
def test_the_fewest_servers_for_a_blocking(load: float, blocking: float) -> None:
    """As many keep the bound, one fewer does not, and they carry at least that load."""
    servers = servers_for_blocking(load, blocking)

    assert erlang_b(servers, load) <= blocking
    assert servers == 1 or erlang_b(servers - 1, load) > blocking
    assert load_for_blocking(servers, blocking) >= load * (1 - 1e-9)


@relaxed
@given(rate=st.floats(0.01, 3000), duration=st.floats(0.01, 1), wait=st.floats(0, 1), late=SHARES)
def test_the_fewest_servers_for_a_wait(
    rate: float, duration: float, wait: float, late: float
) -> None:
    """As many keep the bound, one fewer does not."""
    servers = servers_for_wait(rate, duration, wait, late)

    assert mmc(servers, rate, duration).wait_exceeds(wait) <= late
    assert servers == 1 or mmc(servers - 1, rate, duration).wait_exceeds(wait) > late


@relaxed
@given(servers=SERVERS, used=st.floats(0.01, 0.999), duration=DURATIONS, quantile=SHARES)
def test_the_quantile_inverts_the_distribution(
    servers: int, used: float, duration: float, quantile: float
) -> None:
    """The share that waits longer than a quantile is what the quantile leaves over."""
    line = mmc(servers, used * servers / duration, duration)
    wait = line.wait_quantile(quantile)

    assert line.wait_exceeds(wait) == pytest.approx(
        min(line.wait_probability, 1 - quantile), rel=1e-6
    )


@relaxed
@given(servers=FEW, room=st.integers(0, 40), load=SMALL_LOADS)
def test_a_finite_queue_solves_its_balance_equations(servers: int, room: int, load: float) -> None:
    """States, blocking, queue, wait and throughput are those of the chain, state by state."""
    capacity = servers + room
    queue, chain = mmck(servers, capacity, load, 1), states(servers, capacity, load)
    waiting = math.fsum(part * max(0, n - servers) for n, part in enumerate(chain))
    throughput = load * math.fsum(chain[:-1])

    assert [queue.probability(n) for n in range(capacity + 1)] == pytest.approx(chain, rel=1e-9)
    assert queue.blocking == pytest.approx(chain[-1], rel=1e-9)
    assert queue.mean_queue == pytest.approx(waiting, rel=1e-9)
    assert queue.throughput == pytest.approx(throughput, rel=1e-9)
    assert queue.mean_wait * queue.throughput == pytest.approx(waiting, rel=1e-9)


@relaxed
@given(servers=SERVERS, room=st.integers(0, 10**9), load=LOADS, duration=DURATIONS)
def test_a_finite_queue_conserves_jobs(
    servers: int, room: int, load: float, duration: float
) -> None:
    """What arrives is done or lost, what is busy is Little's, and nothing exceeds its place."""
    rate = load / duration
    queue = mmck(servers, servers + room, rate, duration)

    assert queue.throughput + rate * queue.blocking == pytest.approx(rate, rel=1e-9)
    assert queue.mean_busy == pytest.approx(queue.throughput * duration, rel=1e-9)
    assert queue.mean_busy <= servers * (1 + 1e-9)
    assert 0 <= queue.mean_queue <= room * (1 + 1e-9)
    assert 0 <= queue.blocking <= 1
    assert 0 <= queue.wait_probability <= 1


@relaxed
@given(servers=SERVERS, room=st.integers(0, 10**6), tilt=st.floats(-1e-3, 1e-3))
def test_a_load_near_the_servers_costs_no_digits(servers: int, room: int, tilt: float) -> None:
    """Around a load of 1 a server the queue grows with the load, without jumps."""
    at, beyond = (
        mmck(servers, servers + room, servers * (1 + step), 1) for step in (tilt, tilt + 1e-9)
    )

    assert at.blocking <= beyond.blocking * (1 + 1e-9)
    assert beyond.mean_queue == pytest.approx(at.mean_queue, rel=2e-3)
    assert at.mean_queue <= beyond.mean_queue * (1 + 1e-9)


@relaxed
@given(servers=SERVERS, load=LOADS)
def test_the_limits_of_a_finite_queue(servers: int, load: float) -> None:
    """Without room it is Erlang's loss, with endless room the waiting line."""
    lossy, endless = mmck(servers, servers, load, 1), mmck(servers, math.inf, load, 1)
    line = mmc(servers, load, 1)

    assert lossy.blocking == pytest.approx(erlang_b(servers, load), rel=1e-12)
    assert lossy.mean_wait == 0
    if load < servers * 0.9999:
        assert endless.blocking == 0
        assert endless.mean_wait == pytest.approx(line.mean_wait, rel=1e-6)
        assert endless.wait_probability == pytest.approx(line.wait_probability, rel=1e-6)


@relaxed
@given(failure=st.floats(0, 1), most=st.integers(1, 60))
def test_attempts_are_the_sum_over_tries(failure: float, most: int) -> None:
    """The mean is 1 + p + p^2 + ..., and what is done and what is given up make up the whole."""
    result = attempts(failure, most)
    done = math.fsum(failure**k * (1 - failure) for k in range(most))

    assert result.mean == pytest.approx(math.fsum(failure**k for k in range(most)), rel=1e-12)
    assert done + result.exhausted == pytest.approx(1)


@relaxed
@given(servers=st.integers(1, 3000), load=st.floats(1e-3, 1e5), retries=RETRIES)
def test_a_fixed_point_stays_where_it_is(servers: int, load: float, retries: int) -> None:
    """Blocking is Erlang's at its own load, and attempts let in are requests that end well."""
    point = retry_fixed_point(servers, load, retries)
    again = erlang_b(servers, load * point.amplification)

    assert again == pytest.approx(point.blocking, rel=1e-6)
    assert point.amplification * (1 - point.blocking) == pytest.approx(1 - point.failed, abs=1e-9)
    assert 1 <= point.amplification <= (retries + 1) * (1 + 1e-12)


@relaxed
@given(servers=st.integers(1, 500), load=st.floats(0.1, 1000), retries=RETRIES)
def test_a_fixed_point_grows_with_load_and_retries(servers: int, load: float, retries: int) -> None:
    """More load or more retries refuse more attempts; retries save requests nonetheless."""
    point = retry_fixed_point(servers, load, retries)
    eager = retry_fixed_point(servers, load, retries + 1)

    assert point.blocking <= retry_fixed_point(servers, load * 1.1, retries).blocking * (1 + 1e-9)
    assert point.blocking <= eager.blocking * (1 + 1e-9)
    assert eager.failed <= point.failed * (1 + 1e-9)


@relaxed
@given(servers=st.integers(1, 500), load=st.floats(0.1, 1000), retries=RETRIES)
def test_a_load_may_be_split_over_a_shared_limit(servers: int, load: float, retries: int) -> None:
    """Two that share a limit suffer what one with the sum of their loads would."""
    half = Demand(offered_load=load / 2, retries=retries)
    point = retry_fixed_point(servers, load, retries)

    for shared in shared_limit_fixed_point(servers, [half, half]):
        assert shared.blocking == pytest.approx(point.blocking, rel=1e-9)


@relaxed
@given(mean=st.floats(0, 1e5))
def test_the_number_busy_is_poissons(mean: float) -> None:
    """Its shares add up to 1, its mean and its variance are rate x duration."""
    first, shares = poisson(mean)
    found = math.fsum(n * part for n, part in enumerate(shares, first))

    assert math.fsum(shares) == pytest.approx(1)
    assert found == pytest.approx(mean, rel=1e-9, abs=1e-12)
    assert math.fsum(
        (n - mean) ** 2 * part for n, part in enumerate(shares, first)
    ) == pytest.approx(mean, rel=1e-6, abs=1e-9)


@relaxed
@given(mean=st.floats(0.01, 1e5), quantile=SHARES)
def test_a_quantile_grows_with_its_share(mean: float, quantile: float) -> None:
    """A larger share of the time is never within fewer."""
    assert busy_quantile(mean, 1, quantile / 2) <= busy_quantile(mean, 1, quantile)


def brute_force(busy: float, kept: float, levels: int, steps: int) -> Iterator[float]:
    """P(theta(n) > kept) for each level by small steps of the killed birth-death process."""
    step = kept / steps
    for top in range(levels):
        alive = [1.0] * (top + 1)
        for _ in range(steps):
            # A half step ahead makes the error of each step of third order.
            half = [a + step / 2 * d for a, d in zip(alive, slope(alive, busy), strict=True)]
            alive = [a + step * d for a, d in zip(alive, slope(half, busy), strict=True)]
        yield alive[top]


def slope(alive: list[float], busy: float) -> list[float]:
    """The backward equation of the number busy, killed above the last level."""
    above = [*alive[1:], 0.0]
    below = [0.0, *alive[:-1]]
    return [
        busy * (up - here) + n * (down - here)
        for n, (here, up, down) in enumerate(zip(alive, above, below, strict=True))
    ]


@pytest.mark.parametrize(("busy", "kept"), [(0.05, 30), (0.8, 8), (3.0, 2.5)])
def test_cold_starts_are_those_of_the_killed_process(busy: float, kept: float) -> None:
    """The transform gives what integrating the equations step by step gives."""
    first, shares = poisson(busy)
    slowly = math.fsum(
        part * survival
        for part, survival in zip(shares[:16], brute_force(busy, kept, 16, 1500), strict=False)
    )

    assert first == 0
    assert cold_start_probability(busy, 1, kept) == pytest.approx(slowly, rel=1e-4)


@relaxed
@given(rate=st.floats(0.001, 1000), duration=st.floats(0.01, 10), kept=st.floats(0.1, 2000))
def test_a_warm_pool_grows_with_its_keep_alive(rate: float, duration: float, kept: float) -> None:
    """A longer keep-alive starts fewer cold and holds more; environments that start also end."""
    pool, longer = warm_pool(rate, duration, kept), warm_pool(rate, duration, kept * 2)

    assert 0 <= longer.cold_start_probability <= pool.cold_start_probability + 1e-12
    assert pool.cold_start_probability <= 1
    assert longer.environments >= pool.environments * (1 - 1e-9) >= pool.mean_busy * (1 - 2e-9)
    if pool.cold_start_probability > 1e-9:
        starts = rate * pool.cold_start_probability
        assert starts * pool.mean_life == pytest.approx(pool.environments)
        assert pool.mean_life >= (duration + kept) * (1 - 1e-3)


@relaxed
@given(rate=st.floats(0.01, 100), duration=st.floats(0.01, 10), kept=st.floats(1, 1000))
def test_cold_starts_are_what_a_pool_grows_by(rate: float, duration: float, kept: float) -> None:
    """The slope of E[pool] over keep_alive is rate x p_cold, by a difference around a point."""
    step = kept * 1e-3
    more, less = (warm_pool(rate, duration, kept + sign * step) for sign in (1, -1))
    pool = warm_pool(rate, duration, kept)

    assert (more.environments - less.environments) / (2 * step) == pytest.approx(
        rate * pool.cold_start_probability, rel=1e-3, abs=1e-7
    )


@relaxed
@given(
    burst=st.floats(1, 1e4), lasts=st.floats(1, 1e4), calm=st.floats(0, 1e4), cap=st.floats(1, 1e4)
)
def test_a_backlog_conserves_jobs(burst: float, lasts: float, calm: float, cap: float) -> None:
    """What came by the time it is drained is what was served by then."""
    backlog = burst_backlog(burst, lasts, calm, cap)

    assert backlog.age_at_end <= backlog.greatest_age
    if backlog.jobs > 0 and backlog.drained_at < math.inf:
        came = burst * lasts + calm * backlog.drain_time
        assert came == pytest.approx(cap * backlog.drained_at)
        assert backlog.greatest_age_at <= backlog.drained_at * (1 + 1e-9)


@relaxed
@given(
    rate=st.floats(1, 1e4),
    duration=st.floats(0.01, 10),
    initial=st.floats(0, 1e4),
    growth=st.floats(0.1, 1e3),
)
def test_a_scale_up_refuses_no_more_than_comes(
    rate: float, duration: float, initial: float, growth: float
) -> None:
    """Refusals lie between the first and the last, and a higher limit refuses fewer."""
    jump = scale_up(rate, duration, initial, growth)
    wider = scale_up(rate, duration, initial + 100, growth)

    assert 0 <= wider.throttled <= jump.throttled + 1e-6
    if jump.throttled:
        assert jump.throttled <= rate * (jump.last_at - jump.first_at) * (1 + 1e-9)
