"""How long jobs wait for a server, with an endless queue and with one that can be full.

Times are in seconds, rates in jobs a second, and a duration is the mean time in service. Arrivals
are Poisson's unless a coefficient of variation says otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hinagata.planner.argument import bound, real, share, whole
from hinagata.planner.erlang import erlang_b, erlang_c, fewest, served_per_refused


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """An endless queue before equal servers (M/M/c), in steady state.

    Attributes:
        wait_probability: The share of arrivals that wait at all: Erlang's C.
        mean_wait: Seconds before service, over all arrivals; infinite where the load reaches the
            servers.
        mean_queue: Jobs waiting: rate x mean wait, by Little's law.
        spare_rate: Jobs a second that the servers could do beyond what arrives.
    """

    wait_probability: float
    mean_wait: float
    mean_queue: float
    spare_rate: float

    def wait_exceeds(self, seconds: float) -> float:
        """The share of arrivals that wait longer: P(W > t) = C exp(-(c/S - rate) t).

        Raises:
            ValueError: The time is negative or no number.
        """
        time = real("seconds", seconds)
        if self.wait_probability == 0:
            return 0.0
        return self.wait_probability * math.exp(-self.spare_rate * time)

    def wait_quantile(self, quantile: float) -> float:
        """The wait in seconds that this share of arrivals does not exceed: ln(C / (1 - q)) / spare.

        Args:
            quantile: From 0 to 1; 0.99 for the wait that one in a hundred exceeds.

        Raises:
            ValueError: The quantile is outside of that.
        """
        late = 1.0 - share("quantile", quantile)
        if late >= self.wait_probability:
            return 0.0
        if late == 0 or self.spare_rate == 0:
            return math.inf
        return math.log(self.wait_probability / late) / self.spare_rate


def mmc(servers: int, rate: float, duration: float) -> WaitingLine:
    """Jobs that arrive at random, last exponentially and wait as long as it takes (M/M/c).

    Mean wait = C / (c/S - rate). Source: Kleinrock, Queueing Systems, volume 1, section 3.5.

    >>> line = mmc(50, 40, 1)
    >>> round(line.mean_wait, 7), round(line.wait_quantile(0.99), 6)
    (0.0086953, 0.216278)

    Args:
        servers: How many jobs can be in service at once, 1 to 10^8.
        rate: Jobs a second.
        duration: Mean seconds in service.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    whole("servers", servers, least=1)
    load = real("rate", rate) * real("duration", duration)
    waiting = erlang_c(servers, load)
    if load >= servers:
        return WaitingLine(
            wait_probability=1.0, mean_wait=math.inf, mean_queue=math.inf, spare_rate=0.0
        )
    # Not c/S - rate: a duration of 0 has no rate.
    mean_wait = waiting * duration / (servers - load)
    return WaitingLine(
        wait_probability=waiting,
        mean_wait=mean_wait,
        mean_queue=rate * mean_wait,
        spare_rate=(servers - load) / duration if duration else math.inf,
    )


@dataclass(frozen=True, kw_only=True)
class FiniteQueue:
    """Servers with room for so many jobs and no more (M/M/c/K), in steady state.

    Attributes:
        servers: How many jobs are served at once.
        capacity: How many are in the system at most, in service and waiting; may be infinite.
        offered_load: Rate x mean duration.
        blocking: The share of arrivals that find it full and are lost.
        wait_probability: The share of the admitted that wait before service.
        mean_busy: Jobs in service.
        mean_queue: Jobs waiting.
        mean_wait: Seconds that an admitted job waits before service.
        throughput: Jobs admitted, and so done, a second.
    """

    servers: int
    capacity: float
    offered_load: float
    blocking: float
    wait_probability: float
    mean_busy: float
    mean_queue: float
    mean_wait: float
    throughput: float

    @property
    def mean_jobs(self) -> float:
        """Jobs in the system: in service and waiting."""
        return self.mean_busy + self.mean_queue

    def probability(self, jobs: int) -> float:
        """The share of time with exactly so many jobs in the system.

        Raises:
            ValueError: It is no whole number of jobs.
        """
        count = whole("jobs", jobs, most=10**15)
        if count > self.capacity:
            return 0.0
        load, servers = self.offered_load, self.servers
        if load == 0:
            return 1.0 if count == 0 else 0.0
        tail = _Tail(load / servers, self.capacity - servers)
        free, all_busy = _free_and_busy(served_per_refused(servers, load), tail)
        if count >= servers:
            return all_busy * tail.probability(count - servers)
        return free * _truncated_poisson(count, servers - 1, load)


