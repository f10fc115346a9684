"""A message becomes visible again while a function still works on it.

Lambda hides the messages that it took from a queue for the queue's visibility timeout. When that
ends before the invocation has, and before Lambda's retries of a throttled invocation have, the
same messages are handed out again: work is done twice, and each time counts as a receive, until
the redrive policy moves messages to the dead-letter queue that nothing was wrong with.

The bound is six times the longest timeout of the functions that consume the queue, plus the
batching window of the mapping: the window passes before the function even starts. For a pipe AWS
advises the same; one that does not wait for the function (`FIRE_AND_FORGET`) has no such bound.

## How to mend it

Set `VisibilityTimeout` of the queue to at least 6 x `Timeout` + `MaximumBatchingWindowInSeconds`,
or lower the function's timeout to what it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.pipe_answer import is_awaited
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology

# Services' own defaults (AWS::SQS::Queue, AWS::Lambda::Function in the CloudFormation reference).
_QUEUE_DEFAULT_S, _FUNCTION_DEFAULT_S = 30, 3
_WINDOW = "MaximumBatchingWindowInSeconds"
_PIPE = "AWS::Pipes::Pipe"


@check(
    id="FM101",
    title="Visibility timeout too short for its consumer",
    severity=Severity.ERROR,
    reason="A message returns to the queue while it is still being processed: it is processed "
    "twice, and its receives are used up until it lands among the dead letters.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html",
        "https://elva-group.com/tips/12",
    ),
    fix="Set VisibilityTimeout to at least 6 x the function's Timeout + the batching window.",
)
def visibility_timeout(
    topology: Topology, thresholds: Thresholds
) -> Iterator[Finding | Unresolved]:
    """Compares each polled queue with the slowest function and window that polls it."""
    for edge in topology.edges(Kind.POLLS):
        queue, function, mapping = edge.source, edge.target, edge.via
        if queue.type != "AWS::SQS::Queue" or function.type != "AWS::Lambda::Function":
            continue
        if not is_awaited(edge):
            continue
        window_at: tuple[str, ...] = (_WINDOW,)
        if mapping.type == _PIPE:
            window_at = ("SourceParameters", "SqsQueueParameters", _WINDOW)
        visibility = queue.numbers("VisibilityTimeout", default=_QUEUE_DEFAULT_S)
        timeout = function.numbers("Timeout", default=_FUNCTION_DEFAULT_S)
        window = mapping.numbers(*window_at, default=0)
        if visibility is None:
            yield Unresolved(node=queue, property="VisibilityTimeout")
        elif timeout is None:
            yield Unresolved(node=function, property="Timeout")
        elif window is None:
            yield Unresolved(node=mapping, property=".".join(window_at))
        else:
            times = thresholds.visibility_per_timeout
            least = times * max(timeout) + max(window)
            if min(visibility) < least:
                yield Finding(
                    node=queue,
                    property="VisibilityTimeout",
                    says=f"messages return after {min(visibility):g} s, but {function.name} may "
                    f"take {max(timeout):g} s: {times:g} x {max(timeout):g} s + "
                    f"{max(window):g} s window = {least:g} s",
                    related=(function, mapping),
                )
