"""The architecture of a sample, from the assembly of the app."""

from __future__ import annotations

from pathlib import Path

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.cards import Card
from hinagata.topology.graph import Topology
from hinagata.topology.reading import read_topology


def read_architecture(card: Card, assembly: Path) -> Topology:
    """Returns the topology of a sample's stack.

    Args:
        card: The sample's.
        assembly: The folder that the app was synthesized into.

    Raises:
        CatalogueError: The app has no such stack.
        HinagataError: The assembly cannot be read.
    """
    stacks = CloudAssembly.read(assembly).stacks
    for stack in stacks:
        if stack.name == card.stack:
            return read_topology(stack)
    names = ", ".join(stack.name for stack in stacks)
    raise CatalogueError(f"{card.file}: stack is {card.stack}; expected one of {names}")
