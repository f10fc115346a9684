"""EventStream: what it promises, and what it refuses."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis

from patterns import EventStream
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def test_a_stream_is_one_statement(template: Templates) -> None:
    """The smallest use makes one shard that is kept for a day, and two alarms on it."""
    stack = template("Stream")
    stream = stack.one("Kinesis::Stream")

    assert stream["ShardCount"] == 1
    assert stream["RetentionPeriodHours"] == 24
    for metric in ("GetRecords.IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded"):
        (dimension,) = stack.alarm("Clicks", metric)["Dimensions"]
        assert dimension["Name"] == "StreamName"
        assert stack.target(dimension["Value"]) == stream


def test_every_setting_reaches_the_template(template: Templates) -> None:
    """Each argument of a stream has its effect."""
    stack = template("StreamFull")
    stream = stack.one("Kinesis::Stream")

    assert stream["ShardCount"] == 3
    assert stream["RetentionPeriodHours"] == 7 * 24
    assert stack.target(stream["StreamEncryption"]["KeyId"]).type == "AWS::KMS::Key"
    assert stack.alarm("Clicks", "GetRecords.IteratorAgeMilliseconds")["Threshold"] == 600_000


def test_a_readers_alarm_takes_the_streams_age(template: Templates) -> None:
    """How far a reader may be behind is said once, at the stream, and holds for each reader."""
    alarm = template("StreamFull").alarm("Count", "IteratorAge")

    assert alarm["Threshold"] == 600_000
    assert "10 minutes behind Clicks" in alarm["AlarmDescription"]


def test_a_stream_on_demand_has_no_shards(template: Templates) -> None:
    """On demand, Kinesis chooses the shards."""
    stream = template("StreamOwn").one("Kinesis::Stream")

    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert "ShardCount" not in stream.properties


def test_a_writer_may_not_read_nor_a_reader_write(template: Templates) -> None:
    """A sender may put records and a worker get them; each may use the key for that alone."""
    stack = template("StreamFull")
    writer = stack.may(stack.role(stack.one("Lambda::Function", "Shop")))
    reader = stack.may(stack.role(stack.one("Lambda::Function", "Count")))

    assert {a for a in writer if a.startswith("kinesis:")} == {
        "kinesis:ListShards",
        "kinesis:PutRecord",
        "kinesis:PutRecords",
    }
    assert not any(action.startswith("kinesis:Put") for action in reader)
    assert "kms:Decrypt" in reader
    assert "kms:Decrypt" not in writer


def test_a_writer_is_told_the_name(template: Templates) -> None:
    """A stream of id `Clicks` gives its sender CLICKS_STREAM_NAME."""
    stack = template("StreamFull")
    name = stack.one("Lambda::Function", "Shop").environment["CLICKS_STREAM_NAME"]

    assert stack.target(name).path == "Clicks/Stream/Resource"


def test_your_own_stream_gets_alarms(template: Templates) -> None:
    """A stream from elsewhere is watched and read, and not made here."""
    stack = template("StreamOwn")

    assert not stack.all("Kinesis::Stream", "Views")
    assert stack.alarm("Views", "WriteProvisionedThroughputExceeded")["Dimensions"] == [
        {"Name": "StreamName", "Value": "mine"}
    ]
    mapping = stack.one("Lambda::EventSourceMapping", "Count")
    assert mapping["EventSourceArn"] == "arn:aws:kinesis:eu-west-1:111122223333:stream/mine"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shards": 0}, ["shards=0", "at least 1", "1,000 records or 1 MB a second"]),
        ({"shards": 2, "on_demand": True}, ["shards=2", "on_demand=True", "give one of them"]),
        (
            {"retention": cdk.Duration.hours(23)},
            ["retention of 23 h", "24 h to 8760 h", "leave it out"],
        ),
        (
            {"iterator_age_alarm": cdk.Duration.days(1)},
            ["iterator_age_alarm of 86400 s", "never fire", "give less"],
        ),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, settings: dict[str, Any], words: list[str]
) -> None:
    """A value that Kinesis refuses, or an alarm that cannot fire, is an error at once."""
    with refused(*words):
        EventStream(stack, "Clicks", **settings)


def test_fails_if_your_own_stream_is_to_be_changed(stack: cdk.Stack) -> None:
    """What your own stream is cannot be set beside it."""
    mine = kinesis.Stream(stack, "Mine")

    with refused("Mine is your own stream", "so shards cannot be set", "where that stream is made"):
        EventStream(stack, "Clicks", stream=mine, shards=2)
