"""A queue is consumed, and has no dead-letter queue.

A message that its consumer cannot process returns to the queue after each visibility timeout and
is tried again, until its retention ends: four days by default. Meanwhile it takes its share of
every batch and of the consumer's concurrency; in a FIFO queue it blocks its message group. Then
SQS deletes it, and nobody learns that it was there.

Queues that are themselves dead-letter queues or on-failure destinations are left out: a consumer
that redrives them needs no second place for what failed twice.

The finding is an error where Lambda or a pipe polls the queue, for these retry whatever fails. It
is a warning where the consumer is known only by its permission to receive, e.g. a container: its
own code may delete what it cannot process. Functions with that permission and no mapping are left
out; they hardly ever poll, and often were allowed more than they use.

## How to mend it

Make a queue with a retention longer than this one's, set `RedrivePolicy` with its ARN and a
`maxReceiveCount` of about 5, and an alarm on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


@check(
    id="FM201",
    title="Consumed queue without dead-letter queue",
    severity=Severity.ERROR,
    reason="A message that cannot be processed is tried again until its retention ends, and is "
    "then deleted unseen.",
    sources=(
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        "https://docs.aws.amazon.com/lambda/latest/operatorguide/sqs-retries.html",
    ),
    fix="Set RedrivePolicy to a dead-letter queue, with a maxReceiveCount of about 5.",
)
def no_dead_letter_queue(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for the redrive policy of each queue that something consumes."""
    for queue, (severity, consumers) in _consumed(topology).items():
        if queue in topology.failure_destinations:
            continue
        policies = queue.alternatives("RedrivePolicy")
        if all(policy is None for policy in policies):
            names = " and ".join(consumer.name for consumer in consumers)
            yield Finding(
                node=queue,
                property="RedrivePolicy",
                says=f"it is consumed by {names} and has no dead-letter queue: a message that "
                "always fails is retried until its retention ends, then deleted",
                related=consumers,
                severity=severity,
            )
        elif any(policy is None for policy in policies):
            yield Unresolved(node=queue, property="RedrivePolicy")


def _consumed(topology: Topology) -> dict[Node, tuple[Severity, tuple[Node, ...]]]:
    polled: dict[Node, list[Node]] = defaultdict(list)
    for edge in topology.edges(Kind.POLLS):
        # A pipe reads for its target, which need not know of the queue.
        consumer = edge.via if edge.via.type == "AWS::Pipes::Pipe" else edge.target
        if edge.source.type == "AWS::SQS::Queue" and consumer not in polled[edge.source]:
            polled[edge.source].append(consumer)
    received: dict[Node, list[Node]] = defaultdict(list)
    for edge in topology.edges(Kind.MAY_READ):
        queue, compute = edge.target, edge.source
        if (
            edge.detail == "sqs:ReceiveMessage"
            and queue.type == "AWS::SQS::Queue"
            and compute.type != "AWS::Lambda::Function"
            and queue not in polled
            and compute not in received[queue]
        ):
            received[queue].append(compute)
    return {
        queue: (severity, tuple(consumers))
        for severity, found in ((Severity.ERROR, polled), (Severity.WARNING, received))
        for queue, consumers in found.items()
        if consumers
    }
