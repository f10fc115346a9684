"""Too many consumers share the read throughput of a stream.

A shard of Kinesis is read at 2 MB/s and five calls a second by all its shared consumers together,
and written at 1 MB/s: with a third consumer that keeps up, all of them fall behind at full load,
and each waits longer for its turn. A shard of a DynamoDB stream has two readers at most; AWS
throttles the third. Mappings, pipes and delivery streams of Firehose count alike; a consumer that
is registered for enhanced fan-out has 2 MB/s for itself and does not.

A note for Kinesis, as it depends on the load; a warning for DynamoDB, where it does not.

## How to mend it

Kinesis: register the consumers that must be fast (`AWS::Kinesis::StreamConsumer`) and map their
ARN; it costs by consumer and hour. DynamoDB: let one function or pipe pass the changes on to a
topic or bus with a queue for each consumer, or stream the table to Kinesis.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_STREAM = "AWS::Kinesis::Stream"
_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


@check(
    id="FM305",
    title="Too many consumers share a stream",
    severity=Severity.NOTE,
    reason="They share 2 MB/s of each shard, and fall behind together.",
    sources=(
        "https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html",
    ),
    fix="Give consumers enhanced fan-out, or let one of them pass the records on.",
)
def shared_consumers(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Counts the readers of each stream that have no throughput of their own."""
    readers: defaultdict[Node, dict[Node, Edge]] = defaultdict(dict)
    for edge in topology.edges(Kind.POLLS):
        if edge.source.type in (_STREAM, *_TABLES) and not _is_registered(edge.via):
            readers[edge.source][edge.via] = edge
    for stream, edges in readers.items():
        if len(edges) > thresholds.shared_stream_consumers:
            is_table = stream.type in _TABLES
            yield Finding(
                node=stream,
                property="",
                says=f"{len(edges)} consumers share each shard, "
                + ("and the third reader is throttled: " if is_table else "of 2 MB/s: ")
                + ", ".join(edge.target.name for edge in edges.values()),
                related=tuple(edges),
                severity=Severity.WARNING if is_table else None,
            )


def _is_registered(reader: Node) -> bool:
    return any(
        node.type == "AWS::Kinesis::StreamConsumer"
        for node in (*reader.nodes("EventSourceArn"), *reader.nodes("Source"))
    )
