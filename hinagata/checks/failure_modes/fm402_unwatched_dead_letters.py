"""A dead-letter queue that nobody watches.

What lands in a dead-letter queue has failed for good, and it waits there in silence until the
queue's retention deletes it, after fourteen days at most. Without an alarm, that is how it ends:
the messages are lost as surely as without the queue, only later.

Watched is a queue with an alarm on `ApproximateNumberOfMessagesVisible` (or on
`ApproximateAgeOfOldestMessage`), alone or within metric math. `NumberOfMessagesSent` does not
count: Amazon SQS leaves it alone when it moves a message by a redrive policy. A queue that a
function consumes is left out too: somebody's code is told of each failure, and FM403 looks after
that function. So is the dead-letter queue that a function itself names, if the function only polls:
it takes asynchronous events alone and stays empty; what fails at a queue or a stream is told by
FM201 and FM303.

## How to mend it

An alarm on `ApproximateNumberOfMessagesVisible` of the dead-letter queue, `Maximum`, above 0 for
one period, with an action that reaches somebody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.alarm_metrics import undecided
from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_METRICS = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")


@check(
    id="FM402",
    title="Dead-letter queue that nobody watches",
    severity=Severity.ERROR,
    reason="What has failed for good waits here in silence until the queue's retention deletes it: "
    "the messages are lost, only later.",
    sources=(
        (
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
            "dead-letter-queues-alarms-cloudwatch.html"
        ),
        (
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
            "Best_Practice_Recommended_Alarms_AWS_Services.html"
        ),
    ),
    fix="Add an alarm on ApproximateNumberOfMessagesVisible > 0 of the dead-letter queue.",
)
def unwatched_dead_letters(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for an alarm on each queue that failed messages go to."""
    senders: dict[Node, list[Node]] = defaultdict(list)
    for edge in topology.edges(*FAILURE):
        if edge.target.type == "AWS::SQS::Queue" and not _stays_empty(topology, edge):
            senders[edge.target].append(edge.source)
    for queue, sources in senders.items():
        if topology.alarms(queue, *_METRICS) or topology.out(queue, Kind.POLLS):
            continue
        if alarm := undecided(topology, queue, "AWS/SQS", *_METRICS):
            yield Unresolved(node=alarm, property="Dimensions")
            continue
        related = tuple(dict.fromkeys(sources))
        names = ", ".join(node.name for node in related[:3]) + (", ..." if len(related) > 3 else "")
        yield Finding(
            node=queue,
            property="",
            says=f"takes what failed at {names}, and no alarm watches its "
            "ApproximateNumberOfMessagesVisible",
            related=related,
        )


def _stays_empty(topology: Topology, edge: Edge) -> bool:
    """Whether a function's own destination waits for events of a function that only polls."""
    return (
        edge.via.type in ("AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig")
        and bool(topology.into(edge.source, Kind.POLLS))
        and not topology.into(edge.source, Kind.INVOKES_ASYNC)
    )
