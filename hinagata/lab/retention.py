"""How long what lies before a hop keeps a message that nobody takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_HOUR = 3600.0
# What the services take where a template says nothing: MessageRetentionPeriod (SQS API,
# SetQueueAttributes), RetentionPeriodHours (Kinesis, CreateStream), MaximumEventAgeInSeconds
# (Lambda, PutFunctionEventInvokeConfig); a table's stream keeps 24 h (DynamoDB streams).
_QUEUE_SECONDS = 4 * 24 * _HOUR
_STREAM_HOURS = 24.0
_ASYNCHRONOUS_SECONDS = 6 * _HOUR


def keeps_seconds(topology: Topology, names: Mapping[Node, str]) -> dict[str, float]:
    """Return for each hop how long a message waits before it at most, where that is known.

    Args:
        topology: the architecture.
        names: the name of the hop of each resource that runs code.
    """
    found: dict[str, float] = {}
    for node, hop in names.items():
        for seconds in _of_node(topology, node):
            # Of several ways to it, the longest: what is not there by then has surely expired.
            found[hop] = max(seconds, found.get(hop, 0.0))
    return found


def _of_node(topology: Topology, node: Node) -> Iterator[float]:
    for edge in topology.into(node, Kind.POLLS):
        yield from _polled(edge)
    if topology.into(node, Kind.INVOKES_ASYNC):
        ages = [
            _largest(config, "MaximumEventAgeInSeconds", default=_ASYNCHRONOUS_SECONDS)
            for config in topology.of_type("AWS::Lambda::EventInvokeConfig")
            if node in config.nodes("FunctionName")
        ]
        yield from (age for age in ages or [_ASYNCHRONOUS_SECONDS] if age is not None)


def _polled(edge: Edge) -> Iterator[float]:
    match edge.source.role:
        case Role.QUEUE:
            kept = _largest(edge.source, "MessageRetentionPeriod", default=_QUEUE_SECONDS)
        case Role.STREAM:
            hours = _largest(edge.source, "RetentionPeriodHours", default=_STREAM_HOURS)
            kept = None if hours is None else hours * _HOUR
        case Role.TABLE:
            kept = _STREAM_HOURS * _HOUR
        case _:
            return
    if kept is None:
        return
    # -1, the default, is no limit of its own.
    age = _largest(edge.via, "MaximumRecordAgeInSeconds", default=-1)
    yield min(kept, age) if age is not None and age > 0 else kept


def _largest(node: Node, name: str, *, default: float) -> float | None:
    numbers = node.numbers(name, default=default)
    return max(numbers) if numbers else None
