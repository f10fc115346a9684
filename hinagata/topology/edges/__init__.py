"""What each type of resource says about how nodes belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from hinagata.topology.edge import Edge
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World

Builder: TypeAlias = "Callable[[Node, World], Iterator[Edge]]"

# CloudFormation type to the function that yields the edges that such a node declares.
BUILDERS: dict[str, Builder] = {}
