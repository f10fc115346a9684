"""A function that events or a queue start has no bound on how many of it run at once.

All functions of an account share one pool of concurrency in a region, 1,000 unless raised, and
each may take 1,000 more every ten seconds. When what a function calls gets slow, its executions
last longer and its retries come on top: it takes the whole pool, and the API beside it is
throttled. That happened to a connected-car platform, whose retry function ran thousands wide
until nothing else of the account could start.

A queue keeps messages and asynchronous events wait for up to six hours: so a bound costs nothing
but time, and both can have one. Found are

- a mapping of a queue without `MaximumConcurrency` (and without `MaximumPollers` in provisioned
  mode), if its function has no reserved concurrency either;
- a function that SNS, S3, EventBridge or another service invokes asynchronously and that has no
  reserved concurrency.

Not found, because something else bounds them: consumers of streams (shards times parallelization
factor), Kafka (partitions) and brokers; functions on a schedule; functions that rules start for
events of AWS services other than S3, which tell of operations and are few; functions behind an
API, which a throttle of the API bounds (FM106).

## How to mend it

Set `ScalingConfig.MaximumConcurrency` on the mapping of each queue (2 to 1,000; in CDK
`max_concurrency` of `SqsEventSource`), and `ReservedConcurrentExecutions` on a function that is
invoked asynchronously. Size: messages per second x seconds per message, with some headroom. Prefer
the mapping's bound for queues: reserved concurrency alone throttles the pollers (FM103).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.queue_concurrency import bound, queue_edges
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.value import alternatives


@check(
    id="FM102",
    title="Consumer without a bound on its concurrency",
    severity=Severity.WARNING,
    reason="A slow dependency and its retries make the function take the whole concurrency of the "
    "account, and every other function is throttled.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    ),
    fix="Set ScalingConfig.MaximumConcurrency on the mapping of a queue, "
    "ReservedConcurrentExecutions on a function invoked asynchronously.",
)
def concurrency_bound(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for functions with neither reserved concurrency nor bounded mappings."""
    polled = queue_edges(topology)
    events: dict[Node, list[Edge]] = {}
    for edge in topology.edges(Kind.INVOKES_ASYNC):
        if edge.target.type == "AWS::Lambda::Function" and not _rare(edge):
            events.setdefault(edge.target, []).append(edge)
    for function in dict.fromkeys((*polled, *events)):
        reserved = function.numbers("ReservedConcurrentExecutions", default=math.inf)
        if reserved is None:
            yield Unresolved(node=function, property="ReservedConcurrentExecutions")
        elif min(reserved) == math.inf:
            for edge in polled.get(function, ()):
                yield from _unbounded_mapping(edge, thresholds)
            if function in events:
                sources = tuple(dict.fromkeys(edge.source for edge in events[function]))
                yield Finding(
                    node=function,
                    property="ReservedConcurrentExecutions",
                    says=f"{' and '.join(source.name for source in sources)} may start as many "
                    "executions at once as the account allows",
                    related=sources,
                )


def _unbounded_mapping(edge: Edge, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    mapping = edge.via
    most = bound(mapping)
    if most is None:
        yield Unresolved(node=mapping, property="ScalingConfig.MaximumConcurrency")
    elif min(most) >= thresholds.account_concurrency:
        is_pipe = mapping.type == "AWS::Pipes::Pipe"
        yield Finding(
            node=edge.target if is_pipe else mapping,
            property="ReservedConcurrentExecutions"
            if is_pipe
            else "ScalingConfig.MaximumConcurrency",
            says=f"{edge.source.name} may start as many executions of {edge.target.name} at once "
            f"as the account allows: neither {mapping.name} nor the function has a bound below "
            f"{thresholds.account_concurrency:g}",
            related=(edge.source, mapping if is_pipe else edge.target),
        )


def _rare(edge: Edge) -> bool:
    """Whether events come from a schedule, or from AWS services that tell of operations."""
    if edge.source.role is Role.SCHEDULE:
        return True
    if edge.via.type != "AWS::Events::Rule":
        return False
    sources = [
        source
        for each in alternatives(walk(edge.via.get("EventPattern"), "source"))
        if isinstance(each, list)
        for source in each
    ]
    return bool(sources) and all(
        isinstance(source, str) and source.startswith("aws.") and source != "aws.s3"
        for source in sources
    )
