"""What neither templates nor scenario say: as `hinagata price` and `hinagata plan` take it."""

from __future__ import annotations

from hinagata.planner.assumptions import Assumptions
from hinagata.planner.naming import Names
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


class Assumed:
    """Assumptions about the nodes of an architecture.

    Args:
        assumptions: What is assumed.
        topology: The architecture.

    Attributes:
        names: What the nodes may be called in a file of assumptions.

    Raises:
        HinagataError: They speak of a node that is not there.
    """

    def __init__(self, assumptions: Assumptions, topology: Topology) -> None:
        self.names = Names(topology)
        self._assumptions = assumptions
        assumptions.check(self.names.every())

    def take(self, name: str, node: Node) -> float:
        """Returns an assumption about a node.

        Args:
            name: Which one, as `hinagata.planner.assumptions.DEFAULTS` names it.
            node: The node.
        """
        return self._assumptions.take(name, self.names.shown(node), *self.names.called(node))

    def says(self, name: str, node: Node) -> bool:
        """Whether somebody's file says it of this very node."""
        return self._assumptions.says(name, self.names.shown(node), *self.names.called(node))
