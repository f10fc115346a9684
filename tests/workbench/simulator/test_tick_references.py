"""The reference cases of the simulation's design, V1 to V33, by the tick engine.

It computes expected values: where a closed form is exact in its steady state, so is the engine.
"""

import numpy as np
import pytest

from hinagata.planner.queueing import erlang_b, erlang_c, retry_fixed_point
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick import run_ticks
from tests.workbench.simulator import networks
from tests.workbench.simulator.test_event_references import STAMPEDES


def share(series: StationSeries, of: str, to: str, *, since: int = 0) -> float:
    """One total over another, once it is steady."""
    return float(getattr(series, of)[since:].sum() / getattr(series, to)[since:].sum())


@pytest.mark.parametrize("cv", [0.0, 1.0, 2.0])
@pytest.mark.parametrize(
    ("limit", "load"), [(10, 5), (50, 40), (100, 80), (100, 90), (1000, 950), (1000, 1100)]
)
def test_a_function_without_free_places_refuses_as_many_as_erlang_says(
    limit: int, load: int, cv: float
) -> None:
    """V1: Erlang's loss formula, whatever the law of the service times."""
    outcome = run_ticks(networks.loss(limit, load, duration_s=200, cv=cv))
    refused = share(outcome.stations["function"], "throttled", "attempts", since=100)
    assert refused == pytest.approx(erlang_b(limit, load), rel=0.03)


def test_a_line_is_as_long_as_erlang_says() -> None:
    """V3: in M/M/50 at 40 a second, `Wq = C / (50 - 40)` of 0.0087 s."""
    outcome = run_ticks(networks.waiting_line(duration_s=300.0))
    service = outcome.stations["service"]
    waiting = (service.present - service.busy)[100:].sum() / service.arrivals[100:].sum()
    assert waiting == pytest.approx(erlang_c(50, 40) / 10, rel=0.1)


@pytest.mark.parametrize("cv", [0.0, 1.0, 2.0])
def test_without_limits_busy_is_rate_times_time(cv: float) -> None:
    """V5 and V7: 100 at 500 a second of 0.2 s, and Little's law."""
    function = run_ticks(networks.unlimited(cv=cv, duration_s=60.0)).stations["function"]
    assert function.busy[20:].mean() == pytest.approx(100, rel=0.01)
    assert function.present[20:].mean() == pytest.approx(100, rel=0.01)


def test_a_short_function_meets_the_request_rate_first() -> None:
    """V8: of 20,000 a second of 50 ms an account of 1,000 serves 10,000, though half is free."""
    function = run_ticks(networks.request_rate_rule(duration_s=20.0)).stations["function"]
    assert function.done[5:].mean() == pytest.approx(10_000, rel=1e-3)


def test_the_allowance_to_start_environments_holds_a_step_back() -> None:
    """V10: 75,300 throttled until 38 to 40 s after the step, and 5,164 cold starts."""
    outcome = run_ticks(networks.scale_allowance())
    function = outcome.stations["function"]
    assert outcome.total("function", "throttled") == pytest.approx(75_300, rel=0.03)
    assert outcome.total("function", "cold_starts") == pytest.approx(5164, rel=0.03)
    last = np.flatnonzero(function.throttled > 10.0).max()
    assert 37 <= last <= 41


def test_a_pool_that_is_kept_warm_is_as_large_as_simfaas_says() -> None:
    """V14: cold with 0.00133, 7.69 environments of which 1.792 are busy, which live 6,420 s."""
    outcome = run_ticks(networks.keep_alive(duration_s=20_000.0))
    function = outcome.stations["function"]
    cold = share(function, "cold_starts", "attempts", since=5000)
    kept = function.capacity[5000:].mean()
    assert cold == pytest.approx(0.00133, rel=0.05)
    assert kept == pytest.approx(7.69, rel=0.01)
    assert function.busy[5000:].mean() == pytest.approx(1.792, rel=0.01)
    assert kept / (0.9 * cold) == pytest.approx(6420, rel=0.04)


@pytest.mark.parametrize(
    ("per_min", "expected_s", "tolerance_s"), [(60, 20.75 * 60, 60), (300, 4.15 * 60, 10)]
)
def test_a_poller_grows_by_so_many_a_minute(
    per_min: float, expected_s: float, tolerance_s: float
) -> None:
    """V15: from 5 to 1,250 batches at once."""
    outcome = run_ticks(networks.poller_ramp(per_min, duration_s=expected_s + 60))
    full = np.flatnonzero(outcome.stations["queue"].capacity >= 1249.5)
    assert full[0] + 1 == pytest.approx(expected_s, abs=tolerance_s)


