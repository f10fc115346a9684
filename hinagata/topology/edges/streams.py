"""Firehose: where a delivery stream takes its records from, and where it puts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import is_function, mentioned, targets
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World

_SOURCES = (
    ("KinesisStreamSourceConfiguration", "KinesisStreamARN"),
    ("MSKSourceConfiguration", "MSKClusterARN"),
)
_DESTINATIONS = tuple(
    f"{name}DestinationConfiguration"
    for name in (
        "AmazonOpenSearchServerless",
        "Amazonopensearchservice",
        "Elasticsearch",
        "ExtendedS3",
        "HttpEndpoint",
        "Iceberg",
        "Redshift",
        "S3",
        "Snowflake",
        "Splunk",
    )
)
# What of a destination's properties records go to: not its key, role, table or log group.
_RECORDS_GO_TO = (
    "AWS::Elasticsearch::Domain",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchService::Domain",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
)


def _delivery_stream(firehose: Node, world: World) -> Iterator[Edge]:
    for path in _SOURCES:
        for stream, _ in targets(firehose, world, *path):
            yield Edge(stream, firehose, Kind.POLLS, firehose)
    for destination in _DESTINATIONS:
        for node, through in mentioned(firehose.get(destination), world):
            if is_function(node):
                yield Edge(firehose, node, Kind.INVOKES_SYNC, firehose, through)
            elif node.type in _RECORDS_GO_TO or node.logical_id.startswith("arn:aws:s3:::"):
                yield Edge(firehose, node, Kind.DELIVERS, firehose)


BUILDERS: dict[str, Builder] = {"AWS::KinesisFirehose::DeliveryStream": _delivery_stream}
