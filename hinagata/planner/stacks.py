"""Which stacks of an assembly a scenario is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hinagata.planner.naming import Names
from hinagata.scenario import Scenario
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


def concerned(topology: Topology, scenario: Scenario) -> tuple[Topology, tuple[str, ...]]:
    """Returns the part of a topology that a scenario is about, and the stacks that are left out.

    Left out are stacks that have neither an entry nor a hop of the scenario, nor an edge to or from
    one that has: other samples of the same app.

    Args:
        topology: All that was read.
        scenario: What names the entries and hops.

    Raises:
        ScenarioError: The scenario names what the topology does not have.
    """
    names = Names(topology)
    names.check(scenario)
    named = {names.entry(scenario, source) for source in scenario.sources}
    for source in scenario.sources.values():
        named.update(node for hop in source.reaches for node in names.hop(hop))
    beside: dict[str, set[str]] = defaultdict(set)
    for edge in topology.edges():
        ends = _stack(edge.source), _stack(edge.target)
        if all(ends) and ends[0] != ends[1]:
            beside[ends[0]].add(ends[1])
            beside[ends[1]].add(ends[0])
    kept: set[str] = set()
    open_ = list(_stacks(named))
    while open_:
        stack = open_.pop()
        if stack not in kept:
            kept.add(stack)
            open_ += beside[stack]
    left_out = tuple(stack for stack in _stacks(topology.nodes) if stack not in kept)
    if not left_out:
        return topology, ()
    nodes = [node for node in topology.nodes if not _stack(node) or _stack(node) in kept]
    inside = set(nodes)
    edges = [edge for edge in topology.edges() if edge.source in inside and edge.target in inside]
    return Topology(nodes, edges), left_out


def _stacks(nodes: Iterable[Node]) -> list[str]:
    return [stack for stack in dict.fromkeys(_stack(node) for node in nodes) if stack]


def _stack(node: Node) -> str:
    """The stack of a node, a nested one counted to its parent; empty for what is in none."""
    return node.template.name.partition("/")[0]
