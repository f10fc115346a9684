"""The dead-letter queue keeps messages no longer than the queue they come from.

SQS counts the retention of a message in a standard queue from when it was first sent, also after
it moved to the dead-letter queue. A message that spent three days in its queue, because the
consumer was broken over a weekend, has one day left in a dead-letter queue that keeps for four.
With equal retentions a message can arrive with no time left at all. Both default to four days, so
a queue and a dead-letter queue that set nothing are found.

Left out are FIFO queues, where the time starts again with the move, and dead-letter queues that
already keep their messages for the 14 days that SQS allows: nothing there can be set longer.

## How to mend it

Set `MessageRetentionPeriod` of the dead-letter queue to 1209600 (14 days).
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology

# AWS::SQS::Queue in the CloudFormation reference: 4 days by default, 14 at most.
_DEFAULT_S, _LONGEST_S, _DAY_S = 345_600, 1_209_600, 86_400


@check(
    id="FM203",
    title="Dead letters expire with their queue",
    severity=Severity.WARNING,
    reason="The age of a message counts from its first sending: dead letters that took long to "
    "fail are deleted before anybody has looked at them.",
    sources=(
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html",
    ),
    fix="Set MessageRetentionPeriod of the dead-letter queue to 1209600, the longest.",
)
def dead_letter_retention(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Compares the retention of each dead-letter queue with the queue that it belongs to."""
    for edge in topology.edges(Kind.DEAD_LETTER):
        queue, letters = edge.source, edge.target
        if queue.type != "AWS::SQS::Queue" or letters.type != "AWS::SQS::Queue":
            continue
        fifo = queue.flag("FifoQueue")
        if fifo:
            continue
        source = queue.numbers("MessageRetentionPeriod", default=_DEFAULT_S)
        kept = letters.numbers("MessageRetentionPeriod", default=_DEFAULT_S)
        if fifo is None:
            yield Unresolved(node=queue, property="FifoQueue")
        elif source is None:
            yield Unresolved(node=queue, property="MessageRetentionPeriod")
        elif kept is None:
            yield Unresolved(node=letters, property="MessageRetentionPeriod")
        elif min(kept) <= max(source) and min(kept) < _LONGEST_S:
            yield Finding(
                node=letters,
                property="MessageRetentionPeriod",
                says=f"it deletes messages {min(kept) / _DAY_S:g} days after they were first sent, "
                f"and {queue.name} may hold them for {max(source) / _DAY_S:g} days before they "
                "get here",
                related=(queue,),
            )
