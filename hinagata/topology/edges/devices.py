"""IoT Core: what the rules do with the messages that devices publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import is_function, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value

if TYPE_CHECKING:
    from hinagata.topology.world import World

# Where each action names its target, and the types that a bare name there is of.
_ACTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Lambda", "FunctionArn"), ()),
    (("Sqs", "QueueUrl"), ()),
    (("Sns", "TargetArn"), ()),
    (("Kinesis", "StreamName"), ("AWS::Kinesis::Stream",)),
    (("Firehose", "DeliveryStreamName"), ("AWS::KinesisFirehose::DeliveryStream",)),
    (("StepFunctions", "StateMachineName"), ("AWS::StepFunctions::StateMachine",)),
    (("S3", "BucketName"), ("AWS::S3::Bucket",)),
    (("DynamoDB", "TableName"), ("AWS::DynamoDB::Table",)),
    (("DynamoDBv2", "PutItem", "TableName"), ("AWS::DynamoDB::Table",)),
    (("CloudwatchLogs", "LogGroupName"), ("AWS::Logs::LogGroup",)),
)


def _topic_rule(rule: Node, world: World) -> Iterator[Edge]:
    yield Edge(world.internet, rule, Kind.DELIVERS, rule)
    for action in rule.items("TopicRulePayload", "Actions") or ():
        yield from _done(rule, action, world)
    for edge in _done(rule, rule.get("TopicRulePayload", "ErrorAction"), world):
        yield Edge(rule, edge.target, Kind.DEAD_LETTER, rule, edge.qualifier)


def _done(rule: Node, action: Value, world: World) -> Iterator[Edge]:
    for path, named in _ACTIONS:
        for node, through in targets_of(walk(action, *path), world, named=named):
            kind = Kind.INVOKES_ASYNC if is_function(node) else Kind.DELIVERS
            yield Edge(rule, node, kind, rule, through)


BUILDERS: dict[str, Builder] = {"AWS::IoT::TopicRule": _topic_rule}
