"""Two different consumers poll one queue.

A queue hands each message to one receiver. With two functions on it, each gets the messages that
it happens to poll first, and never the others': no copy is made. An event filter does not route
either: Lambda deletes the messages that do not match the filter of the mapping that received
them.

Several mappings or aliases of the same function are one consumer. Mappings that are disabled are
left out, so that a consumer can be replaced in steps.

## How to mend it

Put a topic or an event bus before the queue, and give each consumer a queue of its own, filtered
at the subscription or the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


@check(
    id="FM210",
    title="Two consumers on one queue",
    severity=Severity.ERROR,
    reason="Each message reaches only one of them, whichever polled first; a filter deletes what "
    "does not match it.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html",
        "https://www.tecracer.com/blog/2022/01/lambda-sqs-event-filters-may-delete-your-messages-if-youre-not-careful.html",
    ),
    fix="Fan out by a topic or a bus to one queue for each consumer.",
)
def shared_queue(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Counts the different consumers that poll each queue."""
    polls: dict[Node, list[Edge]] = defaultdict(list)
    for edge in topology.edges(Kind.POLLS):
        if edge.source.type == "AWS::SQS::Queue":
            polls[edge.source].append(edge)
    for queue, edges in polls.items():
        if len({edge.target for edge in edges}) < 2:
            continue
        certain = {edge.target: edge for edge in edges if _enabled(edge) and not _optional(edge)}
        if len(certain) > 1:
            yield Finding(
                node=queue,
                property="",
                says=f"{' and '.join(consumer.name for consumer in certain)} take messages from "
                "each other: each message reaches only one of them",
                related=tuple(certain),
            )
        elif len({edge.target for edge in edges if _enabled(edge) is not False}) > 1:
            unsure = next(edge for edge in edges if edge.target not in certain)
            yield Unresolved(node=unsure.via, property="Enabled")


def _enabled(edge: Edge) -> bool | None:
    if edge.via.type == "AWS::Lambda::EventSourceMapping":
        return edge.via.flag("Enabled", default=True)
    return edge.via.strings("DesiredState") != frozenset({"STOPPED"})


def _optional(edge: Edge) -> bool:
    return edge.via.conditional
