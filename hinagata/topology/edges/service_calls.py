"""What a service does that calls another one's API: API Gateway, Step Functions, Scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.containers import TASK_DEFINITION, computes_of
from hinagata.topology.edges.permissions import accepts, accesses
from hinagata.topology.edges.target import mentioned, targets_of
from hinagata.topology.node import Node
from hinagata.topology.value import Value, alternatives

if TYPE_CHECKING:
    from hinagata.topology.world import World

BUS = "AWS::Events::EventBus"
# Services whose prefix in an SDK's or integration's name is not that of IAM's actions.
_PREFIXES = {
    "apigateway": "execute-api",
    "apigatewaymanagementapi": "execute-api",
    "eventbridge": "events",
    "sfn": "states",
}
# APIs that IAM allows under another name.
_ALLOWED_AS = {
    "invoke": "InvokeFunction",
    "publishbatch": "Publish",
    "sendmessagebatch": "SendMessage",
    "transactgetitems": "GetItem",
    "transactwriteitems": "PutItem",
}
# Services that keep what they are given until it is asked for: nothing is delivered onward.
_STORES = ("dynamodb", "s3")
# Arguments of the APIs that take a physical name.
_NAMES = ("Bucket", "DeliveryStreamName", "FunctionName", "StreamName", "TableName")


def call(
    caller: Node,
    via: Node,
    api: tuple[str, str],
    arguments: Value,
    world: World,
    *,
    waits: bool = False,
) -> Iterator[Edge]:
    """Yields the edges of a call to another service.

    Args:
        caller: Who makes it.
        via: The resource that declares it.
        api: The service and its action, as the SDKs call them, e.g. `("sqs", "sendMessage")`;
            case does not count.
        arguments: All that may name the resource the call is about.
        world: Where to look.
        waits: Whether the caller waits until a started workflow or task has ended.
    """
    service = _PREFIXES.get(api[0].lower(), api[0].lower())
    action = api[1].lower()
    if (service, action) == ("events", "putevents"):
        for bus in _buses(arguments, world):
            yield Edge(caller, bus, Kind.DELIVERS, via)
    elif (service, action) == ("ecs", "runtask"):
        kind = Kind.INVOKES_SYNC if waits else Kind.INVOKES_ASYNC
        for named in _under(arguments, ("TaskDefinition", "TaskDefinitionArn")):
            for task, _ in targets_of(named, world, named=TASK_DEFINITION):
                for compute in computes_of(task, world):
                    yield Edge(caller, compute, kind, via)
    else:
        if service != "execute-api":
            action = _ALLOWED_AS.get(action, action)
        yield from _data(caller, via, (service, action), arguments, world, waits=waits)


def _data(
    caller: Node,
    via: Node,
    api: tuple[str, str],
    arguments: Value,
    world: World,
    *,
    waits: bool,
) -> Iterator[Edge]:
    service, action = api
    for access, proper in accesses(service, action):
        kind = _kind(access.kind, service, proper, waits=waits)
        if service == "lambda" and "Event" in _under(arguments, ("InvocationType",)):
            kind = Kind.INVOKES_ASYNC
        detail = f"{service}:{proper}" if kind in (Kind.MAY_WRITE, Kind.MAY_READ) else ""
        names = _under(arguments, _NAMES)
        named = targets_of(names, world, named=access.types)
        for target in dict.fromkeys((*mentioned(arguments, world), *named)):
            if accepts(access, target.node):
                yield Edge(caller, target.node, kind, via, target.qualifier, detail)


def _kind(allowed: Kind, service: str, action: str, *, waits: bool) -> Kind:
    if allowed is Kind.MAY_READ or service in _STORES:
        return allowed
    if service in ("lambda", "execute-api") or action == "StartSyncExecution":
        return Kind.INVOKES_SYNC
    return Kind.INVOKES_SYNC if waits and action == "StartExecution" else Kind.DELIVERS


def buses_of(value: Value, world: World) -> Iterator[Node]:
    """Yields the buses that an `EventBusName` means: the account's own one if it is absent."""
    for name in alternatives(value):
        if name in (None, "default"):
            yield world.default_bus
        elif isinstance(name, str) and not name.startswith("arn:"):
            bus = world.named(BUS, name) or world.at_arn(f"arn:aws:events:::event-bus/{name}")
            if bus is not None:
                yield bus
        else:
            yield from (target.node for target in targets_of(name, world))


def _buses(arguments: Value, world: World) -> Iterator[Node]:
    named = _under(arguments, ("EventBusName",))
    found = [bus for name in named for bus in buses_of(name, world)]
    if not named:
        found = [node for node, _ in mentioned(arguments, world) if node.type == BUS]
        found = found or [world.default_bus]
    yield from dict.fromkeys(found)


def _under(value: Value, keys: tuple[str, ...]) -> list[Value]:
    """Returns what stands under some keys, at any depth of a call's arguments.

    A key of the workflow language that ends in `.$` holds an expression, not a value.
    """
    if isinstance(value, list):
        return [found for item in value for found in _under(item, keys)]
    if not isinstance(value, dict):
        return []
    return [
        found
        for key, item in value.items()
        for found in ([item] if key in keys else _under(item, keys))
    ]
