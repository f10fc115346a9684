"""Erlang's formulas: servers without and with a queue, and how many of them are needed.

A server is whatever is busy for the length of one job: an execution environment of Lambda, a task's
worker, a poller. The offered load is the arrival rate times the mean duration of a job, in jobs
that would be in service if nobody were refused.

Source: A. K. Erlang, 1917; L. Kleinrock, Queueing Systems, volume 1, 1975, sections 3.5 and 3.7.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from hinagata.planner.argument import MOST_SERVERS, bound, real, whole

# A term that adds less than this no longer changes a sum of floats.
_NEGLIGIBLE = 1e-17
# Halvings that exhaust the digits of a float, from an interval around the answer.
_HALVINGS = 60


def erlang_b(servers: int, offered_load: float) -> float:
    """The share of arrivals that find all servers busy and are refused (M/G/c/c).

    B = (a^c / c!) / sum over n = 0..c of a^n / n!. It does not depend on how durations are
    distributed. With Lambda: the share throttled by a concurrency limit, without retries.

    >>> round(erlang_b(100, 90), 6)
    0.026957

    Args:
        servers: How many jobs can be in service at once, 0 to 10^8.
        offered_load: Rate x mean duration.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    return 1.0 / (1.0 + served_per_refused(servers, offered_load))


def erlang_c(servers: int, offered_load: float) -> float:
    """The share of arrivals that must wait in an endless queue (M/M/c).

    C = c B / (c - a + a B), with Erlang's B; 1 where the load reaches the servers, for then the
    queue grows without end.

    >>> round(erlang_c(3, 2), 4)
    0.4444

    Args:
        servers: How many jobs can be in service at once, 0 to 10^8.
        offered_load: Rate x mean duration.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    blocking = erlang_b(servers, offered_load)
    if offered_load >= servers:
        return 1.0
    return servers * blocking / (servers - offered_load + offered_load * blocking)


def served_per_refused(servers: int, offered_load: float) -> float:
    """How many arrivals are served for each that is refused: (1 - B) / B, exact at both ends.

    R(c) = (c / a) (1 + R(c - 1)), R(0) = 0. Up to the load the recursion is unrolled from its
    top, where its terms fade; beyond, it climbs until a float is exhausted: about 40 sqrt(c) steps
    at most.

    Args:
        servers: How many jobs can be in service at once, 0 to 10^8.
        offered_load: Rate x mean duration.

    Returns:
        Infinity where refusals are too rare for a float.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    count = whole("servers", servers)
    load = real("offered_load", offered_load, most=1e30)
    if count == 0:
        return 0.0
    if load == 0:
        return math.inf
    top = min(count, int(load))
    ratio, term = 0.0, 1.0
    for n in range(top, 0, -1):
        term *= n / load
        ratio += term
        if term < _NEGLIGIBLE * ratio:
            break
    for n in range(top + 1, count + 1):
        ratio = n / load * (1.0 + ratio)
        if ratio == math.inf:
            break
    return ratio


def servers_for_blocking(offered_load: float, blocking: float) -> int:
    """The fewest servers that refuse at most a share of the arrivals: the inverse of `erlang_b`.

    >>> servers_for_blocking(90, 0.001)
    117

    Args:
        offered_load: Rate x mean duration.
        blocking: The share that may be refused, above 0.

    Raises:
        ValueError: An argument is out of its bounds, or more than 10^8 servers would be needed.
    """
    at_most = bound("blocking", blocking)
    real("offered_load", offered_load, most=1e30)
    return fewest(lambda servers: erlang_b(servers, offered_load) <= at_most)


def load_for_blocking(servers: int, blocking: float) -> float:
    """The greatest offered load of which at most a share is refused.

    Divided by the mean duration it is the rate that a concurrency limit carries.

    >>> round(load_for_blocking(100, 0.01), 2)
    84.06

    Args:
        servers: How many jobs can be in service at once.
        blocking: The share that may be refused, above 0 and below 1.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    at_most = bound("blocking", blocking)
    if at_most == 1:
        message = "blocking is 1: any load is allowed then; give a share below 1, such as 0.001"
        raise ValueError(message)
    # At least 1 - c/a is refused, however jobs arrive: a load above c / (1 - b) is too much.
    low, high = 0.0, whole("servers", servers) / (1.0 - at_most)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if erlang_b(servers, middle) <= at_most:
            low = middle
        else:
            high = middle
    return low


def fewest(holds: Callable[[int], bool]) -> int:
    """The smallest number of servers from which on a promise holds, by doubling and halving.

    Args:
        holds: Whether it holds for so many servers; once true, true for all above.

    Raises:
        ValueError: It does not hold for 10^8 either.
    """
    high = 1
    while not holds(high):
        if high == MOST_SERVERS:
            message = (
                f"more than {MOST_SERVERS} servers would be needed: "
                "lower the rate or the duration, or loosen the bound"
            )
            raise ValueError(message)
        high = min(2 * high, MOST_SERVERS)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
