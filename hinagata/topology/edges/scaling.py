"""Application Auto Scaling: what a scalable target scales."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.containers import SERVICE
from hinagata.topology.edges.target import FUNCTION, Target, alias_of, mentioned
from hinagata.topology.node import Node
from hinagata.topology.value import Text, Value, alternatives

if TYPE_CHECKING:
    from hinagata.topology.world import World

# First part of a resource id to the types it may be of (Application Auto Scaling's API reference,
# RegisterScalableTarget, ResourceId).
_TYPES = {
    "function": (FUNCTION,),
    "service": (SERVICE,),
    "table": ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"),
}


def _scalable_target(scalable: Node, world: World) -> Iterator[Edge]:
    for resource_id in alternatives(scalable.get("ResourceId")):
        for node, through in _scaled(resource_id, world):
            yield Edge(scalable, node, Kind.SCALES, scalable, through)


def _scaled(resource_id: Value, world: World) -> Iterator[Target]:
    if isinstance(resource_id, str):
        # function:name:alias, service/cluster/name, table/name[/index/name]
        kind, *names = resource_id.replace(":", "/").split("/")
        name = names[-1 if kind == "service" else 0] if names else ""
        for type_ in _TYPES.get(kind, ()):
            if (node := world.named(type_, name)) is not None:
                alias = names[1] if kind == "function" and len(names) > 1 else ""
                yield Target(node, alias_of(node, alias, world) if alias else None)
    elif isinstance(resource_id, Text) and isinstance(resource_id.parts[0], str):
        types = _TYPES.get(resource_id.parts[0].replace(":", "/").split("/")[0], ())
        yield from (target for target in mentioned(resource_id, world) if target.node.type in types)


BUILDERS: dict[str, Builder] = {"AWS::ApplicationAutoScaling::ScalableTarget": _scalable_target}
