"""What stations are called: as a scenario calls the nodes of the topology."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from hinagata.topology.graph import Topology
from hinagata.topology.hop_names import hop_names
from hinagata.topology.node import Node


class Names:
    """The names of the nodes that messages go through, each of them once.

    What runs code is called what its code calls itself. Anything else is called by the construct
    that the stack has, if nothing else in there but its dead letters could be meant, else by its
    path in the stack.

    Args:
        topology: The architecture.
        nodes: Those of its nodes that messages go through.

    Attributes:
        of: The name of each node.
    """

    def __init__(self, topology: Topology, nodes: Iterable[Node]) -> None:
        self._nodes = tuple(nodes)
        self._hops = hop_names(topology)
        self.of: Mapping[Node, str] = self._named(topology.failure_destinations)

    def hop(self, node: Node) -> str:
        """Returns what a scenario's `reaches` and `service_times` call what runs code."""
        return self._hops.get(node, self.of[node])

    def called(self, name: str) -> tuple[Node, ...]:
        """Returns the nodes that somebody can mean by a name.

        A station's name means that station, and a hop's name all that call themselves so; else it
        is an id on the way down the construct tree.
        """
        exact = [node for node in self._nodes if self.of[node] == name or self.hop(node) == name]
        return tuple(exact) or tuple(
            node for node in self._nodes if name in node.construct_path.split("/")
        )

    def _named(self, failures: frozenset[Node]) -> dict[Node, str]:
        ids = Counter(
            _short(node) for node in self._nodes if node not in self._hops and node not in failures
        )
        names: dict[Node, str] = {}
        taken: set[str] = set()
        # Hops first: what code calls itself is its own.
        for node in sorted(self._nodes, key=lambda node: node not in self._hops):
            for name in self._candidates(
                node, alone=ids[_short(node)] == 1 and node not in failures
            ):
                if name not in taken:
                    names[node] = name
                    taken.add(name)
                    break
        return names

    def _candidates(self, node: Node, *, alone: bool) -> Iterator[str]:
        if node in self._hops:
            yield self._hops[node]
        elif alone:
            yield _short(node)
        yield node.name
        yield node.construct_path
        yield node.key


def _short(node: Node) -> str:
    first, *rest = node.construct_path.split("/")
    return rest[0] if rest else first
