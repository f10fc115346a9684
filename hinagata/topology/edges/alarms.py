"""CloudWatch: what an alarm measures, and whom it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.load_balancing import LOAD_BALANCER, TARGET_GROUP, load_balancers_of
from hinagata.topology.edges.target import (
    FUNCTION,
    Target,
    alias_of,
    mentioned,
    targets,
    targets_of,
)
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Reference, Text, Value, alternatives, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE_ALARM = "AWS::CloudWatch::CompositeAlarm"
_ALARMS = (ALARM, COMPOSITE_ALARM)

# Dimension of an AWS service's metrics to the types that its value is a name of, where it is
# written out (each service's page in the CloudWatch user guide, "AWS services that publish").
_NAMES: dict[str, tuple[str, ...]] = {
    "ApiName": ("AWS::ApiGateway::RestApi",),
    "ClusterName": ("AWS::ECS::Cluster",),
    "DeliveryStreamName": ("AWS::KinesisFirehose::DeliveryStream",),
    "EventBusName": ("AWS::Events::EventBus",),
    "FunctionName": (FUNCTION,),
    "LogGroupName": ("AWS::Logs::LogGroup",),
    "QueueName": ("AWS::SQS::Queue",),
    "RuleName": ("AWS::Events::Rule",),
    "ServiceName": ("AWS::ECS::Service",),
    "StreamName": ("AWS::Kinesis::Stream",),
    "TableName": ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"),
    "TopicName": ("AWS::SNS::Topic",),
}
# Dimensions that only say more about what another one names.
_FINER = {
    "ClusterName": "ServiceName",
    "EventBusName": "RuleName",
    "EventSourceMappingUUID": "FunctionName",
    "ExecutedVersion": "FunctionName",
    "Resource": "FunctionName",
    "Stage": "ApiName",
}
_IN_RULE = re.compile(r"\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*[\"']?([^\"')]+?)[\"']?\s*\)")
# Composite alarms in composite alarms: beyond it they are a circle.
_MOST_LEVELS = 5


def _alarm(alarm: Node, world: World) -> Iterator[Edge]:
    for target, metric in _measured(alarm, world):
        yield Edge(alarm, target.node, Kind.WATCHES, alarm, target.qualifier, metric)
    yield from _tells(alarm, world)


def _composite(alarm: Node, world: World) -> Iterator[Edge]:
    for part in _parts(alarm, world):
        yield Edge(alarm, part, Kind.WATCHES, alarm)
    for part in _all_parts(alarm, world):
        for target, metric in _measured(part, world):
            yield Edge(alarm, target.node, Kind.WATCHES, alarm, target.qualifier, metric)
    yield from _tells(alarm, world)


def _tells(alarm: Node, world: World) -> Iterator[Edge]:
    if alarm.get("ActionsEnabled") is False:
        return
    for told, through in targets(alarm, world, "AlarmActions"):
        yield Edge(alarm, told, Kind.NOTIFIES, alarm, through)


def _all_parts(alarm: Node, world: World) -> Iterator[Node]:
    found: dict[Node, None] = {}
    level = [alarm]
    for _ in range(_MOST_LEVELS):
        level = [part for each in level for part in _parts(each, world) if part not in found]
        found.update(dict.fromkeys(level))
    return (part for part in found if part.type == ALARM)


def _parts(alarm: Node, world: World) -> list[Node]:
    """Returns the alarms that a composite alarm's rule speaks of."""
    if alarm.type != COMPOSITE_ALARM:
        return []
    found: dict[Node, None] = {}
    for rule in alternatives(alarm.get("AlarmRule")):
        found.update((node, None) for node, _ in mentioned(rule, world) if node.type in _ALARMS)
        for name in _IN_RULE.findall(rule) if isinstance(rule, str) else ():
            found.update((node, None) for node, _ in targets_of(name, world, named=_ALARMS))
    return list(found)


def _measured(alarm: Node, world: World) -> Iterator[tuple[Target, str]]:
    """Yields what the metrics of an alarm measure, with each one's name."""
    name = alarm.get("MetricName")
    if name is not None:
        yield from _by_dimensions(name, alarm.get("Namespace"), alarm.get("Dimensions"), world)
    for query in alarm.items("Metrics") or ():
        metric = walk(query, "MetricStat", "Metric")
        keys = ("MetricName", "Namespace", "Dimensions")
        name, namespace, dimensions = (walk(metric, key) for key in keys)
        yield from _by_dimensions(name, namespace, dimensions, world)


def _by_dimensions(
    metric: Value, namespace: Value, dimensions: Value, world: World
) -> Iterator[tuple[Target, str]]:
    measured = _by_name(namespace, dimensions, world)
    for name in alternatives(metric):
        if isinstance(name, str):
            yield from ((target, name) for target in measured)


def _by_name(namespace: Value, dimensions: Value, world: World) -> list[Target]:
    given = {
        name: walk(dimension, "Value")
        for dimension in items(dimensions)
        if isinstance(name := walk(dimension, "Name"), str)
    }
    of_aws = isinstance(namespace, str) and namespace.startswith(("AWS/", "ECS/"))
    found: list[Target] = []
    for name, value in given.items():
        if _FINER.get(name) in given:
            continue
        for target in _named_by(name, value, world, of_aws=of_aws):
            if name == "FunctionName" and "Resource" in given:
                found.append(_qualified(target, given["Resource"], world))
            else:
                found.append(target)
            if target.node.type == TARGET_GROUP:
                found += map(Target, load_balancers_of(world).get(target.node, ()))
    return found


def _named_by(name: str, value: Value, world: World, *, of_aws: bool) -> Sequence[Target]:
    if name in ("LoadBalancer", "TargetGroup") and isinstance(value, str):
        # app/name/id or net/name/id; targetgroup/name/id
        type_ = LOAD_BALANCER if name == "LoadBalancer" else TARGET_GROUP
        return targets_of(value.partition("/")[2].partition("/")[0], world, named=type_)
    return targets_of(value, world, named=_NAMES.get(name, ()) if of_aws else ())


def _qualified(function: Target, resource: Value, world: World) -> Target:
    """Returns a function with the alias that the dimension `name:alias` names."""
    qualifier = None
    if isinstance(resource, str) and ":" in resource:
        qualifier = alias_of(function.node, resource.rpartition(":")[2], world)
    elif isinstance(resource, (Text, Reference)):
        qualifier = next((through for _, through in mentioned(resource, world) if through), None)
    return Target(function.node, qualifier or function.qualifier)


BUILDERS: dict[str, Builder] = {ALARM: _alarm, COMPOSITE_ALARM: _composite}
