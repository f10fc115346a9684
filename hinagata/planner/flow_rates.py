"""How many messages come to each node, from the sources of a scenario, by counting alone.

Each message of a source goes from its entry along the edges of the topology to the hops that the
scenario says it reaches, once over each edge. Where an edge leads to other hops only, as a
subscription with a filter does or a queue for what went wrong, the message does not take it; and it
never goes back to a hop that stands before, so that no loop of the topology is followed for ever.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from hinagata.errors import HinagataError
from hinagata.planner.accesses import Access, accesses
from hinagata.planner.naming import Names
from hinagata.scenario import (
    BurstRate,
    ClosedLoopRate,
    DiurnalRate,
    RampRate,
    Scenario,
    Source,
    TraceRate,
)
from hinagata.scenario.rate import DAY_SECONDS, Rate
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_ONWARD = (
    Kind.INVOKES_SYNC,
    Kind.INVOKES_ASYNC,
    Kind.POLLS,
    Kind.DELIVERS,
    Kind.MAY_WRITE,
    Kind.PASSES_ENV,
)
# What code may only have been told of, and calls.
_CALLED = (Role.LOAD_BALANCER, Role.API)
_PASSED_ON = (
    Role.QUEUE,
    Role.TOPIC,
    Role.BUS,
    Role.STREAM,
    Role.WORKFLOW,
    Role.LOAD_BALANCER,
    Role.API,
    Role.DISTRIBUTION,
)
# Steps of the scenario's time at which rates are looked at: every minute of a day.
_STEPS = 1440
# Bursts of a source whose beginnings are looked at one by one.
_MOST_BURSTS = 1000
# No architecture leads a message further; the work grows with the nodes alone.
_MOST_STATES = 200_000
# Nor does one message become so many: roles that let everything write everywhere say nothing.
_MOST_VISITS = 1e4


@dataclass(frozen=True, kw_only=True)
class Flows:
    """What goes where.

    Attributes:
        sources: The scenario's sources, by name.
        duration_s: The scenario's time.
        traffic: By what the scenario's traffic is multiplied.
        visits: By node, how often each message of a source comes to it.
        over: By pair of nodes, how often each message of a source goes from one to the other.
        accesses: What code may write to and read from.
        latency_s: By source, how long a user waits for an answer.
        notes: What was taken for want of knowledge, in a sentence each.
    """

    sources: Mapping[str, Source]
    duration_s: float
    traffic: float
    visits: Mapping[Node, Mapping[str, float]]
    over: Mapping[tuple[Node, Node], Mapping[str, float]]
    accesses: tuple[Access, ...]
    latency_s: Mapping[str, float]
    notes: tuple[str, ...]

    def mean(self, visits: Mapping[str, float] | Node) -> float:
        """Returns messages a second over the scenario's time, to a node or of some visits."""
        return math.fsum(
            count * self._mean_rates[source] for source, count in self._visits(visits).items()
        )

    def peak(self, visits: Mapping[str, float] | Node) -> float:
        """Returns the most messages a second at any moment, to a node or of some visits."""
        counts = tuple(self._visits(visits).items())
        if counts not in self._peaks:
            self._peaks[counts] = max(self._sums(dict(counts)), default=0.0)
        return self._peaks[counts]

    def averaged(self, visits: Mapping[str, float] | Node, of: Callable[[float], float]) -> float:
        """Returns the mean over the scenario's time of something that follows from the rate."""
        counts = self._visits(visits)
        steps = [self._rates((step + 0.5) * self.duration_s / _STEPS) for step in range(_STEPS)]
        values = [
            of(math.fsum(count * rates[source] for source, count in counts.items()))
            for rates in steps
        ]
        return math.fsum(values) / _STEPS

    def rise(self, visits: Mapping[str, float] | Node, seconds: float) -> float:
        """Returns by how much the rate rises at most within so many seconds."""
        counts = self._visits(visits)

        def rate(moment: float) -> float:
            rates = self._rates(moment)
            return math.fsum(count * rates[source] for source, count in counts.items())

        moments = zip(self._moments, self._sums(counts), strict=True)
        return max((now - rate(max(0.0, moment - seconds)) for moment, now in moments), default=0.0)

    def outgrown(
        self, visits: Mapping[str, float] | Node, *, factor: float, floor: float, seconds: float
    ) -> tuple[float, float]:
        """Returns the rate that comes closest to, or furthest beyond, what the past allows.

        Allowed is a multiple of the highest rate before the last so many seconds, as it was from
        the scenario's beginning, and at least a floor.

        Args:
            visits: Of what.
            factor: The multiple.
            floor: The least that is allowed.
            seconds: How long the multiple takes to grow.

        Returns:
            The rate, and what is allowed at that time.
        """
        rates = self._sums(self._visits(visits))
        moments = self._moments
        worst = (rates[0], max(floor, factor * rates[0]))
        past, behind = rates[0], 0
        for moment, rate in zip(moments, rates, strict=True):
            while moments[behind] <= moment - seconds:
                past = max(past, rates[behind])
                behind += 1
            allowed = max(floor, factor * past)
            if rate * worst[1] > worst[0] * allowed:
                worst = (rate, allowed)
        return worst

    def _visits(self, visits: Mapping[str, float] | Node) -> Mapping[str, float]:
        return self.visits.get(visits, {}) if isinstance(visits, Node) else visits

    @cached_property
    def _mean_rates(self) -> dict[str, float]:
        found = {}
        for name, source in self.sources.items():
            rate = source.rate
            if isinstance(rate, ClosedLoopRate):
                count = rate.count(0, self.duration_s, latency_seconds=self.latency_s[name])
            else:
                count = rate.count(0, self.duration_s)
            found[name] = count / self.duration_s
        return found

    @cached_property
    def _moments(self) -> list[float]:
        moments = {
            moment
            for source in self.sources.values()
            for moment in _moments(source.rate, self.duration_s)
        }
        grid = (step * self.duration_s / _STEPS for step in range(_STEPS))
        return sorted(moments.union(grid))

    @cached_property
    def _at_moments(self) -> dict[str, list[float]]:
        """The rate of each source at each moment that is looked at."""
        every = [self._rates(moment) for moment in self._moments]
        return {name: [rates[name] for rates in every] for name in self.sources}

    @cached_property
    def _peaks(self) -> dict[tuple[tuple[str, float], ...], float]:
        return {}

    def _sums(self, counts: Mapping[str, float]) -> list[float]:
        """The rate of some visits at each moment that is looked at."""
        series = [
            [count * rate for rate in self._at_moments[name]] for name, count in counts.items()
        ]
        return [math.fsum(rates) for rates in zip(*series, strict=True)] or [0.0] * len(
            self._moments
        )

    def _rates(self, moment: float) -> dict[str, float]:
        return {
            name: source.rate.rate_at(moment, latency_seconds=self.latency_s[name])
            if isinstance(source.rate, ClosedLoopRate)
            else source.rate.rate_at(moment)
            for name, source in self.sources.items()
        }


