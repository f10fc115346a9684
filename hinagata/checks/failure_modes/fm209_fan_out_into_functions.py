"""A topic fans out straight into functions, with no queue between.

Each message starts every subscribed function at once. Lambda does hold the events in a queue of
its own, but one that nobody sees or steers: there is no batch, no pace, no replay, and a burst of
messages takes as many concurrent executions as there are messages times subscribers, out of the
one pool of the account. A queue for each subscriber takes the burst, lets each worker go its own
pace, batches, and keeps what a broken worker left until it is mended.

It is a note: for a trickle of messages the queues are not worth it. A topic is told that has two
or more functions subscribed and no queue. Functions that are bounded by reserved concurrency and
keep their failures (a dead-letter queue or an on-failure destination) are not counted.

## How to mend it

Subscribe a queue for each function, and let the function consume the queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FAILURE, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


@check(
    id="FM209",
    title="Fan-out straight into functions",
    severity=Severity.NOTE,
    reason="A burst of messages takes the account's concurrency once for each subscriber, and "
    "nothing can be paced or replayed.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
    ),
    fix="Subscribe a queue for each function, and let the function consume the queue.",
)
def fan_out_into_functions(topology: Topology, _: Thresholds) -> Iterator[Finding]:
    """Counts the functions that each topic invokes with nothing between."""
    functions: dict[Node, list[Node]] = defaultdict(list)
    for edge in topology.edges(Kind.INVOKES_ASYNC):
        topic, function = edge.source, edge.target
        if topic.type == "AWS::SNS::Topic" and function not in functions[topic]:
            functions[topic].append(function)
    for topic, subscribed in functions.items():
        if len(subscribed) < 2 or topology.out(topic, Kind.DELIVERS):
            continue
        unbounded = [function for function in subscribed if not _bounded(topology, function)]
        if len(unbounded) >= 2:
            yield Finding(
                node=topic,
                property="",
                says=f"each message starts {' and '.join(each.name for each in unbounded)} at "
                "once, with no queue to take a burst or to replay from",
                related=tuple(unbounded),
            )


def _bounded(topology: Topology, function: Node) -> bool:
    reserved = function.get("ReservedConcurrentExecutions") is not None
    return reserved and bool(topology.out(function, *FAILURE))
