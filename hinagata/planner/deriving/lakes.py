"""Lakes: what delivery streams write of logs into a bucket, what is kept of it, and queries."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.planner.deriving.month import Month
from hinagata.planner.deriving.operations import handled
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, number

_STREAM, _TABLE = "AWS::KinesisFirehose::DeliveryStream", "AWS::Glue::Table"
_DESTINATIONS = ("ExtendedS3DestinationConfiguration", "S3DestinationConfiguration")
# docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html, the defaults.
_INTERVAL_S, _SIZE_MB = 300, 5
_HOURS_PER_DAY, _MB_PER_GB = 24, 1024
# What is never deleted is shown as it is after a year, as logs are.
_DAYS_SHOWN = 365
_INFREQUENT = "STANDARD_IA"


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What delivery streams write into a bucket in a month.

    Attributes:
        files: How many files.
        gb: How much, as it lies there.
    """

    files: float
    gb: float


def delivery_streams(month: Month) -> None:
    """Adds delivery streams: what is put into them, and what log groups hand over."""
    for node in month.topology.of_type(_STREAM):
        records, kb = month.messages(node), month.message_kb(node)
        handed = _handed_over(month, node)
        logged = math.fsum(count for count, _ in handed)
        if logged:
            gb = math.fsum(gb for _, gb in handed)
            kb = (records * kb + gb * _kb_per_gb(month)) / (records + logged)
            # A record of less is billed as one of 5 KB, so what wraps its lines costs nothing.
            month.unpriced.append(
                f"{month.names.shown(node)}: the decompression of what log groups hand over"
            )
        month.add("firehose", node, records=records + logged, record_kb=kb)


def delivered_to(month: Month, bucket: Node) -> Delivered:
    """Returns what delivery streams write into a bucket in a month.

    Args:
        month: The month.
        bucket: The bucket.
    """
    files, gb = 0.0, 0.0
    for edge in month.topology.into(bucket, Kind.DELIVERS):
        stream = edge.source
        if stream.type != _STREAM:
            continue
        raw = math.fsum(each for _, each in _handed_over(month, stream))
        raw += month.messages(stream) * month.message_kb(stream) / _kb_per_gb(month)
        if not raw:
            continue
        written = next(
            (name for name in _DESTINATIONS if stream.get(name) is not None), _DESTINATIONS[0]
        )
        hints = (written, "BufferingHints")
        interval = month.number(stream, *hints, "IntervalInSeconds", default=_INTERVAL_S)
        size_mb = month.number(stream, *hints, "SizeInMBs", default=_SIZE_MB)
        files += max(month.seconds / max(interval, 1.0), raw * _MB_PER_GB / max(size_mb, 1.0))
        plain = stream.get(written, "CompressionFormat") in (None, "UNCOMPRESSED")
        gb += raw if plain else raw * month.assume("stored_log_share", stream)
    return Delivered(files=files, gb=gb)


def kept(month: Month, bucket: Node, delivered: Delivered) -> tuple[float, float]:
    """Returns the GB of what is delivered that lie in a bucket, as usual and for infrequent access.

    That is after as long as its rules keep it; without any, after a year.

    Args:
        month: The month.
        bucket: The bucket.
        delivered: What comes in a month.
    """
    rules = bucket.items("LifecycleConfiguration", "Rules") or ()
    whole = [each for each in rules if walk(each, "Prefix") is None]
    ends = [days for each in whole if (days := number(walk(each, "ExpirationInDays")))]
    moves = [
        days
        for each in whole
        for move in _listed(walk(each, "Transitions"))
        if walk(move, "StorageClass") == _INFREQUENT
        and (days := number(walk(move, "TransitionInDays")))
    ]
    end = min(ends, default=_DAYS_SHOWN)
    moved = min(*moves, end) if moves else end
    a_day = delivered.gb / (month.hours / _HOURS_PER_DAY)
    return a_day * moved, a_day * (end - moved)


def queries(month: Month) -> None:
    """Adds what workgroups are asked, each query reading some days of a table, and the catalog."""
    tables = list(month.topology.of_type(_TABLE))
    databases = list(month.topology.of_type("AWS::Glue::Database"))
    if tables or databases:
        month.add_named("glue", "catalog", catalog_objects=len(tables) + len(databases))
    for group in month.topology.of_type("AWS::Athena::WorkGroup"):
        asked = month.assume("queries", group)
        days = month.assume("queried_days", group)
        a_day = math.fsum(
            delivered_to(month, bucket).gb for bucket in _buckets_of(month, group)
        ) / (month.hours / _HOURS_PER_DAY)
        gb = a_day * days
        month.add("athena", group, queries=asked, query_mb=gb * _MB_PER_GB)
        limit = number(group.get("WorkGroupConfiguration", "BytesScannedCutoffPerQuery"))
        if limit and a_day:
            most = limit / _MB_PER_GB**3 / a_day
            month.notes.append(
                f"{month.names.shown(group)}: a query may read {most:,.0f} days, {a_day:,.2g} GB "
                "each, before it is ended"
            )


def _handed_over(month: Month, stream: Node) -> list[tuple[float, float]]:
    """Returns the records and the GB that each log group hands to a delivery stream in a month."""
    found = []
    for edge in month.topology.into(stream, Kind.DELIVERS):
        group = edge.source
        writers = {each.source for each in month.topology.into(group, Kind.LOGS_TO)}
        messages = math.fsum(
            handled(month, each) for each in writers if each in month.names.handlers
        )
        if messages:
            records = messages / month.assume("messages_per_log_record", group)
            kb = month.assume("log_kb" if _passes_all(edge) else "subscribed_log_kb", group)
            found.append((records, messages * kb / _kb_per_gb(month)))
    return found


def _passes_all(edge: Edge) -> bool:
    pattern = edge.via.get("FilterPattern")
    return isinstance(pattern, str) and not pattern.strip()


def _buckets_of(month: Month, group: Node) -> Iterator[Node]:
    """Yields the buckets of the tables that a workgroup's queries ask."""
    asked = {
        database
        for query in month.topology.of_type("AWS::Athena::NamedQuery")
        if group in query.nodes("WorkGroup")
        for database in query.nodes("Database")
    }
    for table in month.topology.of_type(_TABLE):
        if asked.intersection(table.nodes("DatabaseName")):
            yield from table.nodes("TableInput", "StorageDescriptor", "Location")


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _kb_per_gb(month: Month) -> float:
    return month.fact("firehose", "price.kb_per_gb")
