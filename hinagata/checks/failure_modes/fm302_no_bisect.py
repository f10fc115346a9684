"""A bad record takes its whole batch with it.

A batch that fails is retried as a whole, and when the attempts are used up it is given up as a
whole: up to 10,000 records go to the failure destination, or nowhere, because of one. With
`BisectBatchOnFunctionError` Lambda halves a failing batch until the bad record is alone; these
retries do not count against the attempts. A function that names what failed
(`ReportBatchItemFailures`) has Lambda begin again there: that is as good, and counts too.

Batches of one need neither. Pipes are left out: they take the names of failed records from any
target, without a setting.

## How to mend it

Set `BisectBatchOnFunctionError: true` (in CDK `bisect_batch_on_error`), or return the failed
records and set `FunctionResponseTypes: [ReportBatchItemFailures]`. Both together are usual.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.stream_readers import stream_readers
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology

# AWS::Lambda::EventSourceMapping, BatchSize: 100 for Kinesis and DynamoDB.
_DEFAULT_BATCH = 100


@check(
    id="FM302",
    title="A bad record takes its batch with it",
    severity=Severity.WARNING,
    reason="One record that always fails makes good ones of its batch be retried and given up.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html",),
    fix="Set BisectBatchOnFunctionError, or report the failed records of a batch.",
)
def no_bisect(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for mappings of streams that neither bisect nor learn which records failed."""
    for reader in stream_readers(topology):
        mapping = reader.node
        if reader.is_kafka or reader.is_pipe:
            continue
        bisects = mapping.flag("BisectBatchOnFunctionError")
        responses = mapping.strings("FunctionResponseTypes")
        if bisects or (responses and "ReportBatchItemFailures" in responses):
            continue
        size = mapping.numbers("BatchSize", default=_DEFAULT_BATCH)
        if bisects is None:
            yield Unresolved(node=mapping, property="BisectBatchOnFunctionError")
        elif responses is None:
            yield Unresolved(node=mapping, property="FunctionResponseTypes")
        elif size is None:
            yield Unresolved(node=mapping, property="BatchSize")
        elif max(size) > 1:
            yield Finding(
                node=mapping,
                property="BisectBatchOnFunctionError",
                says=f"one bad record has up to {max(size):g} retried and given up with it: the "
                "batch is neither bisected, nor does the function say which record failed",
            )
