"""Cognito: the functions that a user pool asks while somebody signs up or in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.target import is_function, mentioned
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World


def _user_pool(pool: Node, world: World) -> Iterator[Edge]:
    for node, through in mentioned(pool.get("LambdaConfig"), world):
        if is_function(node):
            yield Edge(pool, node, Kind.INVOKES_SYNC, pool, through)


BUILDERS: dict[str, Builder] = {"AWS::Cognito::UserPool": _user_pool}
