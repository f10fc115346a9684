"""Settings of a template's resources: what is unknown takes the service's default, and is told."""

from __future__ import annotations

from hinagata.simulator.doubts import Doubts
from hinagata.topology.node import Node


class Known:
    """Reads numbers of resources.

    Args:
        doubts: Told of what is unknown.
    """

    def __init__(self, doubts: Doubts) -> None:
        self._doubts = doubts

    def doubt(self, sentence: str, *names: str) -> None:
        """Adds to what is doubted, as `Doubts.add` does."""
        self._doubts.add(sentence, *names)

    def number(self, node: Node, *path: str | int, default: float) -> float:
        """Returns a number; the default where it is absent, unknown, or one of several.

        Args:
            node: The resource.
            *path: Where in its properties.
            default: What the service takes where nothing is said.
        """
        found = self.maybe(node, *path)
        return default if found is None else found

    def maybe(self, node: Node, *path: str | int) -> float | None:
        """Returns a number, or None where it is absent, unknown, or one of several."""
        numbers = node.numbers(*path)
        if numbers is not None and len(numbers) <= 1:
            return next(iter(numbers), None)
        self._doubts.add(
            "no template says these, so their defaults are taken: {}",
            f"{path[-1]} of {node.name}",
        )
        return None