@pytest.mark.parametrize(("fails", "most"), [(0.1, 3), (0.3, 5), (0.5, 5)])
def test_what_fails_every_time_goes_to_the_dead_letters(fails: float, most: int) -> None:
    """V17: a share of p^R, after (1 - p^R) / (1 - p) receives each."""
    queue = run_ticks(networks.redrive(fails, most, duration_s=60.0)).stations["queue"]
    assert share(queue, "dead", "arrivals") == pytest.approx(fails**most, rel=1e-6)
    receives = (1 - fails**most) / (1 - fails)
    assert share(queue, "attempts", "arrivals") == pytest.approx(receives, rel=1e-6)


def test_a_hot_shard_is_latest_when_its_burst_is_over() -> None:
    """V19: 240,000 behind and 300 s late at 600 s, 600 s late at 1,200 s, none at 1,400 s."""
    stream = run_ticks(networks.hot_stream(1)).stations["stream"]
    assert stream.queued[599] == pytest.approx(240_000, rel=0.01)
    assert stream.oldest_s[599] == pytest.approx(300, rel=0.01)
    assert stream.oldest_s.max() == pytest.approx(600, rel=0.01)
    assert stream.oldest_s.argmax() == pytest.approx(1200, abs=6)
    assert np.flatnonzero(stream.oldest_s > 3).max() == pytest.approx(1400, abs=14)
    assert run_ticks(networks.hot_stream(2)).stations["stream"].oldest_s.max() < 1


@pytest.mark.parametrize(("fails", "attempts", "failed"), [(0.5, 1.875, 0.0625), (1.0, 4.0, 1.0)])
def test_retries_amplify(fails: float, attempts: float, failed: float) -> None:
    """V21: (1 - p^4) / (1 - p) tries, of which the last fails with p^4."""
    outcome = run_ticks(networks.amplification(fails, 3, duration_s=300.0))
    function = outcome.stations["function"]
    assert share(function, "attempts", "arrivals") == pytest.approx(attempts, rel=0.002)
    assert share(function, "failed", "arrivals") == pytest.approx(failed, rel=0.004)


def test_layers_multiply_their_tries() -> None:
    """V21: five layers of three tries each come to 243."""
    outcome = run_ticks(networks.layered_retries(5, duration_s=300.0))
    tries = outcome.total("layer-1", "attempts") / outcome.total("layer-5", "arrivals")
    assert tries == pytest.approx(243, rel=0.005)


@pytest.mark.parametrize("rate", [450.0, 500.0, 600.0, 1000.0])
def test_refusals_and_their_retries_agree(rate: float) -> None:
    """V23: the fixed point of retries and loss."""
    function = run_ticks(networks.retry_storm(rate, duration_s=400.0)).stations["function"]
    expected = retry_fixed_point(100, 0.2 * rate, 3)
    refused = share(function, "throttled", "attempts", since=200)
    assert refused == pytest.approx(expected.blocking, rel=0.01)
    tries = share(function, "attempts", "arrivals", since=200)
    assert tries == pytest.approx(expected.amplification, rel=0.01)
    failed = share(function, "failed", "arrivals", since=200)
    assert failed == pytest.approx(expected.failed, rel=0.02, abs=1e-4)


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    """V26: the first refusal after a second, and then a third."""
    outcome = run_ticks(networks.gateway_bucket(duration_s=5.0), tick_s=0.01)
    gateway = outcome.stations["gateway"]
    first = np.flatnonzero(gateway.throttled > 1e-6)[0] * 0.01
    assert first == pytest.approx(1.0, abs=0.011)
    assert share(gateway, "throttled", "attempts", since=200) == pytest.approx(1 / 3, rel=1e-6)


def test_target_tracking_grows_once_for_a_step() -> None:
    """V29: an alarm after three datapoints, thirty tasks a minute later, and no more after that."""
    tasks = run_ticks(networks.target_tracking()).stations["service"].capacity
    assert tasks[:180].max() == 10
    grown = int(np.flatnonzero(tasks > 10)[0])
    assert grown == pytest.approx(240, abs=60)
    assert tasks.max() == 30


@pytest.mark.parametrize(("init_s", "expected"), STAMPEDES)
def test_environments_that_start_need_others(init_s: float, expected: float) -> None:
    """V33: cold starts of a burst, the more the longer they take."""
    outcome = run_ticks(networks.stampede(init_s))
    assert outcome.total("function", "cold_starts") == pytest.approx(expected, rel=0.12)
