"""Published worked examples of capacity: how much a load needs, by formula and dated limit.

The ids are those of the collection they come from, as in `pricing/test_worked_examples.py`.
"""

from __future__ import annotations

import math

import pytest

from hinagata.facts import Facts
from hinagata.planner.billed_units import read_units, write_units
from hinagata.planner.queueing import (
    adapted_shares,
    erlang_c,
    even_share,
    free_addresses,
    interfaces_needed,
    mean_busy,
    partitions_needed,
    peak_rate,
    ramp_time,
    served_rate,
    shards_needed,
    stepped_throttles,
    tracked_step,
)

FACTS = Facts()


@pytest.mark.parametrize(
    ("rate", "seconds", "busy"), [(100, 1, 100), (100, 0.5, 50), (200, 0.25, 50)]
)
def test_c1_concurrency_is_rate_times_duration(rate: float, seconds: float, busy: float) -> None:
    """Lambda's guide: 100; 50; 50."""
    assert mean_busy(rate, seconds) == busy


@pytest.mark.parametrize(
    ("seconds", "needed", "served"), [(0.05, 1000, 10_000), (0.02, 400, 10_000), (1, 20_000, 1000)]
)
def test_short_functions_are_limited_by_their_rate(
    seconds: float, needed: float, served: float
) -> None:
    """Lambda's guide: 1,000 environments take 10,000 requests a second, however short they are."""
    account = FACTS.value("lambda", "quota.concurrent_executions_default")
    each = FACTS.value("lambda", "quota.rps_per_concurrency_unit")

    assert mean_busy(20_000, seconds) == pytest.approx(needed)
    assert served_rate(20_000, seconds, account, account * each) == pytest.approx(served)


def test_c3_the_old_burst_rule() -> None:
    """The operator guide's table: 10,000 requests in 1, 2, 3 and 4 minutes."""
    burst = FACTS.value("lambda", "scale.old_burst_initial")
    growth = FACTS.value("lambda", "scale.old_burst_growth")

    assert [
        [round(each) for each in stepped_throttles([10_000 / n] * n, burst, growth, 10_000)]
        for n in (1, 2, 3, 4)
    ] == [[7000], [2000, 1500], [333, 0, 0], [0, 0, 0, 0]]


def test_c5_the_addresses_of_the_old_network() -> None:
    """A /24 holds 251 addresses, each for 3 GB of functions: 502 of 1.5 GB at once."""
    reserved = int(FACTS.value("vpc", "reserved_addresses_per_subnet"))
    per_interface = FACTS.value("lambda", "vpc.gb_per_eni_old") / 1.5
    addresses = free_addresses(24, reserved)

    assert addresses == 251
    assert addresses * per_interface == 502
    assert interfaces_needed(502, per_interface) == addresses
    assert interfaces_needed(503, per_interface) > addresses


def test_todays_functions_share_their_addresses() -> None:
    """65,000 connections an interface: a thousand environments need one."""
    shared = FACTS.value("lambda", "vpc.hyperplane_connections_per_eni")

    assert interfaces_needed(1000, shared) == 1


def test_c7_a_million_sign_in_in_the_morning() -> None:
    """Cognito's guide: 35, with a second token 70, at a peak of three times that 200 a second."""
    users, hours = 1_000_000, 8 * 3600

    assert math.ceil(peak_rate(users, hours)) == 35
    assert math.ceil(peak_rate(users, hours, each=2)) == 70
    # The page rounds 208 down.
    assert peak_rate(users, hours, each=2, peak_over_mean=3) == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize(("tasks", "seconds"), [(100, 0), (200, 5), (500, 20)])
def test_c9_tasks_start_from_a_bucket(tasks: float, seconds: float) -> None:
    """ECS' guide: 100 at once, then 20 a second."""
    burst = FACTS.value("fargate", "launch.burst")
    sustained = FACTS.value("fargate", "launch.sustained")

    assert ramp_time(burst, tasks, sustained) == seconds


@pytest.mark.parametrize(
    ("ramp", "most", "minutes"),
    [("ramp", "max_concurrency", 4.15), ("ramp_before_2023_11", "max_concurrency_2024", 16.6)],
)
def test_c11_pollers_ramp_up(ramp: str, most: str, minutes: float) -> None:
    """Five at once, then 300 a minute to 1,250; before November 2023, 60 to 1,000."""
    first = FACTS.value("sqs_esm", "initial_concurrency")
    growth = FACTS.value("sqs_esm", ramp) / 60

    assert ramp_time(first, FACTS.value("sqs_esm", most), growth) / 60 == pytest.approx(
        minutes, rel=0.01
    )


@pytest.mark.parametrize(
    ("factor", "target", "low"),
    [("ecs_factor", 30, 27), ("asg_factor", 40, 28), ("asg_factor", 50, 35)],
)
def test_c13_tracking_shrinks_below_its_target(factor: str, target: float, low: float) -> None:
    """Nine tenths of the target on ECS, seven tenths on EC2; three minutes above, 15 below."""
    assert target * FACTS.value("ecs", f"tt.alarm_low.{factor}") == pytest.approx(low)
    assert FACTS.value("ecs", "tt.alarm_high.datapoints") == 3
    assert FACTS.value("ecs", "tt.alarm_low.datapoints") == 15


