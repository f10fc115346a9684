"""What an architecture needs at its peak, and which limits that meets."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hinagata.errors import HinagataError
from hinagata.planner import plan
from hinagata.planner.sizes.need import Need, Verdict
from hinagata.planner.sizes.plan import Plan
from hinagata.scenario import (
    BurstRate,
    DiurnalRate,
    HotKey,
    Key,
    RampRate,
    Scenario,
    ServiceTime,
)
from hinagata.topology.graph import Topology
from tests.workbench.planner.shop import function, mapping, role, scenario, shop, source


def planned(
    topology: Topology | None = None, traffic: Scenario | None = None, **options: Any
) -> Plan:
    """The plan of the shop."""
    return plan(topology or shop(), traffic or scenario(), **options)


def need(found: Plan, node: str, what: str) -> Need:
    """The one need of a node."""
    (one,) = [each for each in found.needs if (each.node, each.what) == (node, what)]
    return one


def stage(**settings: float) -> dict[str, Any]:
    """A stage of the shop's API with limits."""
    return {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {"ApiId": {"Ref": "Api"}, "DefaultRouteSettings": settings},
    }


def test_concurrency_is_rate_times_duration() -> None:
    """100/s for 100 ms are 10 on average, and 21 but for a thousandth of the time."""
    orders = need(planned(), "Orders", "concurrency")

    assert orders.needed == 21
    assert orders.formula.startswith("100/s x 100 ms = 10 on average")
    assert orders.verdict is Verdict.OPEN


def test_a_reservation_too_small_breaks() -> None:
    """The advice says what to set."""
    topology = shop(Orders=function("Orders", ReservedConcurrentExecutions=15))
    orders = need(planned(topology), "Orders", "concurrency")

    assert orders.verdict is Verdict.BREAKS
    assert orders.advice == "set ReservedConcurrentExecutions to 21 or more, or take it away"


@pytest.mark.parametrize(
    ("rate", "seconds", "verdict"), [(100, 0.1, "fits"), (300, 3, "tight"), (400, 3, "breaks")]
)
def test_functions_share_the_accounts_concurrency(
    rate: float, seconds: float, verdict: str
) -> None:
    """900 of 1,000 are tight, 1,200 are too many."""
    traffic = scenario(
        source(rate=rate, reaches=("Orders",)),
        service_times={"Orders": ServiceTime(mean_seconds=seconds)},
    )

    assert (
        need(planned(traffic=traffic), "account", "concurrency of all functions").verdict == verdict
    )


def test_short_functions_meet_the_request_rate_rule() -> None:
    """20,000/s of 10 ms keep 200 environments busy, and 1,000 take no more than 10,000/s."""
    traffic = scenario(
        source(rate=20_000, reaches=("Orders",)),
        service_times={"Orders": ServiceTime(mean_seconds=0.01)},
    )
    found = need(planned(traffic=traffic), "account", "requests of all functions")

    assert (found.needed, found.has) == (20_000, 10_000)
    assert found.advice.startswith("ask for a quota of concurrent executions of 2,500")
    assert {fact.key for fact in found.facts} == {
        "quota.concurrent_executions_default",
        "quota.rps_per_concurrency_unit",
    }


def test_a_quota_of_ones_own_counts() -> None:
    """A file of facts raises the account's limit."""
    traffic = scenario(
        source(rate=400, reaches=("Orders",)),
        service_times={"Orders": ServiceTime(mean_seconds=3)},
    )
    raised = {
        "lambda": {
            "quota.concurrent_executions_default": {"value": 5000, "reason": "granted in May"}
        }
    }
    found = need(planned(traffic=traffic, facts=raised), "account", "concurrency of all functions")

    assert found.verdict is Verdict.FITS


def test_a_jump_starts_more_environments_than_lambda_does() -> None:
    """1,000 in ten seconds; a day's swing starts a few."""
    jump = BurstRate(base_per_second=0, peak_per_second=5000, at_seconds=100, for_seconds=60)
    day = DiurnalRate(peak_per_second=5000, peak_over_trough=12, peak_at_seconds=28_800)
    times = {"Orders": ServiceTime(mean_seconds=1)}

    def started(rate: BurstRate | DiurnalRate) -> list[Need]:
        found = planned(
            traffic=scenario(source(rate=rate, reaches=("Orders",)), service_times=times)
        )
        return [each for each in found.needs if each.what == "environments started in 10 s"]

    assert started(jump)[0].verdict is Verdict.BREAKS
    assert started(jump)[0].needed == 5000
    assert started(day)[0].verdict is Verdict.FITS


def test_a_full_batch_must_end_in_time() -> None:
    """Ten messages of half a second do not end within the 3 s that a function has by default."""
    traffic = scenario(service_times={"Ship": ServiceTime(mean_seconds=0.5)})
    found = need(planned(traffic=traffic), "Ship", "time of a full batch")

    assert (found.needed, found.has) == (5, 3)
    assert found.advice == "set Timeout to 7 s"


