"""S3 and DynamoDB: what a bucket tells, and where a table's changes go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.messaging import permits
from hinagata.topology.edges.target import is_function, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

BUCKET = "AWS::S3::Bucket"
# The lists of a notification configuration, as CloudFormation and as S3's API (and so the CDK's
# custom resource) write them.
_DECLARED = (
    ("LambdaConfigurations", "Function"),
    ("QueueConfigurations", "Queue"),
    ("TopicConfigurations", "Topic"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
)


def _bucket(bucket: Node, world: World) -> Iterator[Edge]:
    yield from _notifies(bucket, bucket, world)


def _notifications(resource: Node, world: World) -> Iterator[Edge]:
    for bucket, _ in targets(resource, world, "BucketName", named=BUCKET):
        yield from _notifies(bucket, resource, world)


def _notifies(bucket: Node, via: Node, world: World) -> Iterator[Edge]:
    configuration = via.get("NotificationConfiguration")
    if configuration is None:
        return
    for listed, named in _DECLARED:
        for one in items(walk(configuration, listed)):
            for node, through in targets_of(walk(one, named), world):
                kind = Kind.INVOKES_ASYNC if is_function(node) else Kind.DELIVERS
                yield Edge(bucket, node, kind, via, through)
    if _tells_the_bus(walk(configuration, "EventBridgeConfiguration")):
        yield Edge(bucket, world.default_bus, Kind.DELIVERS, via)


def _tells_the_bus(configuration: Value) -> bool:
    # Being there is enough; CloudFormation's flag can only say no.
    return (
        isinstance(configuration, dict)
        and str(configuration.get("EventBridgeEnabled", True)).lower() == "true"
    )


def _table(table: Node, world: World) -> Iterator[Edge]:
    for stream, _ in targets(table, world, "KinesisStreamSpecification", "StreamArn"):
        yield Edge(table, stream, Kind.DELIVERS, table)


BUILDERS: dict[str, Builder] = {
    BUCKET: _bucket,
    "AWS::DynamoDB::Table": _table,
    "AWS::S3::BucketPolicy": permits("Bucket", BUCKET),
    "Custom::S3BucketNotifications": _notifications,
}
