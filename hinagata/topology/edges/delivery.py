"""CloudFront and WAF: what a distribution fetches from, and which web ACL stands before what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import is_function, mentioned, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World


def _distribution(distribution: Node, world: World) -> Iterator[Edge]:
    yield Edge(world.internet, distribution, Kind.INVOKES_SYNC, distribution)
    for origin in distribution.items("DistributionConfig", "Origins") or ():
        private = walk(origin, "VpcOriginConfig", "VpcOriginId")
        for node, through in targets_of(private or walk(origin, "DomainName"), world):
            yield Edge(distribution, node, Kind.INVOKES_SYNC, distribution, through)
    for behaviour in _behaviours(distribution):
        for node, through in mentioned(walk(behaviour, "LambdaFunctionAssociations"), world):
            if is_function(node):
                yield Edge(distribution, node, Kind.INVOKES_SYNC, distribution, through)
    for acl, _ in targets(distribution, world, "DistributionConfig", "WebACLId"):
        yield Edge(acl, distribution, Kind.GUARDS, distribution)


def _behaviours(distribution: Node) -> Iterator[Value]:
    for listed in ("DefaultCacheBehavior", "CacheBehaviors"):
        yield from items(distribution.get("DistributionConfig", listed))


def _association(association: Node, world: World) -> Iterator[Edge]:
    for acl, _ in targets(association, world, "WebACLArn"):
        for guarded, _ in targets(association, world, "ResourceArn"):
            yield Edge(acl, guarded, Kind.GUARDS, association)


BUILDERS: dict[str, Builder] = {
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::WAFv2::WebACLAssociation": _association,
}
