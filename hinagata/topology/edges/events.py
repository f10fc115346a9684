"""EventBridge: rules, schedules and pipes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.containers import TASK_DEFINITION, computes_of
from hinagata.topology.edges.json_text import read_json
from hinagata.topology.edges.messaging import QUEUE
from hinagata.topology.edges.service_calls import BUS, buses_of, call
from hinagata.topology.edges.target import is_function, spelled, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

# A schedule's target that calls any API (EventBridge Scheduler user guide, "Universal targets").
_UNIVERSAL = re.compile(r"^arn:[^:]*:scheduler:::aws-sdk:(?P<service>[^:]+):(?P<action>[^:]+)$")


def _rule(rule: Node, world: World) -> Iterator[Edge]:
    sources: list[Node] = []
    if rule.get("EventPattern") is not None:
        buses = list(buses_of(rule.get("EventBusName"), world))
        if not buses and (bus := world.given(rule, "EventBusName")):
            buses.append(bus)
        sources += buses
    if rule.get("ScheduleExpression") is not None:
        sources.append(world.schedule)
    for target in rule.items("Targets") or ():
        for source in sources:
            yield from _target(source, target, rule, world)


def _schedule(schedule: Node, world: World) -> Iterator[Edge]:
    for target in items(schedule.get("Target")):
        yield from _target(world.schedule, target, schedule, world)
        arn = spelled(walk(target, "Arn"))
        if universal := _UNIVERSAL.match(arn):
            given = walk(target, "Input")
            arguments = read_json(given) if isinstance(given, str) else given
            api = (universal["service"], universal["action"])
            yield from call(world.schedule, schedule, api, arguments, world)


def _target(source: Node, target: Value, via: Node, world: World) -> Iterator[Edge]:
    arn = walk(target, "Arn")
    task = walk(target, "EcsParameters", "TaskDefinitionArn")
    if task is not None:
        for node, _ in targets_of(task, world, named=TASK_DEFINITION):
            for compute in computes_of(node, world):
                yield Edge(source, compute, Kind.INVOKES_ASYNC, via)
    elif not _UNIVERSAL.match(spelled(arn)):
        for node, through in targets_of(arn, world):
            kind = Kind.INVOKES_ASYNC if is_function(node) else Kind.DELIVERS
            yield Edge(source, node, kind, via, through)
    for queue, _ in targets_of(walk(target, "DeadLetterConfig", "Arn"), world, named=QUEUE):
        yield Edge(source, queue, Kind.DEAD_LETTER, via)


def _bus(bus: Node, world: World) -> Iterator[Edge]:
    for queue, _ in targets(bus, world, "DeadLetterConfig", "Arn", named=QUEUE):
        yield Edge(bus, queue, Kind.DEAD_LETTER, bus)


def _pipe(pipe: Node, world: World) -> Iterator[Edge]:
    enriching = targets(pipe, world, "Enrichment")
    task = ("TargetParameters", "EcsTaskParameters", "TaskDefinitionArn")
    tasks = targets(pipe, world, *task, named=TASK_DEFINITION)
    for source, _ in targets(pipe, world, "Source"):
        for node, through in enriching:
            yield Edge(source, node, Kind.INVOKES_SYNC, pipe, through)
        for node, through in tasks or targets(pipe, world, "Target"):
            for compute in computes_of(node, world):
                yield Edge(source, compute, Kind.POLLS, pipe, through)
        for parameters in ("KinesisStreamParameters", "DynamoDBStreamParameters"):
            letters = ("SourceParameters", parameters, "DeadLetterConfig", "Arn")
            for queue, _ in targets(pipe, world, *letters):
                yield Edge(source, queue, Kind.DEAD_LETTER, pipe)


BUILDERS: dict[str, Builder] = {
    BUS: _bus,
    "AWS::Events::Rule": _rule,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::Scheduler::Schedule": _schedule,
}
