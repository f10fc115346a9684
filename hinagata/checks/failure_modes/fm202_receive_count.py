"""A message reaches the dead-letter queue too early, too late, or never.

`maxReceiveCount` counts receives, not failures. A receive counts even if the consumer never got
the message, and one whose batch Lambda could not invoke because it was throttled: AWS advises
against 1, and for Lambda recommends at least 5. Fewer than 3 are found here: two receives can
be used up without the function having seen the message once. More than 100 make no message
succeed that failed the first hundred times; each try costs an invocation, and in a FIFO queue
holds up the message's group.

There is a limit that nobody configures: each failed receive hides the message for the visibility
timeout, so it takes `maxReceiveCount` x `VisibilityTimeout` to give a message up. If that is no
shorter than the queue's retention, SQS deletes the message first, and the dead-letter queue stays
empty for ever. E.g. 100 receives with the 90 minutes that a function of 15 minutes needs make 6.25
days; the default retention is 4.

## How to mend it

Set `maxReceiveCount` to about 5. If the visibility timeout is long, keep the product of both well
below `MessageRetentionPeriod`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology

# AWS::SQS::Queue in the CloudFormation reference.
_VISIBILITY_DEFAULT_S, _RETENTION_DEFAULT_S = 30, 345_600


@check(
    id="FM202",
    title="Unfit number of receives",
    severity=Severity.WARNING,
    reason="With too few receives, healthy messages land among the dead letters when the consumer "
    "is throttled; with too many, a bad one is tried for days or expires before it is given up.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/avoiding-inconsistent-message-processing.html",
    ),
    fix="Set maxReceiveCount to about 5, so that it times the visibility timeout stays well below "
    "the retention.",
)
def receive_count(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Compares the receives that each polled queue allows with the bounds and its retention."""
    polled = {
        edge.source: edge.target
        for edge in topology.edges(Kind.POLLS)
        if edge.source.type == "AWS::SQS::Queue"
    }
    for queue, consumer in polled.items():
        receives = queue.numbers("RedrivePolicy", "maxReceiveCount")
        if receives is None:
            yield Unresolved(node=queue, property="RedrivePolicy.maxReceiveCount")
            continue
        if not receives:
            continue
        if min(receives) < thresholds.fewest_receives:
            says = (
                f"a message is given up after {min(receives):g} "
                f"receive{'s' if min(receives) != 1 else ''}, which throttling of "
                f"{consumer.name} alone can use up; {thresholds.fewest_receives:g} at least"
            )
        elif max(receives) > thresholds.most_receives:
            says = (
                f"a message that always fails is tried {max(receives):g} times before it is "
                f"given up; {thresholds.most_receives:g} at most"
            )
        else:
            visibility = queue.numbers("VisibilityTimeout", default=_VISIBILITY_DEFAULT_S)
            retention = queue.numbers("MessageRetentionPeriod", default=_RETENTION_DEFAULT_S)
            if visibility is None:
                yield Unresolved(node=queue, property="VisibilityTimeout")
                continue
            if retention is None:
                yield Unresolved(node=queue, property="MessageRetentionPeriod")
                continue
            until_given_up = max(receives) * max(visibility)
            if until_given_up < min(retention):
                continue
            says = (
                f"a message that always fails expires before it is given up: {max(receives):g} "
                f"receives x {max(visibility):g} s visibility timeout = {until_given_up:g} s, and "
                f"the queue keeps it for {min(retention):g} s"
            )
        yield Finding(
            node=queue,
            property="RedrivePolicy.maxReceiveCount",
            says=says,
            related=(consumer,),
        )
