"""What retries do: attempts for one request, storms, and losses that feed their own load.

A limit of attempts counts the first one; a number of retries does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hinagata.planner.argument import real, share, whole
from hinagata.planner.erlang import erlang_b

_MOST_ATTEMPTS = 10**9
# An interval between a number and its double is exhausted after so many halvings.
_HALVINGS = 54
_LAST_DIGIT = 2e-16


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What one request comes to.

    Attributes:
        mean: Attempts a request, on average: the amplification of the load.
        exhausted: The share of requests whose every attempt failed.
    """

    mean: float
    exhausted: float


def attempts(failure: float, most: int) -> Attempts:
    """Attempts where each fails alone with the same probability: (1 - p^m) / (1 - p), and p^m.

    The redrive of a queue is the same: `most` is its maxReceiveCount, `mean` the receives a
    message, `exhausted` the share among the dead letters. Source: M. Brooker, Fixing retries with
    token buckets and circuit breakers, 2022.

    >>> attempts(0.5, 4)
    Attempts(mean=1.875, exhausted=0.0625)

    Args:
        failure: Probability that one attempt fails, 0 to 1.
        most: Attempts at most, the first included: retries + 1.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    chance = share("failure", failure)
    limit = whole("most", most, least=1, most=_MOST_ATTEMPTS)
    return Attempts(mean=_mean_attempts(chance, limit), exhausted=chance**limit)


def layered_attempts(*most: int) -> int:
    """Attempts at the bottom for one request at the top while the bottom fails: their product.

    >>> layered_attempts(3, 3, 3, 3, 3)
    243

    Args:
        most: Attempts at most of each layer, first attempts included.

    Raises:
        ValueError: A layer's number is out of its bounds.
    """
    return math.prod(whole("most", limit, least=1, most=_MOST_ATTEMPTS) for limit in most)


def seconds_to_dead_letters(max_receives: int, visibility_timeout: float) -> float:
    """How long a message that always fails circulates before it is moved: R x visibility timeout.

    Args:
        max_receives: The redrive policy's maxReceiveCount.
        visibility_timeout: Seconds that a received message stays hidden, and a failed one too.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    limit = whole("max_receives", max_receives, least=1, most=_MOST_ATTEMPTS)
    return limit * real("visibility_timeout", visibility_timeout)


@dataclass(frozen=True, kw_only=True)
class RetryStorm:
    """What retries make of a service that once fell behind.

    Attributes:
        storm_rate: Attempts a second while all fail.
        safe_rate: Requests a second up to which it recovers from any outage by itself.
        vulnerable: The storm exceeds the capacity: after an outage the overload can stay for good
            (metastable), even though all is well before.
    """

    storm_rate: float
    safe_rate: float
    vulnerable: bool


def retry_storm(rate: float, capacity: float, retries: int) -> RetryStorm:
    """Whether retries can hold a service down after the cause is gone: rate (1 + r) > capacity.

    It presumes that late work is wasted: the caller has given up when it is done. Source: N.
    Bronson et al., Metastable failures in distributed systems, HotOS 2021.

    >>> retry_storm(rate=280, capacity=300, retries=1)
    RetryStorm(storm_rate=560.0, safe_rate=150.0, vulnerable=True)

    Args:
        rate: Requests a second, first attempts only.
        capacity: Attempts a second that can be done.
        retries: Further attempts of each request.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    most = 1 + whole("retries", retries, most=_MOST_ATTEMPTS)
    storm = real("rate", rate) * most
    safe = real("capacity", capacity) / most
    return RetryStorm(storm_rate=storm, safe_rate=safe, vulnerable=storm > capacity)


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one caller, or one function, asks of a shared limit.

    Attributes:
        offered_load: Rate of requests x mean duration, first attempts only.
        retries: Further attempts of a request that is refused.
    """

    offered_load: float
    retries: int


@dataclass(frozen=True, kw_only=True)
class RetryFixedPoint:
    """Where refusals and the retries that they cause balance.

    Attributes:
        blocking: The share of attempts that is refused.
        amplification: Attempts a request.
        failed: The share of requests whose every attempt was refused.
    """

    blocking: float
    amplification: float
    failed: float


def retry_fixed_point(servers: int, offered_load: float, retries: int) -> RetryFixedPoint:
    """Retries amplify the offered load, refusals feed retries: where the two agree.

    b = B(c, a (1 - b^(r+1)) / (1 - b)), with Erlang's B. It has one solution: along growing b, so
    along the growing load of all attempts, the load that is carried grows, while the load of the
    requests that succeed, a (1 - b^(r+1)), shrinks. It presumes that retries come at random, spread
    by a backoff that is longer than a duration. Source: the reduced-load approximation; F. P.
    Kelly, Blocking probabilities in large circuit-switched networks, 1986.

    >>> point = retry_fixed_point(servers=100, offered_load=0.2 * 600, retries=3)
    >>> round(point.blocking, 4), round(point.amplification, 3), round(point.failed, 3)
    (0.6433, 2.323, 0.171)

    Args:
        servers: The limit: how many can be in service at once, 0 to 10^8.
        offered_load: Rate of requests x mean duration, first attempts only.
        retries: Further attempts of a request that is refused.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    demand = Demand(offered_load=offered_load, retries=retries)
    return shared_limit_fixed_point(servers, [demand])[0]


def shared_limit_fixed_point(
    servers: int, demands: Sequence[Demand]
) -> tuple[RetryFixedPoint, ...]:
    """The same for several that share a limit, as functions do an account's concurrency.

    All see the same blocking: b = B(c, sum of a (1 - b^(r+1)) / (1 - b)).

    Args:
        servers: The shared limit.
        demands: What each asks of it.

    Returns:
        One fixed point for each demand, in their order.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    loads = [
        (
            real("offered_load", demand.offered_load, most=1e18),
            1 + whole("retries", demand.retries, most=_MOST_ATTEMPTS),
        )
        for demand in demands
    ]

    def refused(blocking: float) -> float:
        offered = sum(load * _mean_attempts(blocking, most) for load, most in loads)
        return erlang_b(servers, offered)

    # What first attempts alone suffer is a lower bound; from it, rare refusals keep their digits.
    low = refused(0.0)
    high = low
    while refused(high) > high:
        low, high = high, min(1.0, 2 * high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if refused(middle) > middle:
            low = middle
        else:
            high = middle
        if high - low <= _LAST_DIGIT * high:
            break
    blocking = high
    return tuple(
        RetryFixedPoint(
            blocking=blocking,
            amplification=_mean_attempts(blocking, most),
            failed=blocking**most,
        )
        for _, most in loads
    )


def _mean_attempts(failure: float, most: int) -> float:
    """1 + p + ... + p^(most - 1), with all digits near p = 1 too."""
    if failure == 0 or most == 1:
        return 1.0
    if failure == 1:
        return float(most)
    log = math.log1p(failure - 1.0) if failure > 0.5 else math.log(failure)
    return max(1.0, math.expm1(most * log) / (failure - 1.0))
