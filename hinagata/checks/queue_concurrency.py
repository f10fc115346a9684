"""How many executions of a function a queue's mapping may start at once."""

from __future__ import annotations

import math

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

# Executions that one poller of the provisioned mode starts at once, and how many pollers there
# are unless set (Lambda's CreateEventSourceMapping, ProvisionedPollerConfig).
_PER_POLLER, _POLLERS = 10, 200


def queue_edges(topology: Topology) -> dict[Node, list[Edge]]:
    """Returns, for each function, the edges by which it polls SQS queues.

    A queue that lives elsewhere counts: its mapping has none of what streams and brokers need.
    """
    found: dict[Node, list[Edge]] = {}
    for edge in topology.edges(Kind.POLLS):
        if edge.target.type == "AWS::Lambda::Function" and _reads_queue(edge):
            found.setdefault(edge.target, []).append(edge)
    return found


def _reads_queue(edge: Edge) -> bool:
    if edge.source.type == "AWS::SQS::Queue":
        return True
    return (
        edge.source.type == "Hinagata::External"
        and edge.via.type == "AWS::Lambda::EventSourceMapping"
        and all(edge.via.get(name) is None for name in ("StartingPosition", "Queues", "Topics"))
    )


def bound(mapping: Node) -> frozenset[float] | None:
    """Returns how many executions a mapping may start at once; None if that is unknown.

    Infinity where it has no bound of its own. A pipe never has one.
    """
    if mapping.type != "AWS::Lambda::EventSourceMapping":
        return frozenset({math.inf})
    if mapping.get("ProvisionedPollerConfig") is None:
        return mapping.numbers("ScalingConfig", "MaximumConcurrency", default=math.inf)
    pollers = mapping.numbers("ProvisionedPollerConfig", "MaximumPollers", default=_POLLERS)
    return pollers and frozenset(each * _PER_POLLER for each in pollers)
