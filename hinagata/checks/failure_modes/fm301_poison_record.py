"""One bad record blocks its shard until it expires.

A shard is read in order: while a batch fails, nothing behind it is read. By default Lambda retries
a failed batch of Kinesis or DynamoDB without end (`MaximumRetryAttempts` and
`MaximumRecordAgeInSeconds` are both -1), that is until the record expires: after a day for
DynamoDB, up to a year for Kinesis. Then the records behind it are as old, and expire unread.

Found are mappings and pipes that have neither bound. One of them is enough. How high it may be
depends on what the function waits for: a thousand attempts pass this check and still block a shard
for hours.

## How to mend it

Set `MaximumRetryAttempts` to 3 to 10 and `MaximumRecordAgeInSeconds` well below the retention of
the stream (in CDK `retry_attempts`, `max_record_age`), with a failure destination for what is
given up (FM303) and bisecting, so that one record goes there and not its batch (FM302).
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.stream_readers import stream_readers
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology

_ENDLESS = frozenset({-1})


@check(
    id="FM301",
    title="One bad record blocks a shard",
    severity=Severity.ERROR,
    reason="A record that always fails is retried until it expires; nothing behind it in its shard "
    "is read meanwhile, and expires with it.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html",),
    fix="Set MaximumRetryAttempts (3 to 10), or MaximumRecordAgeInSeconds below the retention.",
)
def poison_record(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for readers of streams that bound neither attempts nor age."""
    for reader in stream_readers(topology):
        if reader.is_kafka:
            continue
        attempts = reader.node.numbers(*reader.at, "MaximumRetryAttempts", default=-1)
        age = reader.node.numbers(*reader.at, "MaximumRecordAgeInSeconds", default=-1)
        if attempts == _ENDLESS and age == _ENDLESS:
            yield Finding(
                node=reader.node,
                property=reader.property("MaximumRetryAttempts"),
                says="a batch that fails is retried until its records expire, and blocks its "
                "shard: neither attempts nor age is bounded",
            )
        elif attempts is None and age in (None, _ENDLESS):
            yield Unresolved(node=reader.node, property=reader.property("MaximumRetryAttempts"))
        elif age is None and attempts == _ENDLESS:
            yield Unresolved(
                node=reader.node, property=reader.property("MaximumRecordAgeInSeconds")
            )
