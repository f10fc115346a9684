"""What each type of resource says about how nodes belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge
from hinagata.topology.edges import (
    alarms,
    api,
    containers,
    delivery,
    devices,
    encryption,
    events,
    functions,
    graphql,
    identity,
    load_balancing,
    logs,
    messaging,
    network,
    permissions,
    scaling,
    storage,
    streams,
    workflow,
)
from hinagata.topology.edges.builder import Builder
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World

_FIELDS = (
    alarms,
    api,
    containers,
    delivery,
    devices,
    encryption,
    events,
    functions,
    graphql,
    identity,
    load_balancing,
    logs,
    messaging,
    network,
    permissions,
    scaling,
    storage,
    streams,
    workflow,
)


def _all_of(builders: list[Builder]) -> Builder:
    if len(builders) == 1:
        return builders[0]

    def build(node: Node, world: World) -> Iterator[Edge]:
        for one in builders:
            yield from one(node, world)

    return build


def _merged() -> dict[str, Builder]:
    found: dict[str, list[Builder]] = defaultdict(list)
    for field in _FIELDS:
        for type_, builder in field.BUILDERS.items():
            found[type_].append(builder)
    return {type_: _all_of(builders) for type_, builders in found.items()}


# CloudFormation type to the function that yields the edges that such a node declares.
BUILDERS = _merged()
