"""What a burst does, as flows: buckets run dry, limits climb, backlogs grow and drain.

Rates are in jobs a second, times in seconds from the start of the burst. Chance is left out: these
hold where many jobs are under way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hinagata.planner.argument import real

_HALVINGS = 60
# One environment in thirty thousand years.
_NO_GROWTH = 1e-12


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """How a token bucket refuses a steady rate.

    Attributes:
        first_at: Seconds until the first refusal; infinite if there is none.
        share: The part that is refused from then on.
    """

    first_at: float
    share: float


def token_bucket(rate: float, burst: float, offered: float) -> Throttling:
    """A full bucket: empty after burst / (offered - rate), then refusing 1 - rate / offered.

    >>> token_bucket(rate=10_000, burst=5_000, offered=15_000).first_at
    1.0

    Args:
        rate: Tokens a second that flow in.
        burst: Tokens that the bucket holds, and begins with.
        offered: Requests a second, one token each.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    inflow, asked = real("rate", rate), real("offered", offered)
    held = real("burst", burst)
    if asked <= inflow:
        return Throttling(first_at=math.inf, share=0.0)
    return Throttling(first_at=held / (asked - inflow), share=1.0 - inflow / asked)


def ramp_time(start: float, target: float, growth: float) -> float:
    """Seconds until something that grows evenly reaches a target: (target - start) / growth.

    Pollers of a queue that ramp up, tasks launched from a bucket with a refill.

    >>> ramp_time(start=5, target=1250, growth=300 / 60) / 60
    4.15

    Args:
        start: What is there at once.
        target: What is wanted.
        growth: What is added a second.

    Returns:
        0 where the start is enough; infinity where nothing grows.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    missing = real("target", target) - real("start", start)
    added = real("growth", growth)
    if missing <= 0:
        return 0.0
    return missing / added if added else math.inf


@dataclass(frozen=True, kw_only=True)
class ScaleUp:
    """What a limit that climbs refuses of a load that jumps.

    Attributes:
        throttled: Requests refused, without retries; infinite if the limit never suffices.
        first_at: Seconds until the first is refused; infinite if none is.
        last_at: Seconds until none is refused any more; 0 if none ever is.
    """

    throttled: float
    first_at: float
    last_at: float


def scale_up(rate: float, duration: float, initial: float, growth: float) -> ScaleUp:
    """A jump from nothing to a rate against a concurrency limit of `initial` + `growth` x t.

    Busy rises as rate x S (1 - exp(-t / S)) until it meets the limit at t0; from then the limit is
    full and serves (initial + growth t) / S + growth a second, until that is the rate at
    t1 = (S (rate - growth) - initial) / growth. Between, growth (t1 - t0)^2 / (2 S) are refused.

    >>> jump = scale_up(rate=5000, duration=1, initial=1000, growth=100)
    >>> round(jump.throttled, -2), jump.last_at
    (75200.0, 39.0)

    Args:
        rate: Requests a second from time 0 on.
        duration: Mean seconds in service, exponentially distributed; above 0.
        initial: Environments allowed at once.
        growth: Environments allowed in addition each second.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    arrivals, added = real("rate", rate), real("growth", growth)
    if added < _NO_GROWTH:
        added = 0.0
    allowed = real("initial", initial)
    service = real("duration", duration, least=1e-9)

    def above(time: float) -> float:
        return -arrivals * service * math.expm1(-time / service) - allowed - added * time

    never = ScaleUp(throttled=0.0, first_at=math.inf, last_at=0.0)
    if arrivals <= added:
        return never
    # Busy gains on the limit until it grows as slowly.
    low, high = 0.0, service * math.log(arrivals / added) if added else 750 * service
    if above(high) <= 0:
        return never
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if above(middle) > 0:
            high = middle
        else:
            low = middle
    if added == 0:
        return ScaleUp(throttled=math.inf, first_at=high, last_at=math.inf)
    last = (service * (arrivals - added) - allowed) / added
    return ScaleUp(
        throttled=added * (last - high) ** 2 / (2 * service), first_at=high, last_at=last
    )


def stepped_throttles(
    arrivals: Sequence[float], initial: float, growth: float, ceiling: float
) -> list[float]:
    """What is refused where each step's arrivals come at one instant and last beyond no step.

    The limit is `initial` at the first step and `growth` more at each that follows, up to the
    ceiling. Source: AWS Lambda Operator Guide, On-demand scaling (its burst rule of before 2023).

    >>> stepped_throttles([5000, 5000], initial=3000, growth=500, ceiling=10_000)
    [2000.0, 1500.0]

    Args:
        arrivals: How many come, step by step.
        initial: How many may be in service in the first step.
        growth: How many more in each that follows.
        ceiling: How many at most.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    first, more = real("initial", initial), real("growth", growth)
    most = real("ceiling", ceiling)
    return [
        max(0.0, real("arrivals", count) - min(most, first + more * step))
        for step, count in enumerate(arrivals)
    ]


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What a burst leaves behind, and how late it makes the jobs.

    The greatest age comes after the burst: its last job is the one that waits longest.

    Attributes:
        jobs: Waiting when the burst ends: the greatest backlog.
        age_at_end: Seconds that the job served when the burst ends has waited.
        greatest_age: Seconds that the burst's last job waits.
        greatest_age_at: Seconds until that job is served.
        drain_time: Seconds from the burst's end until the backlog is gone.
        drained_at: Seconds from the burst's start until then.
    """

    jobs: float
    age_at_end: float
    greatest_age: float
    greatest_age_at: float
    drain_time: float
    drained_at: float


def burst_backlog(
    burst_rate: float, burst_time: float, calm_rate: float, capacity: float
) -> Backlog:
    """A burst of a steady rate into a first-in, first-out queue or shard of fixed capacity.

    Backlog (a - c) T; the age of the job in service at t <= T is t (1 - c/a); the last of the burst
    is served at a T / c, (a - c) T / c after it came; draining takes (a - c) T / (c - calm).

    >>> backlog = burst_backlog(burst_rate=800, burst_time=600, calm_rate=100, capacity=400)
    >>> backlog.jobs, backlog.age_at_end, backlog.greatest_age, backlog.drain_time
    (240000.0, 300.0, 600.0, 800.0)

    Args:
        burst_rate: Jobs a second during the burst.
        burst_time: Seconds that it lasts.
        calm_rate: Jobs a second afterwards.
        capacity: Jobs a second that are served.

    Returns:
        Times are infinite where the capacity never catches up; the greatest age then is too.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    arrivals, lasts = real("burst_rate", burst_rate), real("burst_time", burst_time)
    calm, served = real("calm_rate", calm_rate), real("capacity", capacity)
    jobs = max(0.0, arrivals - served) * lasts
    grows = calm > served
    if jobs == 0:
        return Backlog(
            jobs=0.0,
            age_at_end=0.0,
            greatest_age=math.inf if grows else 0.0,
            greatest_age_at=math.inf if grows else 0.0,
            drain_time=math.inf if grows else 0.0,
            drained_at=math.inf if grows else 0.0,
        )
    age = jobs / served if served else math.inf
    drain = jobs / (served - calm) if served > calm else math.inf
    return Backlog(
        jobs=jobs,
        age_at_end=jobs / arrivals,
        greatest_age=math.inf if grows else age,
        greatest_age_at=math.inf if grows else lasts + age,
        drain_time=drain,
        drained_at=lasts + drain,
    )
