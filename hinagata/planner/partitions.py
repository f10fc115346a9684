"""Partitions of a table: how many there are, and what a hot one gets. The limits are arguments."""

from __future__ import annotations

from collections.abc import Sequence

from hinagata.planner.argument import real, rounded_up, whole


def partitions_needed(
    write_units: float,
    read_units: float,
    stored_gb: float,
    *,
    writes_per_partition: float,
    reads_per_partition: float,
    gb_per_partition: float,
) -> int:
    """How many partitions a table has at the least: by throughput or by size, whichever is more.

    max(W / w + R / r, GB / g), rounded up. Source: DynamoDB developer guide, Partitions and data
    distribution (its formula of 2017; AWS has stopped to promise it, the limits are the same).

    >>> partitions_needed(
    ...     500, 7500, 8, writes_per_partition=1000, reads_per_partition=3000, gb_per_partition=10
    ... )
    3

    Args:
        write_units: Write units a second.
        read_units: Read units a second.
        stored_gb: GB that the table keeps.
        writes_per_partition: Write units a second of a partition.
        reads_per_partition: Read units a second of a partition.
        gb_per_partition: GB of a partition.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    by_throughput = real("write_units", write_units) / real(
        "writes_per_partition", writes_per_partition, least=1e-9
    ) + real("read_units", read_units) / real(
        "reads_per_partition", reads_per_partition, least=1e-9
    )
    by_size = real("stored_gb", stored_gb) / real("gb_per_partition", gb_per_partition, least=1e-9)
    return max(1, rounded_up(max(by_throughput, by_size)))


def even_share(capacity: float, partitions: int) -> float:
    """What each partition has of a provisioned capacity before it adapts: the same part.

    >>> even_share(400, 4)
    100.0

    Args:
        capacity: Units a second of the table.
        partitions: How many there are, at least 1.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    return real("capacity", capacity) / whole("partitions", partitions, least=1)


def adapted_shares(capacity: float, loads: Sequence[float], *, limit: float) -> tuple[float, ...]:
    """What partitions get once the capacity has adapted: what calm ones leave goes to hot ones.

    Each gets its load up to the limit; where the table's capacity does not suffice for that, those
    above an equal level get that level (max-min fairness). Source: DynamoDB developer guide, Best
    practices for partition keys, "adaptive capacity".

    >>> adapted_shares(400, [50, 50, 50, 150], limit=1000)
    (50.0, 50.0, 50.0, 150.0)
    >>> adapted_shares(300, [50, 50, 200, 200], limit=1000)
    (50.0, 50.0, 100.0, 100.0)

    Args:
        capacity: Units a second of the table.
        loads: Units a second that each partition is asked for.
        limit: Units a second that a partition gives at most.

    Returns:
        Units a second that each partition gives; what is asked beyond is throttled.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    left = real("capacity", capacity)
    most = real("limit", limit)
    wanted = [min(most, real("load", load)) for load in loads]
    given = [0.0] * len(wanted)
    # The least first: who wants less than an equal part leaves the rest to the others.
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for position, index in enumerate(order):
        given[index] = min(wanted[index], left / (len(order) - position))
        left -= given[index]
    return tuple(given)
