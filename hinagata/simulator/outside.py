"""What handlers call that is no part of the architecture, and who calls it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hinagata.simulator.doubts import Doubts
from hinagata.simulator.model import Call, Dependency
from hinagata.topology.node import Node, walk
from hinagata.topology.value import items


class Outside:
    """Dependencies that a scenario names, found by the variables that hold their addresses.

    Args:
        named: For each of them, the environment variable in which hops find its URL.
        hops: What runs code.
        doubts: Told of those that no hop is known to call.
    """

    def __init__(self, named: Mapping[str, str], hops: Iterable[Node], doubts: Doubts) -> None:
        self._callers: dict[str, set[Node]] = {name: set() for name in named}
        for node in hops:
            variables = set(_variables(node))
            for name, variable in named.items():
                if variable in variables:
                    self._callers[name].add(node)
        for name, callers in self._callers.items():
            if not callers:
                # A run gives the variable to every handler, and its code decides.
                doubts.add(
                    "no function or service has the variable of these in its template, so nobody "
                    "is taken to call them, and their faults strike nobody: {}",
                    f"{name} ({named[name]})",
                )

    @property
    def named(self) -> tuple[str, ...]:
        """All of them, called or not."""
        return tuple(self._callers)

    @property
    def called(self) -> tuple[str, ...]:
        """Those that some hop calls."""
        return tuple(name for name, callers in self._callers.items() if callers)

    def calls_of(self, node: Node) -> Iterator[Call]:
        """Yields the calls that a hop makes for each message."""
        for name, callers in self._callers.items():
            if node in callers:
                yield Call(target=name)

    def waited_s(self, node: Node) -> float:
        """Returns how long a hop waits for them for each message, in seconds."""
        return sum(Dependency(name="").latency.mean_s for _ in self.calls_of(node))


def _variables(node: Node) -> Iterator[str]:
    """Yields the names of the environment variables of a function or a service."""
    variables = node.get("Environment", "Variables")
    if isinstance(variables, dict):
        yield from variables
    for task in node.nodes("TaskDefinition"):
        for container in task.items("ContainerDefinitions") or ():
            for variable in items(walk(container, "Environment")):
                name = walk(variable, "Name")
                if isinstance(name, str):
                    yield name
