"""Which way the messages of each source go, by what the scenario says that they reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hinagata.scenario.model import NewestStored, Scenario, Source
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.kept import Kept
from hinagata.simulator.names import Names
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_FUNCTION, _SERVICE = "AWS::Lambda::Function", "AWS::ECS::Service"
RUNS_CODE = (_FUNCTION, _SERVICE)
_ROLES = (
    Role.QUEUE,
    Role.TOPIC,
    Role.BUS,
    Role.STREAM,
    Role.TABLE,
    Role.BUCKET,
    Role.API,
    Role.WORKFLOW,
)
KEEPS = (Role.TABLE, Role.BUCKET)
_TAKES = (Role.QUEUE, Role.TOPIC, Role.STREAM, Role.BUS, Role.API, Role.LOAD_BALANCER)
_ONWARD = (Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.POLLS, Kind.DELIVERS, Kind.MAY_WRITE)


def is_station(node: Node) -> bool:
    """Whether messages go through a node on their own account; a load balancer is its service's."""
    return node.type in RUNS_CODE or node.role in _ROLES


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way from one station to another.

    Attributes:
        source: Where it begins.
        target: Where it ends.
        edges: What the templates say of it; the first is the one that moves messages.
        balanced: The edge from the load balancer to the target, if there is one between.
    """

    source: Node
    target: Node
    edges: tuple[Edge, ...]
    balanced: Edge | None = None


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Where messages go.

    Attributes:
        entries: The station that takes the messages of each source.
        links: The ways on from each station, in the order of the templates.
        takers: The sources whose messages go each way.
        visitors: The sources whose messages come to each station.
        sent: How many messages each source sends.
    """

    entries: Mapping[str, Node]
    links: Mapping[Node, tuple[Link, ...]]
    takers: Mapping[tuple[Node, Node], Collection[str]]
    visitors: Mapping[Node, Collection[str]]
    sent: Mapping[str, float]

    def share(self, node: Node, sources: Collection[str]) -> float:
        """Returns the share of a station's messages that some sources have sent, over all."""
        came = self.count(self.visitors.get(node, ()))
        went = self.count(sources)
        return went / came if came else 0.0

    def count(self, sources: Collection[str]) -> float:
        """Returns how many messages some sources send."""
        return sum(self.sent[name] for name in sources)


def find_links(topology: Topology) -> dict[Node, tuple[Link, ...]]:
    """Returns the ways on from each station, whoever takes them."""
    found: dict[Node, dict[Node, Link]] = {}
    polled = {(edge.target, edge.source) for edge in topology.edges(Kind.POLLS)}
    for edge in topology.edges(*_ONWARD, Kind.PASSES_ENV, Kind.MAY_READ):
        if not _carries(edge, topology, polled):
            continue
        for target, balanced in stations_behind(edge.target, topology):
            if target is edge.source:
                continue
            links = found.setdefault(edge.source, {})
            known = links.get(target)
            if known is None:
                links[target] = Link(
                    source=edge.source, target=target, edges=(edge,), balanced=balanced
                )
            else:
                links[target] = Link(
                    source=edge.source,
                    target=target,
                    edges=(*known.edges, edge),
                    balanced=known.balanced,
                )
    return {source: tuple(links.values()) for source, links in found.items()}


def stations_behind(node: Node, topology: Topology) -> Iterator[tuple[Node, Edge | None]]:
    """Yields the station that a node is, or those that a load balancer sends its requests to."""
    if node.role is not Role.LOAD_BALANCER:
        if is_station(node):
            yield node, None
        return
    for edge in topology.out(node, Kind.INVOKES_SYNC):
        if is_station(edge.target):
            yield edge.target, edge


def find_routes(
    scenario: Scenario,
    *,
    entries: Mapping[str, Node],
    links: Mapping[Node, tuple[Link, ...]],
    names: Names,
    kept: Kept,
    doubts: Doubts,
) -> Routes:
    """Returns which of the ways the messages of each source take.

    A message takes every way that leads to a hop which its source reaches, and no other; it is
    kept in the tables of the hops on its way, as `Kept` says.

    Args:
        scenario: Its sources and expectations.
        entries: The station that takes the messages of each source.
        links: The ways on from each station.
        names: What the stations are called.
        kept: Whose messages are written to tables, and read.
        doubts: Told where a way is a guess, or left out.
    """
    keepers = _keepers(scenario, names)
    takers: dict[tuple[Node, Node], dict[str, None]] = {}
    visitors: dict[Node, dict[str, None]] = {}
    for name, source in scenario.sources.items():
        walk = _Walk(name, frozenset(source.reaches), links, names, kept)
        walk.go(entries[name])
        for node in walk.visited:
            visitors.setdefault(node, {})[name] = None
        for link in walk.taken:
            takers.setdefault((link.source, link.target), {})[name] = None
        _doubt_walk(walk, source, names, doubts)
    _doubt_ways(visitors, takers, keepers, links, names, doubts)
    return Routes(
        entries=entries,
        links=links,
        takers=takers,
        visitors=visitors,
        sent={
            name: source.rate.count(0.0, scenario.duration_seconds)
            for name, source in scenario.sources.items()
        },
    )


