"""Work piles up and nobody is told.

A consumer that is too slow, throttled or broken raises no error of its own: messages just wait
longer, until they are too old to be worth anything or past the queue's or stream's retention,
where they are deleted. The age of the oldest one says so long before.

Wanted is, for a queue with a consumer, an alarm on `ApproximateAgeOfOldestMessage` (its depth,
`ApproximateNumberOfMessagesVisible`, is taken too); for a stream that functions read, one on
`IteratorAge` of the function or `GetRecords.IteratorAgeMilliseconds` of the stream. Queues that
take dead letters are FM402's.

## How to mend it

An alarm on the age, at the delay that a user or the next system would notice, with an action that
reaches somebody.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.alarm_metrics import undecided, watched_as_a_whole
from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FAILURE, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_QUEUE = ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
_STREAMS = ("AWS::Kinesis::Stream", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_STREAM = ("GetRecords.IteratorAgeMilliseconds", "GetRecords.IteratorAge")


@check(
    id="FM404",
    title="Backlog that nobody watches",
    severity=Severity.WARNING,
    reason="A consumer that is too slow or throttled raises no error: messages wait longer and "
    "longer, until they are deleted unread.",
    sources=(
        (
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
            "Best_Practice_Recommended_Alarms_AWS_Services.html"
        ),
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    ),
    fix="Add an alarm on ApproximateAgeOfOldestMessage of the queue, or on IteratorAge of the "
    "stream's reader.",
)
def unwatched_backlog(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for an alarm on the age of what each consumer has yet to read."""
    consumers: dict[Node, list[Node]] = {}
    for edge in topology.edges(Kind.POLLS, Kind.MAY_READ):
        if edge.kind is Kind.POLLS:
            # A pipe reads for its target, which need not know of the queue.
            pipe = edge.source.type == "AWS::SQS::Queue" and edge.via.type == "AWS::Pipes::Pipe"
            consumers.setdefault(edge.source, []).append(edge.via if pipe else edge.target)
        elif edge.detail == "sqs:ReceiveMessage":
            consumers.setdefault(edge.target, []).append(edge.source)
    for source, readers in consumers.items():
        if source.type == "AWS::SQS::Queue":
            yield from _queue(topology, source, readers)
        elif source.type in _STREAMS:
            yield from _stream(topology, source, readers)


def _queue(topology: Topology, queue: Node, readers: list[Node]) -> Iterator[Finding | Unresolved]:
    if topology.alarms(queue, *_QUEUE) or topology.into(queue, *FAILURE):
        return
    if alarm := undecided(topology, queue, "AWS/SQS", *_QUEUE):
        yield Unresolved(node=alarm, property="Dimensions")
        return
    yield Finding(
        node=queue,
        property="",
        says=f"no alarm watches its ApproximateAgeOfOldestMessage: if {readers[0].name} falls "
        "behind, nobody is told",
        related=tuple(dict.fromkeys(readers)),
    )


def _stream(
    topology: Topology, stream: Node, readers: list[Node]
) -> Iterator[Finding | Unresolved]:
    if topology.alarms(stream, *_STREAM) or watched_as_a_whole(
        topology, "AWS/Lambda", "IteratorAge"
    ):
        return
    behind = tuple(
        reader
        for reader in dict.fromkeys(readers)
        if reader.type == "AWS::Lambda::Function"
        and not topology.alarms(reader, "IteratorAge", "OffsetLag")
    )
    if not behind:
        return
    if alarm := undecided(topology, stream, "AWS/Kinesis", *_STREAM) or undecided(
        topology, behind[0], "AWS/Lambda", "IteratorAge"
    ):
        yield Unresolved(node=alarm, property="Dimensions")
        return
    yield Finding(
        node=stream,
        property="",
        says=f"no alarm watches the IteratorAge of {behind[0].name}: if it falls behind, nobody "
        "is told",
        related=behind,
    )