def _moments(rate: Rate, duration: float) -> Iterator[float]:
    """Yields the moments of the scenario at which a rate can be highest, as far as it has such."""
    match rate:
        case RampRate(start_seconds=start, over_seconds=over):
            yield from (0.0, min(duration, start + over))
        case DiurnalRate(peak_at_seconds=at):
            yield from (0.0, duration, *(at + DAY_SECONDS * k for k in range(2) if at <= duration))
        case BurstRate(at_seconds=at, every_seconds=every):
            yield at
            for k in range(1, min(_MOST_BURSTS, int((duration - at) / every) + 1) if every else 0):
                yield at + k * (every or 0.0)
        case TraceRate(seconds=seconds, per_second=values):
            rows = [row for row, second in enumerate(seconds) if second < duration]
            rows.sort(key=lambda row: -values[row])
            yield from (seconds[row] for row in rows[:_MOST_BURSTS])
        case _:
            yield 0.0


def read_flows(
    topology: Topology, scenario: Scenario, names: Names, *, traffic: float = 1.0
) -> Flows:
    """Returns what a scenario sends through a topology.

    Args:
        topology: The architecture.
        scenario: The traffic.
        names: What the scenario calls the nodes.
        traffic: By what it is multiplied.

    Raises:
        HinagataError: The scenario names what the topology does not have, or the topology leads
            everywhere.
    """
    names.check(scenario)
    visits: dict[Node, dict[str, float]] = defaultdict(dict)
    over: dict[tuple[Node, Node], dict[str, float]] = defaultdict(dict)
    notes: dict[str, None] = {}
    latency: dict[str, float] = {}
    for source in scenario.sources.values():
        way = _Way(topology, names, source, names.entry(scenario, source.name))
        for node, count in way.visits.items():
            visits[node][source.name] = count * traffic
        for pair, count in way.over.items():
            over[pair][source.name] = count * traffic
        notes.update(dict.fromkeys(way.notes))
        first = scenario.service_times.get(source.reaches[0])
        latency[source.name] = first.mean_seconds if first else 0.0
    return Flows(
        sources=scenario.sources,
        duration_s=scenario.duration_seconds,
        traffic=traffic,
        visits=visits,
        over=over,
        accesses=tuple(accesses(topology, names, scenario, visits)),
        latency_s=latency,
        notes=tuple(notes),
    )


