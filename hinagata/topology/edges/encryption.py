"""KMS: which key encrypts what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import targets, targets_of
from hinagata.topology.node import Node, walk

if TYPE_CHECKING:
    from hinagata.topology.world import World

_KEYS = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
}


# Keys that AWS makes in each account: they are nobody's resource.
_MANAGED_BY_AWS = "alias/aws/"


def _encrypted(node: Node, world: World) -> Iterator[Edge]:
    for key, _ in targets(node, world, *_KEYS[node.type], named="AWS::KMS::Alias"):
        if _MANAGED_BY_AWS not in key.logical_id:
            yield Edge(key, node, Kind.ENCRYPTS, node)


def _bucket(bucket: Node, world: World) -> Iterator[Edge]:
    rules = ("BucketEncryption", "ServerSideEncryptionConfiguration")
    for rule in bucket.items(*rules) or ():
        key_id = walk(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID")
        for key, _ in targets_of(key_id, world):
            yield Edge(key, bucket, Kind.ENCRYPTS, bucket)


BUILDERS: dict[str, Builder] = {
    **dict.fromkeys(_KEYS, _encrypted),
    "AWS::S3::Bucket": _bucket,
}
