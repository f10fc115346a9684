"""One bad message brings back the whole batch.

Without `ReportBatchItemFailures`, Lambda knows of a batch only whether the function failed. If one
message of ten from a queue does, all ten return after the visibility timeout: nine are processed
again, and each of them has used up a receive, so that healthy messages travel to the dead-letter
queue beside a bad one.

On streams it is a note, and only where the batch is bisected; what neither bisects nor reports is
told by FM302. Bisecting isolates the bad record too, but the records before it are processed again
with each halving; a partial response starts again at the first record that failed.

Left out are mappings with a batch size of 1, and sources without partial responses (Kafka, Amazon
MQ, DocumentDB).

## How to mend it

Set `FunctionResponseTypes: [ReportBatchItemFailures]` on the mapping, and let the function return
the ids that failed, e.g. with the batch processor of Powertools. Setting the first without the
second is worse than neither: a function that catches its errors and returns nothing reports
success.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology

# AWS::Lambda::EventSourceMapping in the CloudFormation reference.
_QUEUE_BATCH, _STREAM_BATCH = 10, 100
_OTHER_SOURCES = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "Topics",
)


@check(
    id="FM204",
    title="No partial batch response",
    severity=Severity.WARNING,
    reason="One message that fails brings back its whole batch: the others are processed again "
    "and use up their receives.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
        "https://docs.aws.amazon.com/lambda/latest/operatorguide/sqs-retries.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html",
    ),
    fix="Set FunctionResponseTypes to ReportBatchItemFailures and return the ids that failed.",
)
def partial_batch_response(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at each mapping of a queue or a stream with more than one message a batch."""
    for mapping in topology.of_type("AWS::Lambda::EventSourceMapping"):
        responses = mapping.strings("FunctionResponseTypes")
        if responses and "ReportBatchItemFailures" in responses:
            continue
        if any(mapping.get(name) is not None for name in _OTHER_SOURCES):
            continue
        # Streams must have a starting position, queues must not.
        stream = mapping.get("StartingPosition") is not None
        if stream and not mapping.flag("BisectBatchOnFunctionError"):
            continue
        batch = mapping.numbers("BatchSize", default=_STREAM_BATCH if stream else _QUEUE_BATCH)
        if batch is None:
            yield Unresolved(node=mapping, property="BatchSize")
        elif max(batch) <= 1:
            continue
        elif responses is None:
            yield Unresolved(node=mapping, property="FunctionResponseTypes")
        else:
            what = "records" if stream else "messages"
            yield Finding(
                node=mapping,
                property="FunctionResponseTypes",
                says=f"one of {max(batch):g} {what} that fails brings back the whole batch",
                related=mapping.nodes("FunctionName"),
                severity=Severity.NOTE if stream else None,
            )
