"""What code does with tables and buckets: whose messages it writes and reads, and in what units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.planner.billed_units import read_units, write_units
from hinagata.planner.naming import Names
from hinagata.scenario import LatestStored, NewestStored, Scenario, StoredExpectation
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_KEPT = (Role.TABLE, Role.BUCKET)


@dataclass(frozen=True, kw_only=True)
class Access:
    """What code may do with a table or a bucket.

    Attributes:
        node: The code.
        kept: The table or bucket.
        writes: Messages that may write, for each message of a source.
        reads: Messages that may read.
    """

    node: Node
    kept: Node
    writes: Mapping[str, float]
    reads: Mapping[str, float]


def accesses(
    topology: Topology, names: Names, scenario: Scenario, visits: Mapping[Node, Mapping[str, float]]
) -> Iterator[Access]:
    """Yields what each handler may do with what keeps data.

    A table that the scenario expects to hold the messages of some sources is used by these alone.
    One that is expected to hold what the newest of them said may be read for any message: who wants
    to know what is different, or who is gone, has to look.

    Args:
        topology: The architecture.
        names: What the scenario calls the nodes.
        scenario: Its expectations of what is stored are looked at.
        visits: By handler, how often each message of a source comes to it.
    """
    stored = scenario.expectations.stored
    holding = _by_table(stored)
    every = _by_table(each for each in stored if not isinstance(each, LatestStored))
    for node, counts in list(visits.items()):
        kept: dict[Node, set[Kind]] = defaultdict(set)
        for edge in topology.out(node, Kind.MAY_WRITE, Kind.MAY_READ, Kind.DELIVERS):
            if edge.target.role in _KEPT and edge.detail != "dynamodb:GetRecords":
                kept[edge.target].add(edge.kind)
        for target, kinds in kept.items():
            called = names.called(target)
            writes = Kind.MAY_WRITE in kinds or Kind.DELIVERS in kinds
            reads = Kind.MAY_READ in kinds
            yield Access(
                node=node,
                kept=target,
                writes=_of(holding, called, counts) if writes else {},
                reads=(_of(every, called, counts) if writes else counts) if reads else {},
            )


def units_of_an_item(item_kb: float, facts: Facts) -> tuple[float, float]:
    """Returns the units that DynamoDB counts for an item written, and for one read eventually.

    Args:
        item_kb: Its size.
        facts: The sizes of units.
    """
    return (
        write_units(item_kb, unit_kb=facts.value("dynamodb", "write_unit")),
        read_units(item_kb, consistency="eventual", unit_kb=facts.value("dynamodb", "read_unit")),
    )


def _of(
    sources: Mapping[str, Sequence[str]], called: Iterable[str], counts: Mapping[str, float]
) -> dict[str, float]:
    """The counts of the sources of a table; of all, where nothing is said of it."""
    own = next((sources[name] for name in called if name in sources), counts)
    return {source: count for source, count in counts.items() if source in own}


def _by_table(expectations: Iterable[StoredExpectation]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for expectation in expectations:
        sources = (
            expectation.sources if isinstance(expectation, NewestStored) else (expectation.source,)
        )
        found[expectation.table] = (*found.get(expectation.table, ()), *sources)
    return found
