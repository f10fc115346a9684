"""What handlers do with tables and buckets for each message: as `hinagata price` counts it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from hinagata.facts import Facts
from hinagata.planner.accesses import accesses, units_of_an_item
from hinagata.scenario.model import Scenario
from hinagata.simulator.assumed import Assumed
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


class Use(NamedTuple):
    """What the messages of some sources do with a table or bucket.

    Attributes:
        sources: Whose messages.
        calls: How often it is called for each of them: all items of a message go in one call.
        write_units: What each message writes.
        read_units: What each message reads.
    """

    sources: tuple[str, ...]
    calls: float
    write_units: float = 0.0
    read_units: float = 0.0


class Kept:
    """Who writes to what keeps data, who reads it, and how much.

    Args:
        topology: The architecture.
        scenario: Its expectations say whose messages a table keeps.
        nodes: Who may write and read.
        assumed: How many items a message writes and reads, and how large they are.
        facts: The sizes of units.
    """

    def __init__(
        self,
        topology: Topology,
        scenario: Scenario,
        nodes: Collection[Node],
        *,
        assumed: Assumed,
        facts: Facts,
    ) -> None:
        each: Mapping[str, float] = dict.fromkeys(scenario.sources, 1.0)
        found = accesses(topology, assumed.names, scenario, dict.fromkeys(nodes, each))
        self._accesses = {(access.node, access.kept): access for access in found}
        self._assumed = assumed
        self._facts = facts

    def uses(self, node: Node, kept: Node, sources: Collection[str]) -> Iterator[Use]:
        """Yields what the messages of some sources do with what keeps data.

        Args:
            node: Who handles the messages.
            kept: The table or bucket.
            sources: Whose messages come there.
        """
        access = self._accesses.get((node, kept))
        if access is None:
            return
        take = self._assumed.take
        writers = tuple(source for source in sources if source in access.writes)
        readers = tuple(source for source in sources if source in access.reads)
        unit = units_of_an_item(take("item_kb", kept), self._facts)
        writes = take("writes_per_message", kept) if writers else 0.0
        reads = take("reads_per_message", kept) if readers else 0.0
        calls: tuple[float, float] = (min(1.0, writes), min(1.0, reads))
        if writers == readers and calls[0] + calls[1]:
            yield Use(writers, calls[0] + calls[1], writes * unit[0], reads * unit[1])
            return
        if writes:
            yield Use(writers, calls[0], write_units=writes * unit[0])
        if reads:
            yield Use(readers, calls[1], read_units=reads * unit[1])
