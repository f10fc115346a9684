"""TelemetryStore: what it promises, and what it refuses."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from patterns import LambdaWorker, Off, TelemetryStore
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]


def keys(table: Resource) -> dict[str, str]:
    """The key schema of a table: HASH and RANGE to the attributes' names."""
    return {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}


def dynamodb_actions(stack: Template, under: str) -> dict[str, list[str]]:
    """What a function may do with tables: action to the paths of the resources."""
    allowed = stack.may(stack.role(stack.one("Lambda::Function", under)))
    return {
        action.removeprefix("dynamodb:"): paths
        for action, paths in allowed.items()
        if action.startswith("dynamodb:")
    }


def test_a_store_is_one_statement(template: Templates) -> None:
    """The smallest use is keyed by building and data item, and kept, recoverable and bounded."""
    table = template("Telemetry").one("DynamoDB::Table")

    assert keys(table) == {"HASH": "building_id", "RANGE": "device_item"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["OnDemandThroughput"] == {
        "MaxWriteRequestUnits": 4_000,
        "MaxReadRequestUnits": 12_000,
    }
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table.body["DeletionPolicy"] == table.body["UpdateReplacePolicy"] == "Retain"


def test_its_logical_id_is_that_of_a_plain_table() -> None:
    """A table that was made without it keeps its id, and so its data, when it is made by it."""
    plain, stored = cdk.Stack(None, "Plain"), cdk.Stack(None, "Stored")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    before = dynamodb.Table(plain, "Current", partition_key=key)
    after = TelemetryStore(stored, "Current").table

    assert plain.get_logical_id(before.node.default_child) == stored.get_logical_id(
        after.node.default_child
    )


@pytest.mark.parametrize(
    ("exhibit", "reading"),
    [("Telemetry", {"Query"}), ("TelemetryFull", {"GetItem", "BatchGetItem"})],
)
def test_three_alarms_can_fire(template: Templates, exhibit: str, reading: set[str]) -> None:
    """Refused writes and reads, and DynamoDB's errors in each operation that is granted."""
    stack = template(exhibit)
    table = stack.one("DynamoDB::Table")

    for metric in ("WriteThrottleEvents", "ReadThrottleEvents"):
        (dimension,) = stack.alarm("Current", metric)["Dimensions"]
        assert dimension["Name"] == "TableName"
        assert stack.target(dimension["Value"]) == table
    (summed,) = [a for a in stack.all("CloudWatch::Alarm", "Current") if a.get("Metrics")]
    (total,) = [each for each in summed["Metrics"] if each["ReturnData"]]
    metrics = [e["MetricStat"]["Metric"] for e in summed["Metrics"] if "MetricStat" in e]
    assert total["Expression"] == "SUM(METRICS())"
    assert {each["MetricName"] for each in metrics} == {"SystemErrors"}
    assert {
        dimension["Value"]
        for each in metrics
        for dimension in each["Dimensions"]
        if dimension["Name"] == "Operation"
    } == {"PutItem", "UpdateItem", "BatchWriteItem", *reading}


def test_a_writer_may_not_read_nor_a_reader_write(template: Templates) -> None:
    """One may put and update, alone and in batches; the other query; both this table alone."""
    stack = template("Telemetry")

    assert dynamodb_actions(stack, "Ingest") == {
        action: ["Current/Default/Resource"]
        for action in ("PutItem", "UpdateItem", "BatchWriteItem")
    }
    assert dynamodb_actions(stack, "Screen") == {"Query": ["Current/Default/Resource"]}


def test_without_a_sort_key_items_are_read_by_their_keys(template: Templates) -> None:
    """There is nothing to query where each partition has one item."""
    stack = template("TelemetryFull")

    assert keys(stack.one("DynamoDB::Table")) == {"HASH": "device"}
    assert set(dynamodb_actions(stack, "Ingest")) == {
        "PutItem",
        "UpdateItem",
        "BatchWriteItem",
        "GetItem",
        "BatchGetItem",
    }


def test_who_uses_it_is_told_its_name(template: Templates) -> None:
    """A store of id `Current` gives its writers and readers CURRENT_TABLE_NAME."""
    stack = template("Telemetry")

    for hop in ("Ingest", "Screen"):
        name = stack.one("Lambda::Function", hop).environment["CURRENT_TABLE_NAME"]
        assert stack.target(name) == stack.one("DynamoDB::Table")


def test_every_setting_reaches_the_template(template: Templates) -> None:
    """Each argument of a store has its effect."""
    stack = template("TelemetryFull")
    table = stack.one("DynamoDB::Table")
    targets = stack.all("ApplicationAutoScaling::ScalableTarget")

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["ProvisionedThroughput"] == {"WriteCapacityUnits": 40, "ReadCapacityUnits": 20}
    assert "OnDemandThroughput" not in table.properties
    assert {
        each["ScalableDimension"].split(":")[-1]: (each["MinCapacity"], each["MaxCapacity"])
        for each in targets
    } == {"WriteCapacityUnits": (40, 400), "ReadCapacityUnits": (20, 200)}
    assert stack.target(table["SSESpecification"]["KMSMasterKeyId"]).type == "AWS::KMS::Key"
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_its_changes_are_consumed_as_a_stream_is(template: Templates) -> None:
    """Bounded retries, bisect, a dead-letter queue, and the store's own age for the alarm."""
    stack = template("TelemetryFull")
    mapping = stack.one("Lambda::EventSourceMapping", "History")

    assert mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 5
    failures = stack.target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
    assert failures.type == "AWS::SQS::Queue"
    assert stack.alarm("History", "IteratorAge")["Threshold"] == 300_000
    assert set(dynamodb_actions(stack, "History")) == {
        "DescribeStream",
        "GetRecords",
        "GetShardIterator",
        "ListStreams",
    }


def test_what_is_switched_off_is_off(template: Templates) -> None:
    """No ceiling, no recovery, no protection, and it goes with its stack."""
    table = template("TelemetrySwitchedOff").one("DynamoDB::Table")

    assert "OnDemandThroughput" not in table.properties
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert table["DeletionProtectionEnabled"] is False
    assert table.body["DeletionPolicy"] == "Delete"


def test_your_own_table_gets_alarms(template: Templates) -> None:
    """A table from elsewhere is watched and its changes are read; it is not made here."""
    stack = template("TelemetryOwn")

    assert not stack.all("DynamoDB::Table")
    assert stack.alarm("Current", "WriteThrottleEvents")["Dimensions"] == [
        {"Name": "TableName", "Value": "mine"}
    ]
    mapping = stack.one("Lambda::EventSourceMapping", "History")
    assert mapping["EventSourceArn"].endswith("table/mine/stream/1")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_write_units": 0}, ["max_write_units=0", "give 1 or more"]),
        (
            {"min_write_units": 50, "min_read_units": 5, "max_write_units": 40},
            ["min_write_units=50, max_write_units=40", "no minimum above the maximum"],
        ),
        ({"min_read_units": 5}, ["min_write_units=None, min_read_units=5", "give both, or leave"]),
        (
            {"min_read_units": 5, "min_write_units": 5, "max_read_units": Off("a test of it")},
            ["max_read_units=Off beside min_read_units=5", "needs a ceiling", "give a number"],
        ),
        ({"partition_key": " "}, ["key name ' '", "needs a name", "building_id"]),
        (
            {"sort_key": "building_id"},
            ["partition_key='building_id', sort_key='building_id'", "different names"],
        ),
        ({"ttl": "device_item"}, ["ttl='device_item'", "an attribute of its own"]),
        (
            {"change_age_alarm": cdk.Duration.minutes(5)},
            ["change_age_alarm without changes", "give changes=True"],
        ),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, settings: dict[str, Any], words: list[str]
) -> None:
    """What DynamoDB refuses, or what can have no effect, is an error at once."""
    with refused(*words):
        TelemetryStore(stack, "Current", **settings)


def test_fails_if_your_own_table_is_to_be_changed(stack: cdk.Stack) -> None:
    """What your own table is cannot be set beside it."""
    mine = dynamodb.Table.from_table_name(stack, "Mine", "mine")

    with refused("Mine is your own table", "so ttl, changes cannot be set", "that table is made"):
        TelemetryStore(stack, "Current", table=mine, ttl="expires_at", changes=True)


def test_fails_if_changes_are_consumed_that_nobody_keeps(stack: cdk.Stack, code: str) -> None:
    """A worker of a store without a stream would never be called."""
    worker = LambdaWorker(stack, "History", handler="shop.billing.handler", code=code)

    with refused("Current has no stream of changes", "changes=True"):
        worker.consumes(TelemetryStore(stack, "Current"))