def _doubt_walk(walk: _Walk, source: Source, names: Names, doubts: Doubts) -> None:
    for loop in walk.loops:
        doubts.add(
            "messages that go round are followed once, not again along: {}",
            " → ".join(names.of[node] for node in loop),
        )
    reached = {name for node in walk.visited for name in (names.hop(node), names.of[node])}
    for hop in source.reaches:
        if hop not in reached:
            doubts.add(f"no way was found from {source.entry} to: {{}}", hop)


def _doubt_ways(
    visitors: Mapping[Node, Collection[str]],
    takers: Mapping[tuple[Node, Node], Collection[str]],
    keepers: Mapping[Node, Collection[str]],
    links: Mapping[Node, tuple[Link, ...]],
    names: Names,
    doubts: Doubts,
) -> None:
    for node, sources in visitors.items():
        for link in links.get(node, ()):
            kept = link.target.role in KEEPS
            if not kept and (node, link.target) not in takers:
                doubts.add(
                    "no source reaches a hop behind these ways, so nothing is sent on them: {}",
                    f"{names.of[node]} → {names.of[link.target]}",
                )
            elif kept and link.target not in keepers and len(sources) > 1:
                doubts.add(
                    "each message of a hop is taken to be kept in its tables, also in: {}",
                    names.of[link.target],
                )


class _Walk:
    """The way of one source's messages.

    Attributes:
        visited: The stations they come to.
        taken: The ways they take.
        loops: Where they would come to a station again that they come from.
    """

    def __init__(
        self,
        source: str,
        reaches: Collection[str],
        links: Mapping[Node, tuple[Link, ...]],
        names: Names,
        kept: Kept,
    ) -> None:
        self._source = source
        self._reaches = reaches
        self._links = links
        self._names = names
        self._kept = kept
        self._useful: dict[Node, bool] = {}
        self.visited: dict[Node, None] = {}
        self.taken: list[Link] = []
        self.loops: list[tuple[Node, ...]] = []

    def go(self, entry: Node) -> None:
        self._search(entry)
        open_ = [entry]
        onward: dict[Node, list[Link]] = {}
        for link in self.taken:
            onward.setdefault(link.source, []).append(link)
        while open_:
            node = open_.pop()
            if node in self.visited:
                continue
            self.visited[node] = None
            open_ += [link.target for link in onward.get(node, ())]
        self.taken = [link for link in self.taken if link.source in self.visited]

    def _search(self, entry: Node) -> None:
        """Decides, depth first, of each node whether a way through it leads to a hop reached."""
        path: dict[Node, Iterator[Link]] = {entry: iter(self._links.get(entry, ()))}
        useful = {entry: True}
        while path:
            node = next(reversed(path))
            link = next(path[node], None)
            if link is None:
                del path[node]
                self._useful[node] = useful[node]
                if path and useful[node]:
                    self._take(next(reversed(path)), node, useful)
                continue
            target = link.target
            if not self._may_pass(link):
                continue
            if target in path:
                # A channel of one's own to try again by, which a message without failures shuns.
                nodes = list(path)
                self.loops.append((*nodes[nodes.index(target) :], target))
            elif target in self._useful:
                if self._useful[target]:
                    self._take(node, target, useful)
            else:
                path[target] = iter(self._links.get(target, ()))
                useful[target] = self._is_goal(target)

    def _take(self, source: Node, target: Node, useful: dict[Node, bool]) -> None:
        useful[source] = True
        self.taken += [link for link in self._links[source] if link.target is target]

    def _may_pass(self, link: Link) -> bool:
        target = link.target
        if target.type in RUNS_CODE:
            return bool({self._names.hop(target), self._names.of[target]} & set(self._reaches))
        if target.role in KEEPS and link.source.type in RUNS_CODE:
            return any(self._kept.uses(link.source, target, (self._source,)))
        return True

    def _is_goal(self, node: Node) -> bool:
        """Whether messages are meant for a node, whatever lies behind it."""
        return node.type in RUNS_CODE or node.role in KEEPS or not self._links.get(node)


def _keepers(scenario: Scenario, names: Names) -> dict[Node, set[str]]:
    """Returns the sources whose messages each table keeps that an expectation speaks of."""
    found: dict[Node, set[str]] = {}
    for expectation in scenario.expectations.stored:
        sources = (
            expectation.sources if isinstance(expectation, NewestStored) else (expectation.source,)
        )
        for node in names.called(expectation.table):
            if node.role is Role.TABLE:
                found.setdefault(node, set()).update(sources)
    return found


def _carries(edge: Edge, topology: Topology, polled: Collection[tuple[Node, Node]]) -> bool:
    source, target = edge.source, edge.target
    if not is_station(source) or target in topology.failure_destinations:
        return False
    if edge.kind is Kind.MAY_READ:
        return source.type in RUNS_CODE and target.role in KEEPS
    if edge.kind is Kind.PASSES_ENV:
        return target.role in _TAKES and (source, target) not in polled
    return True
