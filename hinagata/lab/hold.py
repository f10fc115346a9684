"""Holds a scenario against the architecture that it is for, before anything is deployed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hinagata.lab.hops import read_hops
from hinagata.lab.wiring import APIS, FUNCTION, LOAD_BALANCER, TABLES
from hinagata.scenario import Put, ScenarioError
from hinagata.scenario.fault import KINDS, Target
from hinagata.suggestion import suggest
from hinagata.topology.node import Node, Role

if TYPE_CHECKING:
    from hinagata.scenario import Scenario
    from hinagata.topology.graph import Topology

CHANNELS = (Role.QUEUE, Role.TOPIC, Role.STREAM, Role.BUS)
DEPENDENCIES = (*CHANNELS, Role.TABLE, Role.BUCKET, Role.WORKFLOW, Role.API, Role.LOAD_BALANCER)


def hold(scenario: Scenario, topology: Topology, *, stacks: Collection[str] | None = None) -> None:
    """Refuse a scenario that names what the architecture does not have.

    Args:
        scenario: its entries, hops, tables and targets of faults are looked at.
        topology: the architecture.
        stacks: the names of the stacks that the scenario is for. Default: all of them.

    Raises:
        ScenarioError: with the line of the first name that is none, and what it may mean.
    """
    nodes = [node for node in topology.nodes if stacks is None or _is_of(node, stacks)]
    hops = {node: name for node, name in read_hops(topology).names.items() if node in set(nodes)}

    def check(path: str, name: str, known: Mapping[str, str], kind: str) -> None:
        if name not in known:
            raise ScenarioError(
                file=scenario.file,
                line=scenario.lines.get(path, 1),
                field=path,
                found=f'"{name}", which the architecture does not have',
                expected=f"the name of a {kind}: {suggest(name, dict.fromkeys(known.values()))}",
            )

    entries = _called(node for node in nodes if node.type in (LOAD_BALANCER, *APIS))
    channels = _called(
        node
        for node in nodes
        if node.role in (Role.STREAM, Role.QUEUE) and node not in topology.failure_destinations
    )
    tables = _called(node for node in nodes if node.type in TABLES)
    handlers = {name: name for name in hops.values()}
    for name, source in scenario.sources.items():
        if isinstance(source.request, Put):
            check(f"sources.{name}.entry", source.entry, channels, "stream or queue")
        else:
            check(f"sources.{name}.entry", source.entry, entries, "load balancer or API")
        for index, hop in enumerate(source.reaches):
            check(f"sources.{name}.reaches[{index}]", hop, handlers, "hop")
    for hop in scenario.service_times:
        check(f"service_times.{hop}", hop, handlers, "hop")
    for index, expectation in enumerate(scenario.expectations.stored):
        check(f"expect.stored[{index}].table", expectation.table, tables, "table")
    queues = _called(node for node in nodes if node.role is Role.QUEUE)
    for place, name, known, meant in _counted(scenario, entries, handlers, queues):
        check(place, name, known, meant)
    for place, name, known, meant in _struck(scenario, nodes, hops):
        check(place, name, known, meant)


def _struck(
    scenario: Scenario, nodes: Sequence[Node], hops: Mapping[Node, str]
) -> Iterator[tuple[str, str, Mapping[str, str], str]]:
    """Yield what faults strike, as `_counted` does, and what loses its cap."""
    handlers = {name: name for name in hops.values()}
    functions = {name: name for node, name in hops.items() if node.type == FUNCTION}
    targets = {
        Target.HANDLER: handlers,
        Target.FUNCTION: functions,
        Target.CONTAINER: {name: name for node, name in hops.items() if node.type != FUNCTION},
        Target.DEPENDENCY: (
            _called(node for node in nodes if node.role in DEPENDENCIES)
            | handlers
            | {name: name for name in scenario.outside}
        ),
        Target.CHANNEL: _called(node for node in nodes if node.role in CHANNELS),
    }
    for index, fault in enumerate(scenario.faults):
        kind = KINDS[fault.inject].target
        if kind is not None and fault.target is not None:
            yield f"faults[{index}].on", fault.target, targets[kind], kind.value
    for index, hop in enumerate(scenario.uncapped):
        yield f"run.uncapped[{index}]", hop, functions, Target.FUNCTION.value


def _counted(
    scenario: Scenario,
    entries: Mapping[str, str],
    hops: Mapping[str, str],
    queues: Mapping[str, str],
) -> Iterator[tuple[str, str, Mapping[str, str], str]]:
    """Yield what expectations count at: where each stands, its name, what is known, and as what."""
    for field, name, known, kind in (
        ("throttled", "node", {**entries, **hops}, "hop, a load balancer or an API"),
        ("processed", "hop", hops, "hop"),
        ("duplicates", "hop", hops, "hop"),
        ("dead_letters", "hop", hops, "hop"),
        ("backlog", "node", {**queues, **hops}, "hop or a queue"),
    ):
        for index, expectation in enumerate(getattr(scenario.expectations, field)):
            yield f"expect.{field}[{index}].{name}", expectation.node, known, kind


def _is_of(node: Node, stacks: Collection[str]) -> bool:
    """Return whether a node stands in one of some stacks, or in one that they nest."""
    name = node.template.name
    return any(name == stack or name.startswith(f"{stack}/") for stack in stacks)


def _called(nodes: Iterable[Node]) -> dict[str, str]:
    """Return what nodes may be called, the ids on their way down the construct tree.

    Each comes with the one to suggest: that of the construct which the stack itself has.
    """
    found: dict[str, str] = {}
    for node in nodes:
        first, *rest = node.construct_path.split("/")
        for part in (first, *rest):
            found.setdefault(part, rest[0] if rest else first)
    return found