def mmck(servers: int, capacity: float, rate: float, duration: float) -> FiniteQueue:
    """Jobs that arrive at random and are lost where the system is full (M/M/c/K).

    p(n) = p(0) a^n / n! up to n = c, then p(n) = p(c) (a/c)^(n - c) up to K; blocking is p(K).
    With K = c it is Erlang's B, with K infinite M/M/c. An infinite queue under too much load has
    no steady state; its limit is given: endless wait, servers all busy, and as `blocking` the share
    that is never served. Source: Gross et al., Fundamentals of Queueing Theory, section 3.5.

    >>> queue = mmck(servers=2, capacity=4, rate=3, duration=0.5)
    >>> round(queue.blocking, 4), round(queue.mean_queue, 4)
    (0.124, 0.4135)

    Args:
        servers: How many jobs can be in service at once, 1 to 10^8.
        capacity: How many can be in the system, servers included; `math.inf` for no limit.
        rate: Jobs a second.
        duration: Mean seconds in service, exponentially distributed.

    Raises:
        ValueError: An argument is out of its bounds, or the capacity is below the servers.
    """
    count = whole("servers", servers, least=1)
    room = capacity if capacity == math.inf else whole("capacity", capacity, most=10**15)
    if room < count:
        message = (
            f"capacity is {room} with {count} servers: it counts the jobs in service too; "
            "give at least the number of servers"
        )
        raise ValueError(message)
    load = real("rate", rate) * real("duration", duration)
    tail = _Tail(load / count, room - count)
    free, all_busy = _free_and_busy(served_per_refused(count, load), tail)
    admitted = free + all_busy * tail.not_last
    mean_queue = all_busy * tail.mean if all_busy else 0.0
    throughput = rate * admitted
    return FiniteQueue(
        servers=count,
        capacity=room,
        offered_load=load,
        blocking=all_busy * tail.last,
        wait_probability=all_busy * tail.not_last / admitted,
        mean_busy=load * admitted,
        mean_queue=mean_queue,
        mean_wait=mean_queue / throughput if throughput else 0.0,
        throughput=throughput,
    )


def pollaczek_khinchine_wait(rate: float, duration: float, service_cv: float) -> float:
    """The mean wait before one server, whatever the durations' distribution (M/G/1).

    W = a / (1 - a) x (1 + cv^2) / 2 x S. Source: Kleinrock, volume 1, chapter 5.

    >>> pollaczek_khinchine_wait(rate=1, duration=0.5, service_cv=0)
    0.25

    Args:
        rate: Jobs a second.
        duration: Mean seconds in service.
        service_cv: Standard deviation of the duration over its mean: 0 for a constant one, 1 for
            an exponential one.

    Returns:
        Seconds; infinite where the load reaches 1.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    load = real("rate", rate) * real("duration", duration)
    spread = (1.0 + real("service_cv", service_cv) ** 2) / 2
    return load / (1.0 - load) * spread * duration if load < 1 else math.inf


def allen_cunneen_wait(
    servers: int, rate: float, duration: float, *, arrival_cv: float = 1.0, service_cv: float = 1.0
) -> float:
    """The mean wait before several servers with any spread of arrivals and durations (G/G/c).

    W = W of M/M/c x (arrival cv^2 + service cv^2) / 2: exact for M/M/c and M/G/1, else an
    approximation, best under heavy load. Source: A. O. Allen, Probability, Statistics and Queueing
    Theory, 1990.

    Args:
        servers: How many jobs can be in service at once, 1 to 10^8.
        rate: Jobs a second.
        duration: Mean seconds in service.
        arrival_cv: Standard deviation of the gap between arrivals over its mean; 1 for Poisson's.
        service_cv: The same of the durations; 1 for exponential ones.

    Returns:
        Seconds; infinite where the load reaches the servers.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    spread = (real("arrival_cv", arrival_cv) ** 2 + real("service_cv", service_cv) ** 2) / 2
    if spread == 0:
        # In step with its servers, nobody waits up to the last bit of capacity.
        whole("servers", servers, least=1)
        return 0.0 if real("rate", rate) * real("duration", duration) <= servers else math.inf
    return mmc(servers, rate, duration).mean_wait * spread


def servers_for_wait(rate: float, duration: float, wait: float, late: float) -> int:
    """The fewest servers with which at most a share of the jobs waits longer (M/M/c).

    >>> servers_for_wait(rate=40, duration=1, wait=0.2, late=0.01)
    51

    Args:
        rate: Jobs a second.
        duration: Mean seconds in service.
        wait: Seconds that a job may wait; 0 bounds the share that waits at all.
        late: The share that may wait longer, above 0.

    Raises:
        ValueError: An argument is out of its bounds, or more than 10^8 servers would be needed.
    """
    at_most = bound("late", late)
    real("wait", wait)
    return fewest(lambda servers: mmc(servers, rate, duration).wait_exceeds(wait) <= at_most)


