"""CloudWatch Logs: whose log a group holds, and who is handed its lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import FUNCTION, is_function, targets
from hinagata.topology.node import Node
from hinagata.topology.value import Reference, Text, Value, alternatives

if TYPE_CHECKING:
    from hinagata.topology.world import World

LOG_GROUP = "AWS::Logs::LogGroup"
# Older versions of the CDK set the retention of a group that Lambda makes itself.
LOG_RETENTION = "Custom::LogRetention"
# Where a function logs to if it is not told (Lambda developer guide, "CloudWatch log groups").
_OF_FUNCTIONS = "/aws/lambda/"


def _log_group(group: Node, world: World) -> Iterator[Edge]:
    for name in alternatives(group.get("LogGroupName")):
        function = _function_of(name, world)
        if function is not None and function.get("LoggingConfig", "LogGroup") is None:
            yield Edge(function, group, Kind.LOGS_TO, group)


def _function_of(name: Value, world: World) -> Node | None:
    if isinstance(name, str) and name.startswith(_OF_FUNCTIONS):
        return world.named(FUNCTION, name.removeprefix(_OF_FUNCTIONS))
    if isinstance(name, Text) and len(name.parts) == 2 and name.parts[0] == _OF_FUNCTIONS:
        function = name.parts[1]
        if isinstance(function, Reference) and function.node.type == FUNCTION:
            return function.node
    return None


def _subscription(subscription: Node, world: World) -> Iterator[Edge]:
    for group, _ in targets(subscription, world, "LogGroupName", named=LOG_GROUP):
        for node, through in targets(subscription, world, "DestinationArn"):
            kind = Kind.INVOKES_ASYNC if is_function(node) else Kind.DELIVERS
            yield Edge(group, node, kind, subscription, through)


BUILDERS: dict[str, Builder] = {
    LOG_GROUP: _log_group,
    LOG_RETENTION: _log_group,
    "AWS::Logs::SubscriptionFilter": _subscription,
}
