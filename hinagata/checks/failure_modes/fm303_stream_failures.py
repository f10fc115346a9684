"""What a stream's consumer gives up is gone.

When the attempts or the age of a record are used up, Lambda goes on with the next and forgets the
failed batch, unless the mapping has a failure destination. That then gets a message with shard and
sequence numbers (S3 the records themselves), from which the records can be read again while the
stream keeps them. Without one nobody learns what was lost. A mapping without bounds loses it too:
when the record expires (FM301).

The `OnFailure` of a mapping is what counts here, not the function's asynchronous one: mappings
invoke synchronously. For a queue it is the redrive policy (FM201).

## How to mend it

Set `DestinationConfig.OnFailure.Destination` of the mapping to a queue, topic or bucket (in CDK
`on_failure=SqsDlq(queue)`), of a pipe `DeadLetterConfig`, and watch the destination (FM402).
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.stream_readers import stream_readers
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.value import UNKNOWN


@check(
    id="FM303",
    title="Records that a stream's consumer gives up are lost",
    severity=Severity.ERROR,
    reason="After the last attempt the batch is skipped, and nothing tells which records it held.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html",
    ),
    fix="Give the mapping an OnFailure destination: a queue, a topic or a bucket.",
)
def stream_failures(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for readers of streams without a failure destination."""
    for reader in stream_readers(topology):
        if reader.node.get(*reader.failures) is None:
            yield Finding(
                node=reader.node,
                property=".".join(reader.failures),
                says="records that it gives up are gone: there is no failure destination",
            )
        elif reader.node.get(*reader.failures[:-2]) is UNKNOWN:
            yield Unresolved(node=reader.node, property=".".join(reader.failures))