def servers_for_mean_wait(
    rate: float,
    duration: float,
    wait: float,
    *,
    arrival_cv: float = 1.0,
    service_cv: float = 1.0,
) -> int:
    """The fewest servers with at most a mean wait, by Allen and Cunneen's approximation (G/G/c).

    Args:
        rate: Jobs a second.
        duration: Mean seconds in service.
        wait: Seconds that jobs may wait on average, above 0.
        arrival_cv: See `allen_cunneen_wait`.
        service_cv: See `allen_cunneen_wait`.

    Raises:
        ValueError: An argument is out of its bounds, or more than 10^8 servers would be needed.
    """
    at_most = real("wait", wait)
    if at_most == 0:
        message = "wait is 0: no finite number of servers brings it to 0; give seconds above 0"
        raise ValueError(message)
    return fewest(
        lambda servers: (
            allen_cunneen_wait(
                servers, rate, duration, arrival_cv=arrival_cv, service_cv=service_cv
            )
            <= at_most
        )
    )


class _Tail:
    """How many wait while all servers are busy: geometric with ratio a/c, cut at the room to wait.

    Each sum is taken from its larger end and through `expm1`, so that neither loads near 1 nor long
    queues cost digits.

    Attributes:
        weight: 1 + r + ... + r^J; infinite where a float cannot hold it.
        last: The share with the room full.
        not_last: The rest, without cancellation.
        mean: The mean number that wait.
    """

    def __init__(self, ratio: float, room: float) -> None:
        self.ratio, self.room = ratio, room
        inner = ratio if ratio <= 1 else 1.0 / ratio
        total = _geometric_sum(inner, room)
        heavy = 1.0 / total
        # All but the heavy end are again such a sum, one step shorter.
        shorter = _geometric_sum(inner, room - 1) / total if total < math.inf else 1.0
        if ratio <= 1:
            self.weight = total
            self.last = math.pow(inner, room) * heavy
            self.not_last = shorter
            self.mean = _geometric_mean(inner, room)
        else:
            self.weight = _power(ratio, room) * total
            self.last = heavy
            self.not_last = inner * shorter
            self.mean = room - _geometric_mean(inner, room)

    def probability(self, waiting: int) -> float:
        """The share with exactly so many waiting."""
        if self.ratio <= 1:
            return math.pow(self.ratio, waiting) / self.weight
        return self.last * math.pow(1.0 / self.ratio, self.room - waiting)


def _free_and_busy(served_per_refused: float, tail: _Tail) -> tuple[float, float]:
    """The shares of time with a server free and with none, each without cancellation."""
    if tail.weight == math.inf:
        return 0.0, 1.0
    if served_per_refused == math.inf:
        return 1.0, 0.0
    total = served_per_refused + tail.weight
    return served_per_refused / total, tail.weight / total


def _power(ratio: float, exponent: float) -> float:
    try:
        return math.pow(ratio, exponent)
    except OverflowError:
        return math.inf


def _geometric_sum(ratio: float, last: float) -> float:
    """1 + r + ... + r^last, for r from 0 to 1; 0 where last is -1."""
    if ratio == 0:
        return 1.0 if last >= 0 else 0.0
    if ratio == 1:
        return last + 1.0
    return math.expm1((last + 1.0) * _log(ratio)) / (ratio - 1.0)


def _geometric_mean(ratio: float, last: float) -> float:
    """The mean of 0..last weighed by 1, r, ..., r^last, for r from 0 to 1."""
    if ratio == 0 or last == 0:
        return 0.0
    if last == math.inf:
        return ratio / (1.0 - ratio) if ratio < 1 else math.inf
    step = -_log(ratio)
    span = (last + 1.0) * step
    if span < 1e-3:
        # The two terms below would cancel; their series in `step`, whose next term is span^5.
        square = (last + 1.0) ** 2
        return last / 2 - (square - 1.0) * step / 12 + (square**2 - 1.0) * step**3 / 720
    cut = (last + 1.0) / math.expm1(span) if span < 700 else 0.0
    return ratio / (1.0 - ratio) - cut


def _log(ratio: float) -> float:
    return math.log1p(ratio - 1.0) if ratio > 0.5 else math.log(ratio)


def _truncated_poisson(count: int, top: int, mean: float) -> float:
    """Poisson's probability of `count`, given that it is not above `top`."""
    if mean > top:
        # From the top down, where both probabilities could be too small for a float.
        fall = math.lgamma(top + 1) - math.lgamma(count + 1) - (top - count) * math.log(mean)
        return erlang_b(top, mean) * math.exp(fall)
    probability = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    at_top = math.exp(top * math.log(mean) - mean - math.lgamma(top + 1))
    within = at_top * (1.0 + served_per_refused(top, mean)) if at_top else 1.0
    return probability / within
