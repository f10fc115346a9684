"""What every builder of edges is, and what is worked out once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from hinagata.topology.edge import Edge
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World

Builder: TypeAlias = "Callable[[Node, World], Iterator[Edge]]"
_T = TypeVar("_T")


def once(make: Callable[[World], _T]) -> Callable[[World], _T]:
    """Makes a function of the world keep its answer, so that all builders share one index."""

    def answer(world: World) -> _T:
        if make not in world.kept:
            world.kept[make] = make(world)
        return cast("_T", world.kept[make])

    return answer
