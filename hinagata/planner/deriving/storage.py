"""What keeps data: tables, buckets and streams."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.planner.deriving import lakes
from hinagata.planner.deriving.month import Month
from hinagata.planner.naming import scaling_of
from hinagata.scenario import NewestStored
from hinagata.topology.edge import Kind
from hinagata.topology.node import Node, Role, walk

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
# Defaults of AWS::Kinesis::Stream (CloudFormation reference).
_RETENTION_HOURS = 24


def tables(month: Month) -> None:
    """Adds tables: items written and read by each message, and what is kept."""
    for node in month.topology.of_type(*_TABLES):
        writes, reads = accesses(month, node)
        item_kb = month.assume("item_kb", node)
        stored = stored_gb(month, node)
        indexes = len(node.items("GlobalSecondaryIndexes") or ())
        kept = provisioned(month, node)
        fields: dict[str, float] = {"item_kb": item_kb, "storage_gb": stored}
        if kept is None:
            fields |= {
                "writes": month.month_of(writes),
                "reads": month.month_of(reads),
                "indexes": indexes,
            }
        else:
            fields |= {"write_capacity": kept[0], "read_capacity": kept[1]}
        if _recoverable(node):
            fields["pitr_gb"] = stored
        replicas = len(node.items("Replicas") or ())
        if replicas > 1:
            units = math.ceil(item_kb) * (1 + indexes)
            fields["replicated_write_units"] = month.month_of(writes) * units * (replicas - 1)
        mode = "on_demand" if kept is None else "provisioned"
        month.add("dynamodb", node, mode=mode, **fields)


def accesses(month: Month, node: Node, *, peak: bool = False) -> tuple[float, float]:
    """Returns writes and reads a second of a table or bucket, on average or at the peak."""
    rate = month.flows.peak if peak else month.flows.mean
    writes, reads = 0.0, 0.0
    for access in month.flows.accesses:
        if access.kept is node:
            if access.writes:
                writes += rate(access.writes) * month.assume("writes_per_message", node)
            if access.reads:
                reads += rate(access.reads) * month.assume("reads_per_message", node)
    return writes, reads


def stored_gb(month: Month, node: Node) -> float:
    """Returns what a table keeps: an item for each value of the key that the scenario names."""
    if not month.assumptions.says("stored_gb", month.names.shown(node), *month.names.called(node)):
        for expectation in month.scenario.expectations.stored:
            if isinstance(expectation, NewestStored) and expectation.table in month.names.called(
                node
            ):
                values = max(
                    month.scenario.sources[source].keys[expectation.key].cardinality
                    for source in expectation.sources
                )
                kb = month.assume("item_kb", node)
                kb += month.fact("dynamodb", "storage_overhead") / 1024
                return values * kb / month.fact("dynamodb", "price.kb_per_gb")
    return month.assume("stored_gb", node)


def provisioned(month: Month, node: Node) -> tuple[float, float] | None:
    """Write and read capacity that is kept, or None on demand."""
    mode = node.get("BillingMode")
    # Each type has its own default (CloudFormation reference, BillingMode).
    usual = "PROVISIONED" if node.type == _TABLES[0] else "PAY_PER_REQUEST"
    if (mode or usual) == "PAY_PER_REQUEST":
        return None
    throughput = "ProvisionedThroughput"
    scaled = scaling_of(node, month.topology)
    least = 1.0 if scaled is None else month.number(scaled, "MinCapacity", default=1)
    return (
        month.number(node, throughput, "WriteCapacityUnits", default=least),
        month.number(node, throughput, "ReadCapacityUnits", default=least),
    )


def _recoverable(node: Node) -> bool:
    own = node.get("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
    replicas = (
        walk(each, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
        for each in node.items("Replicas") or ()
    )
    return own is True or any(each is True for each in replicas)


def buckets(month: Month) -> None:
    """Adds buckets: objects written and read by each message, and what is kept."""
    for node in month.topology.of_type("AWS::S3::Bucket"):
        writes, reads = accesses(month, node)
        delivered = lakes.delivered_to(month, node)
        usual, infrequent = lakes.kept(month, node, delivered)
        month.add(
            "s3",
            node,
            put_requests=month.month_of(writes) + delivered.files,
            get_requests=month.month_of(reads),
            storage_gb=month.assume("stored_gb", node) + usual,
        )
        if infrequent:
            moved: dict[str, float | str] = {"class": "standard_ia", "storage_gb": infrequent}
            name = f"{month.names.shown(node)}, infrequent access"
            month.add_named("s3", name, transitions=delivered.files, **moved)


def streams(month: Month) -> None:
    """Adds streams: their shards, the records put, and the readers with their own throughput."""
    for node in month.topology.of_type("AWS::Kinesis::Stream"):
        fields: dict[str, float] = {
            "records": month.messages(node),
            "record_kb": month.message_kb(node),
        }
        readers = list(_readers(month, node))
        if on_demand(node):
            month.add(
                "kinesis",
                node,
                mode="on_demand",
                consumers=max(1, len(readers)),
                **fields,
            )
            continue
        fanned = sum(
            node in consumer.nodes("StreamARN")
            for consumer in month.topology.of_type("AWS::Kinesis::StreamConsumer")
        )
        month.add(
            "kinesis",
            node,
            shards=month.number(node, "ShardCount", default=1),
            retention_hours=month.number(node, "RetentionPeriodHours", default=_RETENTION_HOURS),
            fan_out_consumers=fanned,
            **fields,
        )


def on_demand(node: Node) -> bool:
    """Whether a stream sizes itself."""
    return node.get("StreamModeDetails", "StreamMode") == "ON_DEMAND"


def _readers(month: Month, node: Node) -> Iterator[Node]:
    for edge in month.topology.out(node, Kind.POLLS, Kind.DELIVERS):
        if edge.target.role is not Role.QUEUE:
            yield edge.target