# A node, and the place in `reaches` of the hop that the message was at last.
_State = tuple[Node, int]


class _Way:
    """The way of one source's messages.

    Attributes:
        visits: How often each message comes to a node.
        over: How often it goes from one node to another.
        notes: What is strange about it.
    """

    def __init__(self, topology: Topology, names: Names, source: Source, entry: Node) -> None:
        self._topology = topology
        self._place: dict[Node, int] = {}
        for place, hop in enumerate(source.reaches):
            for node in names.hop(hop):
                self._place.setdefault(node, place)
        self._handlers = frozenset(names.handlers)
        self._behind: dict[Node, frozenset[Node]] = {}
        self.visits: dict[Node, float] = defaultdict(float)
        self.over: dict[tuple[Node, Node], float] = defaultdict(float)
        self.notes: list[str] = []
        start: _State = (entry, self._place.get(entry, -1))
        self._follow(start)
        for place, hop in enumerate(source.reaches):
            nodes = names.hop(hop)
            if not any(self.visits.get(node) for node in nodes):
                self.notes.append(
                    f"nothing in the templates leads {source.name} from {source.entry} to {hop}: "
                    "taken as reached once for each message"
                )
                self._follow((nodes[0], place))

    def _follow(self, start: _State) -> None:
        """Adds one message at a state to all that it goes on to."""
        order, after = self._states(start)
        count: dict[_State, float] = defaultdict(float)
        count[start] = 1.0
        for state in reversed(order):
            node, _ = state
            self.visits[node] += count[state]
            if self.visits[node] > _MOST_VISITS:
                raise HinagataError(
                    f"the templates lead each message to {node.name} in more than "
                    f"{_MOST_VISITS:,.0f} ways, as code may write to what it does not; narrow its "
                    "permissions, or the scenario's reaches"
                )
            for target in after[state]:
                count[target] += count[state]
                self.over[node, target[0]] += count[state]

    def _states(self, start: _State) -> tuple[list[_State], dict[_State, list[_State]]]:
        """The states that follow, each after all that it leads to, and what leads to what.

        Depth first; what leads back to where the walk has come from is left out.
        """
        after: dict[_State, list[_State]] = {start: []}
        order: list[_State] = []
        open_: set[_State] = {start}
        walk: list[tuple[_State, Iterator[_State]]] = [(start, self._onward(start))]
        while walk:
            state, targets = walk[-1]
            target = next(targets, None)
            if target is None:
                walk.pop()
                open_.discard(state)
                order.append(state)
            elif target in open_:
                self.notes.append(
                    f"{state[0].name} leads back to {target[0].name}: followed once, not again"
                )
            else:
                after[state].append(target)
                if target not in after and len(after) < _MOST_STATES:
                    after[target] = []
                    open_.add(target)
                    walk.append((target, self._onward(target)))
        return order, after

    def _onward(self, state: _State) -> Iterator[_State]:
        node, place = state
        targets: dict[Node, None] = {}
        for edge in self._topology.out(node, *_ONWARD):
            if edge.kind is Kind.PASSES_ENV and edge.target.role not in _CALLED:
                continue
            targets[edge.target] = None
        for target in targets:
            if target in self._handlers:
                if self._place.get(target, -1) > place:
                    yield (target, self._place[target])
            elif self._passes_on(target) and self._takes(target, place):
                yield (target, place)

    def _passes_on(self, node: Node) -> bool:
        """Whether messages go through what is no handler; through a bucket, if it tells."""
        if node.role is Role.BUCKET:
            told = self._topology.out(node, Kind.DELIVERS, Kind.INVOKES_ASYNC)
            return next(iter(told), None) is not None
        return node.role in _PASSED_ON

    def _takes(self, node: Node, place: int) -> bool:
        """Whether messages go on to what is no handler itself."""
        behind = self._handlers_behind(node)
        if not behind:
            return node not in self._topology.failure_destinations
        return any(self._place.get(handler, -1) > place for handler in behind)

    def _handlers_behind(self, node: Node) -> frozenset[Node]:
        """The handlers that messages come to next from what is none."""
        if node not in self._behind:
            found: set[Node] = set()
            seen, open_ = {node}, [node]
            while open_:
                for edge in self._topology.out(open_.pop(), *_ONWARD):
                    target = edge.target
                    if target in self._handlers:
                        found.add(target)
                    elif self._passes_on(target) and target not in seen:
                        seen.add(target)
                        open_.append(target)
            self._behind[node] = frozenset(found)
        return self._behind[node]
