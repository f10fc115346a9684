"""The topology: every resource of an assembly or a template, and how they belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from hinagata.topology.components import loops
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.node import Node, Role


class Topology:
    """One graph of all stacks, indexed by adjacency.

    Args:
        nodes: Its nodes, in the order of the templates.
        edges: Its edges. Equal ones are kept once.

    Attributes:
        nodes: The nodes, pseudo nodes last.
    """

    def __init__(self, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        self.nodes: Sequence[Node] = tuple(nodes)
        self._of_type: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            self._of_type[node.type].append(node)
        self._of_kind: dict[Kind, list[Edge]] = defaultdict(list)
        self._out: dict[Node, list[Edge]] = defaultdict(list)
        self._into: dict[Node, list[Edge]] = defaultdict(list)
        for edge in dict.fromkeys(edges):
            self._of_kind[edge.kind].append(edge)
            self._out[edge.source].append(edge)
            self._into[edge.target].append(edge)

    @cached_property
    def by_key(self) -> dict[str, Node]:
        """The nodes by their keys."""
        return {node.key: node for node in self.nodes}

    @cached_property
    def failure_destinations(self) -> frozenset[Node]:
        """What takes what failed elsewhere: dead-letter queues and on-failure destinations."""
        return frozenset(edge.target for edge in self.edges(*FAILURE))

    def of_type(self, *types: str) -> Iterator[Node]:
        """Yields the nodes of some CloudFormation types."""
        for type_ in types:
            yield from self._of_type.get(type_, ())

    def of_role(self, *roles: Role) -> Iterator[Node]:
        """Yields the nodes of some roles."""
        return (node for node in self.nodes if node.role in roles)

    def edges(self, *kinds: Kind) -> Iterator[Edge]:
        """Yields the edges of some kinds; all edges if none is named."""
        for kind in kinds or Kind:
            yield from self._of_kind.get(kind, ())

    def out(self, node: Node, *kinds: Kind) -> list[Edge]:
        """Returns the edges that start at a node, of some kinds or of all."""
        found = self._out.get(node, [])
        return [edge for edge in found if edge.kind in kinds] if kinds else list(found)

    def into(self, node: Node, *kinds: Kind) -> list[Edge]:
        """Returns the edges that end at a node, of some kinds or of all."""
        found = self._into.get(node, [])
        return [edge for edge in found if edge.kind in kinds] if kinds else list(found)

    def reachable(self, starts: Iterable[Node], *kinds: Kind) -> dict[Node, Edge | None]:
        """Returns all nodes that edges of some kinds lead to, with the edge that led there.

        Args:
            starts: Where to begin; they are in the answer, with None.
            kinds: The kinds to follow, in their direction.
        """
        came: dict[Node, Edge | None] = dict.fromkeys(starts)
        open_ = list(came)
        while open_:
            for edge in self._out.get(open_.pop(), ()):
                if edge.kind in kinds and edge.target not in came:
                    came[edge.target] = edge
                    open_.append(edge.target)
        return came

    def paths(
        self, start: Node, kinds: Collection[Kind], *, longest: int = 12
    ) -> Iterator[tuple[Edge, ...]]:
        """Yields the simple paths from a node, each as long as it can be.

        Args:
            start: Where they begin.
            kinds: The kinds to follow, in their direction.
            longest: Number of edges at which a path is cut off, so that a dense graph ends.
        """

        def extend(
            path: tuple[Edge, ...], node: Node, on_path: frozenset[Node]
        ) -> Iterator[tuple[Edge, ...]]:
            onward = [
                edge
                for edge in self._out.get(node, ())
                if edge.kind in kinds and edge.target not in on_path
            ]
            if not onward or len(path) == longest:
                if path:
                    yield path
                return
            for edge in onward:
                yield from extend((*path, edge), edge.target, on_path | {edge.target})

        yield from extend((), start, frozenset({start}))

    def loops(self, *kinds: Kind) -> list[list[Node]]:
        """Returns the sets of nodes that lead back to themselves by edges of some kinds."""
        after: dict[Node, list[Node]] = defaultdict(list)
        for edge in self.edges(*kinds):
            after[edge.source].append(edge.target)
        return loops(after)

    def alarms(self, node: Node, *metrics: str) -> list[Node]:
        """Returns the alarms that watch one of some metrics of a node, any metric if none is named.

        Metric math and composite alarms count for each metric in them.
        """
        return [
            edge.source
            for edge in self.into(node, Kind.WATCHES)
            if not metrics or edge.detail in metrics
        ]
