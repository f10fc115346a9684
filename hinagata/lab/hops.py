"""The hops of a sample, told from its topology: what runs code, and what lies behind it.

A hop is called what its code calls itself in its spans (`hop_names`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hinagata.lab.workflow_letters import workflow_letters
from hinagata.lab.workflow_steps import WorkflowStep, workflow_steps
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.hop_names import hop_names
from hinagata.topology.node import Node, Role

# What code sends messages to, if it is told of it by its environment: a table keeps them.
_CHANNELS = (
    Role.QUEUE,
    Role.TOPIC,
    Role.STREAM,
    Role.BUS,
    Role.WORKFLOW,
    Role.LOAD_BALANCER,
)
# Where messages enter, if no code does it: an API hands them to a channel by itself.
_ENTRIES = (*_CHANNELS, Role.API)
_ONWARD = (Kind.POLLS, Kind.DELIVERS, Kind.INVOKES_ASYNC)


@dataclass(frozen=True, kw_only=True)
class Hops:
    """What a topology says about the hops of its messages.

    Attributes:
        names: the name of the hop of each resource that runs code.
        leads_to: for each resource, those that messages go on to.
        dead_letter_queues: for each queue that takes dead letters, the hop that gave them up.
        workflow_letters: for each queue to which a workflow gives up, its steps.
        steps: the steps of each workflow.
    """

    names: Mapping[Node, str]
    leads_to: Mapping[Node, tuple[Node, ...]]
    dead_letter_queues: Mapping[Node, str]
    workflow_letters: Mapping[Node, tuple[WorkflowStep, ...]] = field(default_factory=dict)
    steps: Mapping[Node, tuple[WorkflowStep, ...]] = field(default_factory=dict)

    def behind(self, ways: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
        """Return, for each hop, those that messages reach through it alone.

        Args:
            ways: for each source of messages, the hop where they enter and those they reach.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for entry, reached in ways:
            hops = frozenset(reached)
            usual = self._reachable(entry, without="")
            for hop in hops:
                still = self._reachable(entry, without=hop)
                found[hop] |= usual.intersection(hops) - still - {hop}
        return {hop: frozenset(hops) for hop, hops in found.items()}

    def directly_before(self) -> dict[str, frozenset[str]]:
        """Return, for each hop, those that send to it with no other hop in between."""
        found: dict[str, set[str]] = defaultdict(set)
        for start, name in self.names.items():
            open_ = list(self.leads_to.get(start, ()))
            seen = set(open_)
            while open_:
                node = open_.pop()
                if node in self.names:
                    found[self.names[node]].add(name)
                    continue
                onward = set(self.leads_to.get(node, ())) - seen
                seen |= onward
                open_ += onward
        return {hop: frozenset(before) for hop, before in found.items()}

    def _reachable(self, entry: str, *, without: str) -> set[str]:
        """Return the hops that messages from an entry come to if one hop passes nothing on."""
        open_ = [node for node, hop in self.names.items() if hop == entry] or [
            node
            for node in self.leads_to
            if node.role in _ENTRIES and entry in node.construct_path.split("/")
        ]
        seen = set(open_)
        while open_:
            node = open_.pop()
            if self.names.get(node) == without:
                continue
            for target in self._next(node):
                if target not in seen:
                    seen.add(target)
                    open_.append(target)
        return {self.names[node] for node in seen if node in self.names} - {without}

    def _next(self, node: Node) -> Iterator[Node]:
        """Yield what comes after a resource; a workflow's step only after the one before it."""
        for steps in self.steps.values():
            yield from (step.function for step in steps if step.follows is node)
        waiting = {step.function for step in self.steps.get(node, ()) if step.follows is not None}
        yield from (target for target in self.leads_to.get(node, ()) if target not in waiting)


def read_hops(topology: Topology) -> Hops:
    """Return the hops of a topology, and the ways between them."""
    names = hop_names(topology)
    leads_to: dict[Node, dict[Node, None]] = defaultdict(dict)
    for edge in topology.edges():
        if _goes_on(edge, topology):
            leads_to[edge.source][edge.target] = None
    ways = {node: tuple(targets) for node, targets in leads_to.items()}
    steps = workflow_steps(topology)
    return Hops(
        names=names,
        leads_to=ways,
        dead_letter_queues=_dead_letter_queues(topology, names, ways),
        workflow_letters={
            letters.queue: steps[letters.machine] for letters in workflow_letters(topology)
        },
        steps=steps,
    )


def _goes_on(edge: Edge, topology: Topology) -> bool:
    if edge.kind is Kind.MAY_WRITE and edge.target.role is Role.BUCKET:
        # A bucket that tells nobody is where messages end.
        return any(True for _ in topology.out(edge.target, *_ONWARD))
    if edge.kind is Kind.PASSES_ENV:
        return edge.target.role in _CHANNELS
    return edge.kind in _ONWARD or (
        edge.kind is Kind.INVOKES_SYNC and edge.source.role in (Role.LOAD_BALANCER, Role.WORKFLOW)
    )


def _dead_letter_queues(
    topology: Topology, names: Mapping[Node, str], leads_to: Mapping[Node, tuple[Node, ...]]
) -> dict[Node, str]:
    found: dict[Node, str] = {}
    for edge in topology.edges(*FAILURE):
        if edge.source.role is Role.WORKFLOW:
            continue
        hops = (_first_hop(node, names, leads_to) for node in _not_reached(edge, topology))
        hop = next((each for each in hops if each is not None), None)
        if hop is not None and edge.target.role is Role.QUEUE:
            found.setdefault(edge.target, hop)
    return found


def _not_reached(edge: Edge, topology: Topology) -> Iterator[Node]:
    """Yield what dead letters have not got through: a subscription's or a rule's target."""
    if edge.kind is Kind.ON_FAILURE or edge.via is edge.source:
        yield edge.source
    for onward in topology.out(edge.source, *_ONWARD):
        if onward.via is edge.via:
            yield onward.target


def _first_hop(
    start: Node, names: Mapping[Node, str], leads_to: Mapping[Node, tuple[Node, ...]]
) -> str | None:
    """Return the hop that takes messages from a resource, which may be its code itself."""
    for node in (start, *leads_to.get(start, ())):
        if node in names:
            return names[node]
    return None
