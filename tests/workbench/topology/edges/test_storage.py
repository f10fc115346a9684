"""What buckets and tables say."""

from __future__ import annotations

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import (
    ALIAS,
    BUCKET,
    FUNCTION,
    QUEUE,
    TOPIC,
    arn,
    lines,
    read,
    ref,
    resource,
)


def test_a_bucket_tells_functions_queues_and_topics() -> None:
    """And the account's own bus."""
    event = "s3:ObjectCreated:*"
    topology = read(
        Work=FUNCTION,
        Live=ALIAS,
        Orders=QUEUE,
        News=TOPIC,
        Files=resource(
            "S3::Bucket",
            NotificationConfiguration={
                "LambdaConfigurations": [{"Event": event, "Function": ref("Live")}],
                "QueueConfigurations": [{"Event": event, "Queue": arn("Orders")}],
                "TopicConfigurations": [{"Event": event, "Topic": ref("News")}],
                "EventBridgeConfiguration": {"EventBridgeEnabled": True},
            },
        ),
    )

    assert lines(topology, Kind.INVOKES_ASYNC, Kind.DELIVERS) == [
        "Files invokes_async Work through Live",
        "Files delivers Orders",
        "Files delivers News",
        "Files delivers DefaultBus",
    ]


def test_the_cdk_tells_a_bucket_by_a_resource_of_its_own() -> None:
    """Written as S3's own API has it."""
    topology = read(
        Work=FUNCTION,
        Orders=QUEUE,
        News=TOPIC,
        Files=BUCKET,
        Notifications=resource(
            "Custom::S3BucketNotifications",
            ServiceToken="arn:aws:lambda:eu-west-1:123456789012:function:handler",
            BucketName=ref("Files"),
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn("Work")}],
                "QueueConfigurations": [{"QueueArn": arn("Orders")}],
                "TopicConfigurations": [{"TopicArn": ref("News")}],
                "EventBridgeConfiguration": {},
            },
        ),
    )

    assert lines(topology) == [
        "Files invokes_async Work via Notifications",
        "Files delivers Orders via Notifications",
        "Files delivers News via Notifications",
        "Files delivers DefaultBus via Notifications",
    ]


def test_a_bucket_may_say_that_it_does_not_tell_the_bus() -> None:
    """Then it does not."""
    configuration = {"EventBridgeConfiguration": {"EventBridgeEnabled": False}}

    assert lines(read(Files=resource("S3::Bucket", NotificationConfiguration=configuration))) == []


def test_a_policy_opens_a_bucket() -> None:
    """The one that it is attached to."""
    topology = read(Files=BUCKET, Policy=resource("S3::BucketPolicy", Bucket=ref("Files")))

    assert lines(topology) == ["Policy permits Files"]


def test_a_table_may_hand_its_changes_to_a_stream() -> None:
    """Beside its own stream, which its readers name."""
    topology = read(
        Changes=resource("Kinesis::Stream"),
        Stock=resource("DynamoDB::Table", KinesisStreamSpecification={"StreamArn": arn("Changes")}),
    )

    assert lines(topology) == ["Stock delivers Changes"]
