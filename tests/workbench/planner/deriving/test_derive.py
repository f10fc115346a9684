"""What a month of traffic makes each resource do, and what it costs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hinagata.errors import HinagataError
from hinagata.facts import Facts
from hinagata.planner import price_scenario
from hinagata.planner.assumptions import Assumptions
from hinagata.planner.deriving.derive import derive
from hinagata.scenario import (
    DiurnalRate,
    Expectations,
    Fault,
    Inject,
    Key,
    NewestStored,
    Scenario,
    ServiceTime,
)
from hinagata.topology.graph import Topology
from tests.workbench.planner.shop import SHOP, function, mapping, role, scenario, shop, source

SECONDS = 730 * 3600
M = 1e6


def usage(
    topology: Topology | None = None,
    traffic: Scenario | None = None,
    assumed: dict[str, object] | None = None,
) -> dict[str, Any]:
    """The usage of a month."""
    return derive(
        topology or shop(),
        traffic or scenario(),
        facts=Facts(),
        assumptions=Assumptions(assumed),
        region="us-east-1",
        hours=730,
    ).usage


def test_functions_do_what_comes_to_them() -> None:
    """Requests, duration and memory follow from the traffic, the scenario and the template."""
    orders = usage()["lambda"]["Orders"]

    assert orders["requests"] == pytest.approx(100 * SECONDS)
    assert orders["duration_ms"] == pytest.approx(100)
    assert orders["memory_mb"] == 512


def test_a_batch_takes_as_long_as_its_messages() -> None:
    """A busy queue's batches are larger, so fewer; the time in all stays."""
    ship = usage()["lambda"]["Ship"]

    assert ship["requests"] == pytest.approx(100 / 4 * SECONDS)
    assert ship["requests"] * ship["duration_ms"] == pytest.approx(100 * 200 * SECONDS)


def test_a_calm_queue_has_batches_of_one_and_is_asked_in_vain() -> None:
    """One order a minute: each is an invocation, and five pollers wait most of the time."""
    found = usage(traffic=scenario(source(rate=1 / 60)))

    assert found["lambda"]["Ship"]["requests"] == pytest.approx(SECONDS / 60)
    assert found["sqs"]["Shipments"]["receive_batch"] == 1
    assert found["sqs"]["Shipments"]["pollers"] == pytest.approx(5 - 0.2 / 60)
    assert found["sqs"]["Frauds"] == {
        "type": "standard",
        "receives": 1,
        "receive_batch": 1,
        "delete_batch": 1,
        "pollers": 5,
    }


def test_a_window_fills_batches() -> None:
    """Five pollers that wait two seconds each share what comes meanwhile."""
    waiting = shop(
        FromShipments=mapping("Shipments", "Ship", BatchSize=100, MaximumBatchingWindowInSeconds=2)
    )

    assert usage(waiting)["sqs"]["Shipments"]["receive_batch"] == pytest.approx(100 * 2 / 5)


