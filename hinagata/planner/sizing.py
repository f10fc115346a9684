"""How many of something a rate needs, and what a limit lets through; the limits are arguments.

Rates are a second, times in seconds. Quotas belong to `hinagata.facts`; nothing here knows AWS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hinagata.planner.argument import real, rounded_up, whole


def peak_rate(
    events: float, seconds: float, *, each: float = 1.0, peak_over_mean: float = 1.0
) -> float:
    """The rate that a crowd makes within a time: events / seconds x calls of each x peak over mean.

    >>> round(peak_rate(1_000_000, 8 * 3600, each=2))
    69

    Args:
        events: How many come: users who sign in, routers that start again.
        seconds: Within what time; above 0.
        each: Requests that each makes.
        peak_over_mean: How many times the mean rate the highest one is.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    mean = real("events", events) / real("seconds", seconds, least=1e-9)
    return mean * real("each", each) * real("peak_over_mean", peak_over_mean)


def free_addresses(prefix: int, reserved: int) -> int:
    """The addresses of an IPv4 subnet that can be used: 2^(32 - prefix) - reserved.

    >>> free_addresses(24, 5)
    251

    Args:
        prefix: Its prefix length, 0 to 32.
        reserved: Addresses that are kept back.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    block = 1 << (32 - whole("prefix", prefix, most=32))
    return max(0, block - whole("reserved", reserved))


def interfaces_needed(concurrency: float, per_interface: float) -> int:
    """Network interfaces, an address each: concurrency / environments that share one, rounded up.

    Environments of Lambda share one by its connections; before 2019 by its memory, 3 GB each.

    >>> interfaces_needed(concurrency=502, per_interface=3 / 1.5)
    251

    Args:
        concurrency: Environments at once.
        per_interface: How many share one; above 0.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    shared = real("per_interface", per_interface, least=1e-9)
    return rounded_up(real("concurrency", concurrency) / shared)


def served_rate(
    rate: float, duration: float, concurrency: float, rate_limit: float = math.inf
) -> float:
    """What concurrency and a rate limit let through of an even rate, whichever is less.

    min(rate, concurrency / duration, rate_limit).

    >>> served_rate(rate=20_000, duration=0.05, concurrency=1000, rate_limit=10 * 1000)
    10000.0

    Args:
        rate: Requests a second.
        duration: Mean seconds in service.
        concurrency: How many can be in service at once.
        rate_limit: Requests a second that are let through at most; none by default.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    asked, service = real("rate", rate), real("duration", duration)
    places = real("concurrency", concurrency)
    cap = rate_limit if rate_limit == math.inf else real("rate_limit", rate_limit)
    by_places = places / service if service else math.inf
    return min(asked, by_places if places else 0.0, cap)


def pollers_needed(rate: float, batch: float, duration: float) -> int:
    """How many batches must be under way at once: rate / batch x duration (Little), rounded up.

    Args:
        rate: Messages a second.
        batch: Mean messages a batch, at least 1.
        duration: Seconds that a batch takes, fetching included.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    batches = real("rate", rate) / real("batch", batch, least=1)
    return rounded_up(batches * real("duration", duration))


def poll_capacity(pollers: float, batch: float, duration: float) -> float:
    """Messages a second that so many pollers take: pollers x batch / duration.

    For a stream, pollers are shards x parallelization factor.

    >>> poll_capacity(pollers=1, batch=100, duration=0.25)
    400.0

    Args:
        pollers: Batches under way at once.
        batch: Mean messages a batch.
        duration: Seconds that a batch takes, fetching included; above 0.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    service = real("duration", duration, least=1e-9)
    return real("pollers", pollers) * real("batch", batch) / service


@dataclass(frozen=True, kw_only=True)
class Shards:
    """How many shards a stream needs, and why.

    Attributes:
        count: The fewest that suffice, at least 1.
        by_records: What the records' rate asks for, unrounded.
        by_bytes_in: What the bytes written ask for.
        by_bytes_out: What the bytes read by all consumers ask for.
    """

    count: int
    by_records: float
    by_bytes_in: float
    by_bytes_out: float


def shards_needed(
    rate: float,
    record_bytes: float,
    consumers: int,
    *,
    records_per_shard: float,
    bytes_in_per_shard: float,
    bytes_out_per_shard: float,
) -> Shards:
    """The greatest of three demands: records written, bytes written, bytes read; rounded up.

    Source: Amazon Kinesis Data Streams, How do I size a stream.

    Args:
        rate: Records a second, spread evenly over keys.
        record_bytes: Mean size of a record.
        consumers: Readers that share the shards' outgoing bytes.
        records_per_shard: Records a second that one shard takes.
        bytes_in_per_shard: Bytes a second that one shard takes.
        bytes_out_per_shard: Bytes a second that one shard gives, to all its readers together.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    bytes_in = real("rate", rate) * real("record_bytes", record_bytes)
    bytes_out = bytes_in * whole("consumers", consumers)
    by_records = rate / real("records_per_shard", records_per_shard, least=1e-9)
    by_bytes_in = bytes_in / real("bytes_in_per_shard", bytes_in_per_shard, least=1e-9)
    by_bytes_out = bytes_out / real("bytes_out_per_shard", bytes_out_per_shard, least=1e-9)
    return Shards(
        count=max(1, *(rounded_up(n) for n in (by_records, by_bytes_in, by_bytes_out))),
        by_records=by_records,
        by_bytes_in=by_bytes_in,
        by_bytes_out=by_bytes_out,
    )


@dataclass(frozen=True, kw_only=True)
class TrackedStep:
    """How target tracking answers a load that jumps at time 0.

    Attributes:
        alarm_at: Seconds until it acts; infinite if the load is within the target.
        desired: Tasks that it asks for.
        in_service_at: Seconds until they serve.
    """

    alarm_at: float
    desired: int
    in_service_at: float


def tracked_step(
    tasks: int, target: float, load: float, *, periods: int, period: float, start_delay: float
) -> TrackedStep:
    """Target tracking after a step: as many periods above target, then tasks x datapoint / target.

    The datapoint, load per task, is multiplied by the tasks of its own time, so that a late one
    does not ask again for what is already under way.

    >>> tracked_step(10, 1000, 30_000, periods=3, period=60, start_delay=60)
    TrackedStep(alarm_at=180.0, desired=30, in_service_at=240.0)

    Args:
        tasks: Tasks in service before, at least 1.
        target: Load a task that is tracked; above 0.
        load: Load of all tasks together after the step, in the target's unit.
        periods: Datapoints in a row above the target that raise the alarm.
        period: Seconds a datapoint.
        start_delay: Seconds from the decision until new tasks serve.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    before = whole("tasks", tasks, least=1)
    wanted = rounded_up(real("load", load) / real("target", target, least=1e-9))
    alarm = whole("periods", periods, least=1) * real("period", period)
    serving = alarm + real("start_delay", start_delay)
    if wanted <= before:
        return TrackedStep(alarm_at=math.inf, desired=before, in_service_at=math.inf)
    return TrackedStep(alarm_at=alarm, desired=wanted, in_service_at=serving)
