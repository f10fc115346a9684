"""Strongly connected components: what leads back to itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


def loops(after: Mapping[T, Sequence[T]]) -> list[list[T]]:
    """Returns the sets of nodes that lead back to themselves, each in the order of a walk.

    Tarjan's algorithm without recursion, in time linear in nodes and edges (R. Tarjan,
    "Depth-first search and linear graph algorithms", 1972). A component of one node counts only
    if the node leads to itself.

    Args:
        after: The nodes that each node leads to.
    """
    walk = _Walk(after)
    for root in list(after):
        if root not in walk.number:
            walk.depth_first(root)
    return walk.found


class _Walk(Generic[T]):
    def __init__(self, after: Mapping[T, Sequence[T]]) -> None:
        self.after = after
        self.number: dict[T, int] = {}
        self.found: list[list[T]] = []
        # The earliest node on the stack that each node leads back to.
        self._low: dict[T, int] = {}
        self._stack: list[T] = []
        self._on_stack: set[T] = set()

    def depth_first(self, root: T) -> None:
        path = [(root, self._enter(root))]
        while path:
            node, targets = path[-1]
            target = self._next(node, targets)
            if target is not None:
                path.append((target, self._enter(target)))
                continue
            path.pop()
            if path:
                above = path[-1][0]
                self._low[above] = min(self._low[above], self._low[node])
            if self._low[node] == self.number[node]:
                self._leave(node)

    def _enter(self, node: T) -> Iterator[T]:
        self.number[node] = self._low[node] = len(self.number)
        self._stack.append(node)
        self._on_stack.add(node)
        return iter(self.after.get(node, ()))

    def _next(self, node: T, targets: Iterator[T]) -> T | None:
        """Returns the next target that was not yet entered, if there is one."""
        for target in targets:
            if target not in self.number:
                return target
            if target in self._on_stack:
                self._low[node] = min(self._low[node], self.number[target])
        return None

    def _leave(self, node: T) -> None:
        start = len(self._stack) - 1
        while self._stack[start] != node:
            start -= 1
        component = self._stack[start:]
        del self._stack[start:]
        self._on_stack.difference_update(component)
        if len(component) > 1 or node in self.after.get(node, ()):
            self.found.append(component)
