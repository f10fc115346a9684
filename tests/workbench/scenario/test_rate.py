"""Shapes of traffic: counts are integrals, and peaks are where they are promised."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.scenario import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    PacedRate,
    RampRate,
    Rate,
    TraceRate,
)

HOUR, DAY = 3600.0, 86400.0
TIMES = st.integers(min_value=0, max_value=600) | st.integers(min_value=0, max_value=2 * 86400)
RATES = st.floats(min_value=0, max_value=1e6)
SPANS = st.integers(min_value=1, max_value=100) | st.integers(min_value=1, max_value=86400)

CONSTANT = st.builds(ConstantRate, per_second=RATES)
RAMP = st.builds(
    RampRate,
    from_per_second=RATES,
    to_per_second=RATES,
    start_seconds=TIMES,
    over_seconds=SPANS,
)
DIURNAL = st.builds(
    DiurnalRate,
    peak_per_second=st.floats(min_value=1e-6, max_value=1e6),
    peak_over_trough=st.floats(min_value=1, max_value=1000),
    peak_at_seconds=st.floats(min_value=0, max_value=DAY),
)
BURST = st.builds(
    lambda every, **fields: BurstRate(
        every_seconds=None if every is None else every + fields["for_seconds"], **fields
    ),
    base_per_second=RATES,
    peak_per_second=RATES,
    at_seconds=TIMES,
    for_seconds=SPANS,
    every=st.none() | SPANS,
)
TRACE = st.lists(st.tuples(SPANS, RATES), min_size=1, max_size=8).map(
    lambda rows: TraceRate(
        seconds=[0.0, *(sum(span for span, _ in rows[:end]) for end in range(1, len(rows)))],
        per_second=[rate for _, rate in rows],
    )
)
USERS = st.builds(
    ClosedLoopRate, users=st.integers(min_value=1, max_value=10**6), think_seconds=SPANS
)
PACED = st.builds(
    lambda per_second, seconds: PacedRate(per_second=per_second, messages=per_second * seconds),
    st.integers(min_value=1, max_value=1000),
    SPANS,
)
SHAPES = st.one_of(CONSTANT, RAMP, DIURNAL, BURST, TRACE, USERS, PACED)


@given(rate=SHAPES, start=TIMES, seconds=st.integers(min_value=1, max_value=300))
def test_the_count_is_the_integral_of_the_rate(rate: Rate, start: int, seconds: int) -> None:
    """All steps and knees are at whole seconds, so the sum of the middles of seconds is exact."""
    added_up = math.fsum(rate.rate_at(start + second + 0.5) for second in range(seconds))

    assert math.isclose(added_up, rate.count(start, start + seconds), rel_tol=1e-6, abs_tol=1e-2)


@given(rate=SHAPES, cuts=st.lists(TIMES, min_size=3, max_size=6).map(sorted))
def test_counts_of_neighbours_add_up(rate: Rate, cuts: list[int]) -> None:
    """An interval has what its parts have, wherever it is cut."""
    parts = math.fsum(rate.count(start, end) for start, end in pairwise(cuts))

    assert math.isclose(parts, rate.count(cuts[0], cuts[-1]), rel_tol=1e-6, abs_tol=1e-2)


@given(rate=SHAPES, at=TIMES)
def test_no_rate_is_negative(rate: Rate, at: int) -> None:
    """At no time do fewer than no messages come."""
    assert rate.rate_at(at) >= 0


@given(rate=DIURNAL, at=TIMES)
def test_a_day_has_its_peak_when_it_says(rate: DiurnalRate, at: int) -> None:
    """The peak is as high as promised, the trough that many times lower, twelve hours apart."""
    peak = rate.rate_at(rate.peak_at_seconds)

    assert math.isclose(peak, rate.peak_per_second)
    trough = rate.rate_at(rate.peak_at_seconds + DAY / 2)
    assert math.isclose(trough * rate.peak_over_trough, peak, abs_tol=1e-6, rel_tol=1e-6)
    assert rate.rate_at(at) <= peak * (1 + 1e-9)
    assert math.isclose(rate.rate_at(at), rate.rate_at(at + DAY), rel_tol=1e-6, abs_tol=1e-6)


def test_a_day_of_the_connected_car_by_hand() -> None:
    """16,667/s at its peak and a twelfth of that at night is 9,028/s on average, for a day."""
    rate = DiurnalRate(peak_per_second=16667, peak_over_trough=12, peak_at_seconds=8 * HOUR)

    assert rate.count(0, DAY) / DAY == pytest.approx(16667 * 13 / 24)


def test_a_ramp_goes_from_one_rate_to_the_other() -> None:
    """Even before and after, half-way in the middle."""
    rate = RampRate(from_per_second=10, to_per_second=110, start_seconds=60, over_seconds=100)

    assert [rate.rate_at(at) for at in (0, 60, 110, 160, 999)] == [10, 10, 60, 110, 110]
    assert rate.count(60, 160) == 6000


def test_a_burst_has_its_beginning_and_not_its_end() -> None:
    """Once, or again and again from the first one on."""
    once = BurstRate(base_per_second=1, peak_per_second=100, at_seconds=60, for_seconds=10)
    hourly = BurstRate(
        base_per_second=1,
        peak_per_second=100,
        at_seconds=60,
        for_seconds=10,
        every_seconds=HOUR,
    )

    assert [once.rate_at(at) for at in (59.9, 60, 69.9, 70, 3660)] == [1, 100, 100, 1, 1]
    assert [hourly.rate_at(at) for at in (0, 60, 70, 3660, 3670)] == [1, 100, 1, 100, 1]
    assert hourly.count(0, DAY) == DAY + 24 * 10 * 99


def test_a_trace_holds_each_value_until_the_next() -> None:
    """The last one for good."""
    rate = TraceRate(seconds=(0, 60, 120), per_second=(1, 5, 2))

    assert [rate.rate_at(at) for at in (0, 59.9, 60, 120, 9999)] == [1, 1, 5, 2, 2]
    assert rate.count(30, 180) == 30 + 300 + 120


def test_users_who_wait_longer_ask_less() -> None:
    """90,000 users who think 10 s ask 9,000 times a second, and 6,000 if an answer takes 5 s."""
    rate = ClosedLoopRate(users=90_000, think_seconds=10)

    assert rate.rate_at(0) == 9000
    assert rate.rate_at(0, latency_seconds=5) == 6000
    assert rate.count(0, 60, latency_seconds=5) == 360_000