def test_pollers_follow_the_load() -> None:
    """100/s of 200 ms keep 20 batches busy; what chance adds to that waits in the queue."""
    bounded = shop(
        FromShipments=mapping("Shipments", "Ship", ScalingConfig={"MaximumConcurrency": 19})
    )
    found = need(planned(bounded), "Shipments", "batches at once")

    assert (found.needed, found.has) == (pytest.approx(20), 19)
    assert "100% of them wait (Erlang C)" in found.formula
    assert found.advice == "set MaximumConcurrency to 35, or let the backlog wait"
    assert need(planned(), "Shipments", "batches at once").has == 1250


def test_the_visibility_timeout_is_six_timeouts() -> None:
    """A rule that holds just so holds; one second less does not."""

    def visible(seconds: int) -> Need:
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}
        return need(planned(shop(Shipments=queue)), "Shipments", "visibility timeout")

    assert visible(18).verdict is Verdict.FITS
    assert visible(17).verdict is Verdict.BREAKS
    assert visible(17).advice == "set VisibilityTimeout to 18 s"


def test_an_api_throttles_what_exceeds_its_bucket() -> None:
    """The stage's own limit counts, and what is refused from when on is said."""
    limited = shop(Stage=stage(ThrottlingRateLimit=80, ThrottlingBurstLimit=40))
    found = need(planned(limited), "Api", "requests")

    assert found.verdict is Verdict.BREAKS
    assert "after 2 s, 20% are refused" in found.formula
    assert found.advice == "set ThrottlingRateLimit to 125 and ThrottlingBurstLimit to 100"


def test_an_api_does_not_wait_for_ever() -> None:
    """Half a minute at most."""
    slow = scenario(
        source(rate=1, reaches=("Orders",)), service_times={"Orders": ServiceTime(mean_seconds=31)}
    )

    assert need(planned(traffic=slow), "Api", "time of an answer").verdict is Verdict.BREAKS


def streamed(**stream: Any) -> Topology:
    """The shop with a stream before its worker."""
    return shop(
        Stream={"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 2, **stream}},
        FromStream=mapping("Stream", "Ship", ParallelizationFactor=2),
        FromShipments=None,
        OrdersRole=role(("kinesis:PutRecord", "Stream")),
    )


def test_shards_and_lanes_are_counted() -> None:
    """2,500 records a second need two shards and a half, and five lanes of 2 ms each."""
    traffic = scenario(source(rate=2500), service_times={"Ship": ServiceTime(mean_seconds=0.002)})
    found = planned(streamed(), traffic)
    shards, lanes = need(found, "Stream", "shards"), need(found, "Stream", "lanes for Ship")

    assert (shards.needed, shards.has) == (2.5, 2)
    assert shards.advice == "set ShardCount to 4"
    assert (lanes.needed, lanes.has) == (pytest.approx(5), 4)
    assert lanes.advice == (
        "set ShardCount to 4 and ParallelizationFactor to 2, or work on several records at once"
    )


def test_records_and_readers_are_advised_the_same_shards() -> None:
    """A need that is no whole number is rounded once, with its room, and not for each of them."""
    traffic = scenario(source(rate=16_020), service_times={"Ship": ServiceTime(mean_seconds=0.002)})
    found = planned(streamed(), traffic)

    assert need(found, "Stream", "shards").advice == "set ShardCount to 21"
    assert need(found, "Stream", "lanes for Ship").advice.startswith("set ShardCount to 21 and ")


def test_a_hot_key_fills_its_shard() -> None:
    """Whatever the number of shards."""
    keys = {"shop": Key(cardinality=100, distribution=HotKey(hot_share=0.6))}
    traffic = scenario(
        source(rate=2000, keys=keys), service_times={"Ship": ServiceTime(mean_seconds=0.001)}
    )
    found = need(planned(streamed(ShardCount=9), traffic), "Stream", "records of the hottest shop")

    assert found.needed == pytest.approx(1200)
    assert found.verdict is Verdict.BREAKS


def test_a_stream_that_sizes_itself_has_no_limit_of_shards() -> None:
    """On demand."""
    found = planned(streamed(StreamModeDetails={"StreamMode": "ON_DEMAND"}))

    assert need(found, "Stream", "shards").verdict is Verdict.OPEN


def test_units_follow_the_layout_of_the_item() -> None:
    """19 KB are 19 write units, however little of them changes."""
    found = planned(assumptions={"Book": {"item_kb": 18.75}})

    assert need(found, "Book", "write units").needed == pytest.approx(1900)
    assert "x 19 (an item of 18.8 KB)" in need(found, "Book", "write units").formula


def test_provisioned_capacity_is_a_limit() -> None:
    """Its ceiling, where something scales it."""
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"ProvisionedThroughput": {"WriteCapacityUnits": 50, "ReadCapacityUnits": 5}},
    }
    found = need(planned(shop(Book=table)), "Book", "write units")

    assert (found.needed, found.has) == (pytest.approx(100), 50)
    assert found.advice == "set WriteCapacityUnits to 125, or BillingMode to PAY_PER_REQUEST"


