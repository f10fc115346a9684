"""Lambda: functions, their aliases, versions and URLs, and what polls for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.environment import passed
from hinagata.topology.edges.target import (
    ALIAS,
    FUNCTION,
    VERSION,
    alias_of,
    targets,
)
from hinagata.topology.node import Node
from hinagata.topology.value import referenced

if TYPE_CHECKING:
    from hinagata.topology.world import World


def _function(function: Node, world: World) -> Iterator[Edge]:
    variables = function.get("Environment", "Variables")
    if isinstance(variables, dict):
        for name, value in variables.items():
            yield from passed(function, function, name, value, world)
    for queue, _ in targets(function, world, "DeadLetterConfig", "TargetArn"):
        yield Edge(function, queue, Kind.DEAD_LETTER, function)
    log_group = ("LoggingConfig", "LogGroup")
    for group, _ in targets(function, world, *log_group, named="AWS::Logs::LogGroup"):
        yield Edge(function, group, Kind.LOGS_TO, function)
    for places in ("SubnetIds", "SecurityGroupIds"):
        for place, _ in targets(function, world, "VpcConfig", places):
            yield Edge(function, place, Kind.RUNS_IN, function)


def _alias(alias: Node, world: World) -> Iterator[Edge]:
    versions = [node for node in alias.nodes("FunctionVersion") if node.type == VERSION]
    for version in versions:
        yield Edge(alias, version, Kind.VERSIONS, alias)
    if not versions:
        yield from _version(alias, world)


def _version(version: Node, world: World) -> Iterator[Edge]:
    for function, _ in targets(version, world, "FunctionName", named=FUNCTION):
        yield Edge(version, function, Kind.VERSIONS, version)


def _invoke_config(config: Node, world: World) -> Iterator[Edge]:
    for function, through in targets(config, world, "FunctionName", named=FUNCTION):
        qualifier = through or _qualifier(config, function, world)
        for outcome, kind in (("OnFailure", Kind.ON_FAILURE), ("OnSuccess", Kind.ON_SUCCESS)):
            for target, _ in targets(config, world, "DestinationConfig", outcome, "Destination"):
                yield Edge(function, target, kind, config, qualifier)


def _qualifier(node: Node, function: Node, world: World) -> Node | None:
    value = node.get("Qualifier")
    if isinstance(value, str):
        return alias_of(function, value, world)
    return next((each for each in referenced(value) if each.type in (ALIAS, VERSION)), None)


def _mapping(mapping: Node, world: World) -> Iterator[Edge]:
    for function, through in targets(mapping, world, "FunctionName", named=FUNCTION):
        for source, _ in targets(mapping, world, "EventSourceArn"):
            yield Edge(source, function, Kind.POLLS, mapping, through)
        for target, _ in targets(mapping, world, "DestinationConfig", "OnFailure", "Destination"):
            yield Edge(function, target, Kind.ON_FAILURE, mapping, through)


def _url(url: Node, world: World) -> Iterator[Edge]:
    for function, through in targets(url, world, "TargetFunctionArn", named=FUNCTION):
        qualifier = through or _qualifier(url, function, world)
        yield Edge(world.internet, function, Kind.INVOKES_SYNC, url, qualifier)


def _permission(permission: Node, world: World) -> Iterator[Edge]:
    for function, through in targets(permission, world, "FunctionName", named=FUNCTION):
        yield Edge(permission, function, Kind.PERMITS, permission, through)


BUILDERS: dict[str, Builder] = {
    FUNCTION: _function,
    ALIAS: _alias,
    VERSION: _version,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::Url": _url,
}
