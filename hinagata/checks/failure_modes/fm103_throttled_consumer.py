"""Reserved concurrency throttles a queue's consumer, and the queue counts it as a failed receive.

The pollers of a mapping do not know of reserved concurrency. They take as many batches from the
queue as they may; what the function cannot run is throttled, goes back after the visibility
timeout and has used up a receive. After `maxReceiveCount` of them a message lies among the dead
letters that the function never saw. AWS: do not set the maximum concurrency of a mapping above
the reserved concurrency, and keep the latter at the sum of all mappings or more.

A mapping without `MaximumConcurrency` goes up to 1,250 executions at once, or to the account's
quota. With `ProvisionedPollerConfig` it is ten for each of `MaximumPollers`.

A warning only, where the queue has no dead-letter queue (the messages are late, not lost), and
for a FIFO queue without a bound: there the number of message groups, which the template does not
tell, bounds the consumer too.

## How to mend it

Set `ScalingConfig.MaximumConcurrency` on every mapping of the function, and
`ReservedConcurrentExecutions` to their sum or more; or drop the reservation, if the mapping's
bound was all that you wanted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.queue_concurrency import bound, queue_edges
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

# What a mapping scales to by itself (services-sqs-scaling.html).
_UNBOUNDED = 1250


@check(
    id="FM103",
    title="Queue consumer throttled by its reserved concurrency",
    severity=Severity.ERROR,
    reason="Pollers ignore reserved concurrency: throttled batches count as receives, and good "
    "messages end among the dead letters.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
        "https://repost.aws/knowledge-center/lambda-sqs-scaling",
    ),
    fix="Set MaximumConcurrency on each mapping, and reserve at least their sum.",
)
def throttled_consumer(
    topology: Topology, thresholds: Thresholds
) -> Iterator[Finding | Unresolved]:
    """Compares reserved concurrency with what the function's mappings may start."""
    for function, edges in queue_edges(topology).items():
        if function.get("ReservedConcurrentExecutions") is None:
            continue
        reservations = function.numbers("ReservedConcurrentExecutions")
        if not reservations:
            yield Unresolved(node=function, property="ReservedConcurrentExecutions")
            continue
        reserved = min(reservations)
        wanted = 0.0
        unbounded = []
        for edge in edges:
            most = bound(edge.via)
            if most is None:
                yield Unresolved(node=edge.via, property="ScalingConfig.MaximumConcurrency")
            elif min(most) == math.inf:
                unbounded.append(edge)
            else:
                wanted += max(most)
        scales_to = min(_UNBOUNDED, thresholds.account_concurrency)
        for edge in unbounded if reserved < scales_to else ():
            yield _unbounded(topology, edge, reserved, scales_to)
        if wanted > reserved:
            yield _too_little(topology, function, edges, reserved, wanted)


def _unbounded(topology: Topology, edge: Edge, reserved: float, scales_to: float) -> Finding:
    certain = edge.source.flag("FifoQueue") is False and _has_dead_letters(topology, edge)
    return Finding(
        node=edge.via,
        property="ScalingConfig.MaximumConcurrency",
        says=f"{edge.source.name} is polled for up to {scales_to:g} executions at once, but "
        f"{edge.target.name} may run {reserved:g}: the rest is throttled, and each time counts "
        "as a receive",
        related=(edge.target, edge.source),
        severity=None if certain else Severity.WARNING,
    )


def _too_little(
    topology: Topology, function: Node, edges: list[Edge], reserved: float, wanted: float
) -> Finding:
    return Finding(
        node=function,
        property="ReservedConcurrentExecutions",
        says=f"{reserved:g} executions are reserved, but the mappings of its queues start up to "
        f"{wanted:g}: the rest is throttled, and each time counts as a receive",
        related=tuple(edge.via for edge in edges),
        severity=None
        if any(_has_dead_letters(topology, edge) for edge in edges)
        else Severity.WARNING,
    )


def _has_dead_letters(topology: Topology, edge: Edge) -> bool:
    return bool(topology.out(edge.source, Kind.DEAD_LETTER))
