"""What code is told through its environment variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.target import Target, behind
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items, referenced

if TYPE_CHECKING:
    from hinagata.topology.world import World


def passed(compute: Node, via: Node, variable: str, value: Value, world: World) -> Iterator[Edge]:
    """Yields the edges from code to what one of its environment variables refers to.

    Args:
        compute: Whose environment it is.
        via: The resource that declares it.
        variable: The variable's name.
        value: What it is set to.
        world: Where to look.
    """
    for named in referenced(value):
        node, through = behind(named, world)
        if node is not compute:
            yield Edge(compute, node, Kind.PASSES_ENV, via, through, variable)


def named_to(compute: Node, world: World) -> Iterator[Target]:
    """Yields what the environment of a function or service names, each as often as it does."""
    variables = compute.get("Environment", "Variables")
    values = list(variables.values()) if isinstance(variables, dict) else []
    for task in compute.nodes("TaskDefinition"):
        for container in task.items("ContainerDefinitions") or ():
            values += [walk(each, "Value") for each in items(walk(container, "Environment"))]
    for value in values:
        for named in referenced(value):
            yield behind(named, world)