def test_a_table_on_demand_doubles_in_half_an_hour() -> None:
    """A jump to 10,000 is more than a new table takes; a day's slow growth is not."""
    jump = BurstRate(base_per_second=100, peak_per_second=10_000, at_seconds=3600, for_seconds=60)
    slow = RampRate(from_per_second=100, to_per_second=10_000, over_seconds=43_200)

    def growth(rate: BurstRate | RampRate) -> list[Need]:
        found = planned(traffic=scenario(source(rate=rate, reaches=("Orders",))))
        return [each for each in found.needs if each.what == "growth of write units"]

    (sudden,) = growth(jump)
    assert (sudden.needed, sudden.has, sudden.verdict) == (10_000, 4000, Verdict.BREAKS)
    assert all(each.verdict is not Verdict.BREAKS for each in growth(slow))


def test_a_hot_item_has_one_partition() -> None:
    """1,000 write units a second."""
    keys = {"shop": Key(cardinality=2)}
    found = planned(traffic=scenario(source(rate=3000, keys=keys, reaches=("Orders",))))
    hot = need(found, "Book", "write units of the hottest shop")

    assert (hot.needed, hot.has, hot.verdict) == (pytest.approx(1500), 1000, Verdict.BREAKS)


def test_only_the_key_of_the_partition_is_hot() -> None:
    """Where the table says what that is: a mode that half of all devices have is no item of it."""
    schema = [{"AttributeName": "shop", "KeyType": "HASH"}]
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": schema}}
    keys = {
        "shop": Key(cardinality=2),
        "mode": Key(cardinality=5, distribution=HotKey(hot_share=0.9)),
    }
    traffic = scenario(source(rate=3000, keys=keys, reaches=("Orders",)))
    found = planned(shop(Book=table), traffic)

    hot = need(found, "Book", "write units of the hottest shop")
    assert hot.formula.endswith("in one partition")
    assert not [each for each in found.needs if each.what.endswith("hottest mode")]


def test_tasks_take_addresses_twice_while_they_are_replaced() -> None:
    """A /28 has eleven addresses; ten tasks in two subnets want five each, and five new ones."""
    subnets = {
        name: {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": block}}
        for name, block in (("One", "10.0.0.0/28"), ("Two", "10.0.0.16/28"))
    }
    service = {
        "Gate": {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "LaunchType": "FARGATE",
                "DesiredCount": 12,
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {"Subnets": [{"Ref": "One"}, {"Ref": "Two"}]}
                },
                "TaskDefinition": {"Ref": "Task"},
            },
        },
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {"Cpu": "256", "Memory": "512", "ContainerDefinitions": []},
        },
    }
    found = planned(
        shop(**subnets, **service),
        scenario(
            source(rate=1, entry="Gate", reaches=("Gate",)),
            service_times={"Gate": ServiceTime(mean_seconds=0.1)},
        ),
    )
    one = need(found, "One", "addresses")

    assert (one.needed, one.has) == (12, 11)
    assert one.advice == "make it a /27, or spread over more subnets"


def test_a_thousand_functions_share_an_address() -> None:
    """Interfaces are shared by their connections, not taken by each environment."""
    subnet = {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24"}}
    topology = shop(
        Zone=subnet, Orders=function("Orders", VpcConfig={"SubnetIds": [{"Ref": "Zone"}]})
    )
    found = need(planned(topology), "Zone", "addresses")

    assert (found.needed, found.has) == (1, 251)


def test_what_fits_needs_no_advice() -> None:
    """Advice is for what breaks or is tight."""
    found = planned()

    assert all(not each.advice for each in found.of(Verdict.FITS))
    assert found.fits


def test_every_limit_names_its_source() -> None:
    """What is compared with a quota rests on a fact; what is compared with a setting need not."""
    for each in planned().needs:
        if each.node == "account":
            assert each.facts
            assert all(fact.source and fact.as_of for fact in each.facts)


@pytest.mark.parametrize("rate", [1e-12, 1e9])
def test_absurd_rates_have_a_finite_plan(rate: float) -> None:
    """Nothing is NaN, and nothing takes for ever."""
    found = planned(traffic=scenario(source(rate=rate)))

    assert all(math.isfinite(each.needed) for each in found.needs)
    assert found.fits == (rate < 1)


def test_a_service_time_of_nothing_needs_nothing() -> None:
    """No division by it."""
    traffic = scenario(
        service_times={"Orders": ServiceTime(mean_seconds=0), "Ship": ServiceTime(mean_seconds=0)}
    )

    assert need(planned(traffic=traffic), "Orders", "concurrency").needed == 0


def test_fails_on_a_scenario_of_another_architecture() -> None:
    """The name that is not there is named."""
    with pytest.raises(HinagataError, match="the architecture does not have"):
        planned(traffic=scenario(source(entry="Gate")))