def test_a_shard_is_read_once_a_second() -> None:
    """Ten lanes of one shard share what comes in a second."""
    streamed = shop(
        Stream={"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        FromStream=mapping("Stream", "Ship", BatchSize=100, ParallelizationFactor=10),
        FromShipments=None,
        OrdersRole=role(("kinesis:PutRecord", "Stream")),
    )

    assert usage(streamed)["lambda"]["Ship"]["requests"] == pytest.approx(SECONDS * 10)
    assert usage(streamed)["kinesis"]["Stream"]["records"] == pytest.approx(100 * SECONDS)


def test_what_fails_is_done_again() -> None:
    """An hour a day of half the attempts failing, five receives at most: 1.9375 instead of 1."""
    fault = Fault(inject=Inject.RAISE, target="Ship", at_seconds=0, for_seconds=3600, rate=0.5)
    found = usage(traffic=scenario(faults=(fault,)))
    tries = 1 + 0.9375 / 24

    assert found["sqs"]["Shipments"]["receives"] == pytest.approx(tries)
    assert found["sqs"]["Letters"]["messages"] == pytest.approx(100 * SECONDS * 0.5**5 / 24)
    ship = found["lambda"]["Ship"]
    assert ship["requests"] * ship["duration_ms"] == pytest.approx(100 * 200 * SECONDS * tries)


def test_code_that_fails_by_itself_is_assumed_to() -> None:
    """One attempt in ten fails: 1.1111 receives a message."""
    found = usage(assumed={"Ship": {"error_share": 0.1}})

    assert found["sqs"]["Shipments"]["receives"] == pytest.approx(1.1111)


def test_what_is_sent_to_phones_is_published_and_delivered() -> None:
    """Each message of code that may publish to endpoints of mobile push is billed as both."""
    may = role()
    may["Properties"]["Policies"][0]["PolicyDocument"]["Statement"] = [
        {
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": "arn:aws:sns:us-east-1:111122223333:endpoint/GCM/shop/*",
        }
    ]
    pushing = deepcopy(SHOP["Orders"])
    pushing["Properties"]["Role"] = {"Fn::GetAtt": ["Phones", "Arn"]}
    topology = shop(Phones=may, Orders=pushing)

    (pushed,) = (each for name, each in usage(topology)["sns"].items() if "GCM" in name)
    assert pushed["publishes"] == pytest.approx(100 * SECONDS)
    assert pushed["mobile_push"] == pytest.approx(100 * SECONDS)


def test_messages_have_the_size_of_the_request() -> None:
    """The body counts as it is sent; what a request adds is assumed."""
    found = usage()

    assert found["sqs"]["Shipments"]["message_kb"] == pytest.approx(1011 / 1024)
    assert found["apigateway_http"]["Api"]["request_kb"] == pytest.approx(1011 / 1024 + 0.5)


def test_a_table_is_written_once_a_message() -> None:
    """Unless somebody knows better."""
    assert usage()["dynamodb"]["Book"]["writes"] == pytest.approx(100 * SECONDS)
    known = usage(assumed={"Book": {"writes_per_message": 2, "item_kb": 3}})["dynamodb"]["Book"]
    assert known["writes"] == pytest.approx(200 * SECONDS)
    assert known["item_kb"] == 3


def test_a_table_keeps_an_item_for_each_value_of_its_key() -> None:
    """The scenario says how many values there are."""
    traffic = scenario(
        source(keys={"buyer": Key(cardinality=1_048_576)}),
        expectations=Expectations(
            stored=(
                NewestStored(table="Book", key="buyer", sources=("buyers",), id_attribute="id"),
            )
        ),
    )
    book = usage(traffic=traffic, assumed={"item_kb": 4})["dynamodb"]["Book"]

    assert book["storage_gb"] == pytest.approx(4 + 100 / 1024)


def test_tasks_follow_the_load_between_their_bounds() -> None:
    """Busy slots over the share that shall be busy, never fewer nor more than allowed."""
    service = {
        "Cluster": {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "LaunchType": "FARGATE",
                "DesiredCount": 2,
                "TaskDefinition": {"Ref": "Task"},
            },
        },
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Cpu": "1024",
                "Memory": "2048",
                "ContainerDefinitions": [
                    {"Environment": [{"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gate"}]}
                ],
            },
        },
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "MinCapacity": 2,
                "MaxCapacity": 30,
                "ResourceId": {"Fn::Sub": "service/c/${Cluster.Name}"},
            },
        },
        "Tracking": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 50,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                    },
                },
            },
        },
    }

    def tasks(rate: float) -> float:
        traffic = scenario(
            source(rate=rate, entry="Cluster", reaches=("Gate",)),
            service_times={"Gate": ServiceTime(mean_seconds=0.1)},
        )
        found: float = usage(shop(**service), traffic)["fargate"]["Cluster"]["tasks"]
        return found

    assert tasks(1) == pytest.approx(2)
    assert tasks(100) == pytest.approx(20)
    assert tasks(1000) == pytest.approx(30)


def test_logs_alarms_and_keys_are_on_the_bill() -> None:
    """Lines by their bytes, an alarm by its metric, a key by the month."""
    found = usage()

    assert found["cloudwatch"]["Orders"]["logs_gb"] == pytest.approx(
        100 * SECONDS * 0.5 / 1024**2, rel=0.1
    )
    assert found["cloudwatch"]["alarms and dashboards"]["alarms"] == 1
    assert found["kms"]["Key"]["keys"] == 1


def test_code_behind_a_nat_gateway_pays_for_its_data() -> None:
    """What is sent and written goes through it; its hours and its address are paid at rest."""
    network = {
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24"}},
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {}},
        "Joined": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
        },
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "Out": {
            "Type": "AWS::EC2::Route",
            "Properties": {"RouteTableId": {"Ref": "Table"}, "NatGatewayId": {"Ref": "Nat"}},
        },
        "Orders": function("Orders", VpcConfig={"SubnetIds": [{"Ref": "Subnet"}]}),
    }
    found = usage(shop(**network))["nat_gateway"]["Nat"]

    each = (1011 / 1024 + 1) + (1 + 1)
    assert found["data_gb"] == pytest.approx(100 * SECONDS * each / 1024**2)
    assert found["gateways"] == 1


def test_what_is_not_reckoned_with_is_named() -> None:
    """A database on the bill is no zero: it is said to be missing."""
    database = shop(Database={"Type": "AWS::RDS::DBInstance", "Properties": {}})
    _, remarks = price_scenario(database, scenario())

    assert remarks.left_out == ("Database (AWS::RDS::DBInstance)",)


def test_a_month_at_rest_is_a_month_without_traffic() -> None:
    """Keys, alarms, empty receives and minimal tasks are left; nothing that a message causes."""
    estimate, _ = price_scenario(shop(), scenario())
    idle, _ = price_scenario(shop(), scenario(source(rate=1e-9)))

    assert estimate.at_rest == pytest.approx(idle.total, rel=1e-3)
    assert 1 < estimate.at_rest < 3
    assert estimate.total > 1000


def test_nobody_is_traced_at_rest() -> None:
    """X-Ray records of what comes; where nothing comes, its share of it is nothing."""
    traced = shop(Orders=function("Orders", TracingConfig={"Mode": "Active"}))
    estimate, _ = price_scenario(traced, scenario())
    plain, _ = price_scenario(shop(Orders=function("Orders")), scenario())

    assert estimate.total > plain.total
    assert estimate.at_rest == plain.at_rest


def test_the_bill_is_that_of_the_same_usage_file() -> None:
    """A scenario's bill adds up to what its functions cost in a file."""
    estimate, _ = price_scenario(shop(), scenario())
    amounts = {item.name: item.amount for item in estimate.items if item.resource == "Orders"}

    assert amounts["Requests"] == pytest.approx(100 * SECONDS * 0.20 / M)
    assert estimate.per_million_events == pytest.approx(estimate.total / (100 * SECONDS) * M)


def test_a_day_repeats_for_the_month() -> None:
    """The mean of the scenario's time counts, not its peak."""
    day = DiurnalRate(peak_per_second=200, peak_over_trough=1e6, peak_at_seconds=0)

    assert usage(traffic=scenario(source(rate=day)))["events"] == pytest.approx(
        100 * SECONDS, rel=1e-4
    )


def test_other_samples_of_an_app_are_left_out() -> None:
    """A stack without anything of the scenario is named, and costs nothing here."""
    from hinagata.topology.reading import topology_of
    from tests.workbench.planner.shop import SHOP

    both = topology_of(
        Shop={"Resources": SHOP},
        Other={"Resources": {"Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}}}},
    )
    estimate, remarks = price_scenario(both, scenario())

    assert remarks.left_out == ("stack Other: nothing of the scenario comes there",)
    assert estimate.total == price_scenario(shop(), scenario())[0].total


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"itm_kb": 2}, "did you mean item_kb?"),
        ({"Bok": {"item_kb": 2}}, "did you mean Book?"),
        ({"Book": {"item": 2}}, "did you mean item_kb?"),
        ({"Book": {"item_kb": -2}}, "expected a number"),
        ({"error_share": 2}, "expected a number from 0 to 1"),
        ({"error_share": "nan"}, "expected a number"),
    ],
)
def test_fails_on_an_assumption_that_is_none(given: dict[str, object], said: str) -> None:
    """Names and bounds are checked, and what is meant is suggested."""
    with pytest.raises(HinagataError) as refusal:
        price_scenario(shop(), scenario(), assumptions=given)

    assert said in str(refusal.value)


def test_assumptions_are_told_with_what_they_are_about() -> None:
    """Each number that was taken names the nodes that it was taken for, and whose it is."""
    _, remarks = price_scenario(shop(), scenario(), assumptions={"item_kb": 4})
    told = {each.assumption.name: each for each in remarks.assumed}

    assert told["item_kb"].value == 4
    assert told["item_kb"].given
    assert told["item_kb"].of == ("Book",)
    assert not told["log_kb"].given
    assert told["log_kb"].of == ("Orders", "Ship")


@pytest.mark.parametrize("rate", [1e-12, 1e9])
def test_absurd_rates_have_an_answer(rate: float) -> None:
    """A message in thirty thousand years, or a thousand million a second: a finite bill."""
    estimate, _ = price_scenario(shop(), scenario(source(rate=rate)))

    assert 0 < estimate.total < 1e15