def test_tracking_follows_a_step_once() -> None:
    """Ten tasks, three times their load: 30 after the alarm and a start."""
    step = tracked_step(10, 1000, 30_000, periods=3, period=60, start_delay=60)

    assert (step.alarm_at, step.desired, step.in_service_at) == (180, 30, 240)


def test_c15_erlang_c() -> None:
    """Mathematica's example: 4/9."""
    assert erlang_c(3, 2) == pytest.approx(4 / 9)


def test_k9_partitions_of_firehose_are_active_for_their_buffer() -> None:
    """Three new ones a second, 60 s each: 180."""
    assert mean_busy(3, 60) == 180


@pytest.mark.parametrize(
    ("rate", "kb", "consumers", "shards"),
    [(10_000, 0.5, 4, 10), (1000, 1, 2, 1), (1000, 3, 1, 3), (500, 4, 3, 3), (83_333, 0.3, 1, 84)],
)
def test_shards_follow_what_is_short(rate: float, kb: float, consumers: int, shards: int) -> None:
    """Kinesis' guide: the most of records, bytes in and bytes out; K1 and the talks' 84 shards."""
    found = shards_needed(
        rate,
        kb * 1024,
        consumers,
        records_per_shard=FACTS.value("kinesis", "shard.write_records"),
        bytes_in_per_shard=FACTS.value("kinesis", "shard.write_bytes") * 1024**2,
        bytes_out_per_shard=FACTS.value("kinesis", "shard.read_bytes") * 1024**2,
    )

    assert found.count == shards


def test_d11_a_hot_partition_gets_what_the_others_leave() -> None:
    """Even shares of 100 throttle the load of 150; once the table has adapted, nothing is."""
    limit = FACTS.value("dynamodb", "partition.write")
    loads = [50, 50, 50, 150]
    share = even_share(400, 4)

    assert share == 100
    assert [max(0, load - share) for load in loads] == [0, 0, 0, 50]
    assert adapted_shares(400, loads, limit=limit) == (50, 50, 50, 150)
    assert adapted_shares(4000, [50, 50, 50, 1500], limit=limit)[3] == 1000


@pytest.mark.parametrize(
    ("item_kb", "rate", "consistency", "units"),
    [
        (3, 80, "strong", 80),
        (6, 100, "strong", 200),
        (6, 100, "eventual", 100),
        (8, 1, "transactional", 4),
    ],
)
def test_read_capacity_follows_the_item(
    item_kb: float, rate: float, consistency: str, units: float
) -> None:
    """DynamoDB's guide: D1 and its neighbours, by items of 4 KB begun."""
    unit = FACTS.value("dynamodb", "read_unit")

    assert rate * read_units(item_kb, consistency=consistency, unit_kb=unit) == units


@pytest.mark.parametrize(
    ("item_kb", "rate", "transactional", "units"),
    [(0.5, 100, False, 100), (1.5, 10, False, 20), (3, 5, True, 30)],
)
def test_write_capacity_follows_the_item(
    item_kb: float, rate: float, transactional: bool, units: float
) -> None:
    """DynamoDB's guide: by items of 1 KB begun, twice in a transaction."""
    unit = FACTS.value("dynamodb", "write_unit")

    assert rate * write_units(item_kb, transactional=transactional, unit_kb=unit) == units


@pytest.mark.parametrize(
    ("writes", "reads", "gb", "partitions"),
    [(0, 0, 0, 1), (500, 7500, 8, 3), (1000, 0, 5, 1), (100, 100, 95, 10), (2500, 6000, 0, 5)],
)
def test_partitions_follow_throughput_or_size(
    writes: float, reads: float, gb: float, partitions: int
) -> None:
    """By units, or by 10 GB each, whichever is more."""
    assert (
        partitions_needed(
            writes,
            reads,
            gb,
            writes_per_partition=FACTS.value("dynamodb", "partition.write"),
            reads_per_partition=FACTS.value("dynamodb", "partition.read"),
            gb_per_partition=FACTS.value("dynamodb", "partition.size"),
        )
        == partitions
    )


@pytest.mark.parametrize(
    ("prefix", "addresses"), [(24, 251), (26, 59), (27, 27), (28, 11), (16, 65_531)]
)
def test_subnets_keep_five_addresses(prefix: int, addresses: int) -> None:
    """The VPC's guide: the first four and the last."""
    reserved = int(FACTS.value("vpc", "reserved_addresses_per_subnet"))

    assert free_addresses(prefix, reserved) == addresses


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: free_addresses(33, 5), "prefix is 33"),
        (lambda: free_addresses(-1, 5), "prefix is -1"),
        (lambda: interfaces_needed(-1, 1), "concurrency is -1"),
        (lambda: interfaces_needed(1, 0), "per_interface is 0"),
        (lambda: peak_rate(1, 0), "seconds is 0"),
        (lambda: peak_rate(math.nan, 1), "events is nan"),
        (lambda: even_share(1, 0), "partitions is 0"),
        (lambda: adapted_shares(-1, [1], limit=1), "capacity is -1"),
        (lambda: adapted_shares(1, [math.inf], limit=1), "load is inf"),
    ],
)
def test_fails_on_what_cannot_be(call: object, said: str) -> None:
    """Rule, value and fix, in one sentence."""
    assert callable(call)
    with pytest.raises(ValueError, match=f"^{said}: give a"):
        call()
