"""Which stacks of an assembly a scenario is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from hinagata.planner.naming import Names
from hinagata.scenario import Scenario, ScenarioError
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


def concerned(topology: Topology, scenario: Scenario) -> tuple[Topology, tuple[str, ...]]:
    """Returns the part of a topology that a scenario is about, and the stacks that are left out.

    Stacks with an edge between them are one system. A scenario is about the system that has all its
    entries and hops, whatever others call theirs; if none has, about those that have some. One that
    names what nobody has is about everything: who reads its names refuses it.

    Args:
        topology: All that was read.
        scenario: What names the entries and hops.

    Raises:
        ScenarioError: Several systems have all that the scenario names.
    """
    systems = list(_systems(topology))
    if len(systems) < 2:
        return topology, ()
    parts = [_part(topology, system) for system in systems]
    complete = [
        (part, system)
        for part, system in zip(parts, systems, strict=True)
        if all(_named(Names(part), scenario))
    ]
    if len(complete) > 1:
        raise _several(scenario, [system for _, system in complete])
    if complete:
        part, kept = complete[0]
    else:
        named = list(_named(Names(topology), scenario))
        if not all(named):
            return topology, ()
        some = {_stack(node) for nodes in named for node in nodes}
        kept = {stack for system in systems if system & some for stack in system}
        part = _part(topology, kept)
    return part, tuple(stack for stack in _stacks(topology.nodes) if stack not in kept)


def _systems(topology: Topology) -> Iterator[set[str]]:
    """Yields the stacks that are connected, in the order of the templates."""
    beside: dict[str, set[str]] = defaultdict(set)
    for edge in topology.edges():
        ends = _stack(edge.source), _stack(edge.target)
        if all(ends) and ends[0] != ends[1]:
            beside[ends[0]].add(ends[1])
            beside[ends[1]].add(ends[0])
    seen: set[str] = set()
    for first in _stacks(topology.nodes):
        system: set[str] = set()
        open_ = [first] if first not in seen else []
        while open_:
            stack = open_.pop()
            if stack not in system:
                system.add(stack)
                open_ += beside[stack]
        if system:
            seen |= system
            yield system


def _part(topology: Topology, stacks: Collection[str]) -> Topology:
    nodes = [node for node in topology.nodes if not _stack(node) or _stack(node) in stacks]
    inside = set(nodes)
    edges = [edge for edge in topology.edges() if edge.source in inside and edge.target in inside]
    return Topology(nodes, edges)


def _named(names: Names, scenario: Scenario) -> Iterator[tuple[Node, ...]]:
    """Yields the nodes that each entry and each hop of the scenario may mean."""
    for source in scenario.sources.values():
        yield names.entries(source.entry)
        yield from map(names.hop, source.reaches)


def _several(scenario: Scenario, systems: Sequence[Collection[str]]) -> ScenarioError:
    path = f"sources.{next(iter(scenario.sources))}.entry"
    shown = " and ".join(", ".join(sorted(system)) for system in systems)
    return ScenarioError(
        file=scenario.file,
        line=scenario.lines.get(path, 1),
        field=path,
        found=f"entries and hops that each of {shown} has",
        expected="one of them: give its template alone",
    )


def _stacks(nodes: Iterable[Node]) -> list[str]:
    return [stack for stack in dict.fromkeys(_stack(node) for node in nodes) if stack]


def _stack(node: Node) -> str:
    """The stack of a node, a nested one counted to its parent; empty for what is in none."""
    return node.template.name.partition("/")[0]
