"""What handlers do with messages: how long, in what batches, how often anew."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.planner.assumptions import Assumptions
from hinagata.planner.flow_rates import Flows
from hinagata.planner.naming import FUNCTION, Names
from hinagata.planner.retries import attempts
from hinagata.scenario import Inject, Scenario
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

# What makes an attempt fail.
_FAILING = (Inject.RAISE, Inject.CRASH, Inject.HANG, Inject.POISON)
# A stream's records are tried until they expire: so many tries are reckoned with at most.
_MOST_TRIES = 1000
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a handler does with a message.

    Attributes:
        mean_s: How long it works on it.
        cold_start_s: How long a new environment takes before.
        told: Whether the scenario says so.
    """

    mean_s: float
    cold_start_s: float
    told: bool


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What brings messages to a handler.

    Attributes:
        edge: The way they come; None for those that come from outside.
        visits: How often each message of a source comes that way.
        batch: How many come at once, on average.
        window_s: How long is waited for a batch.
        tries: How often a message is tried, on average.
        most_tries: How often it is tried at most.
    """

    edge: Edge | None
    visits: dict[str, float]
    batch: float
    window_s: float
    tries: float
    most_tries: int


class Handlers:
    """The handlers of an architecture under a scenario.

    Args:
        topology: The architecture.
        scenario: The traffic.
        names: What the scenario calls the nodes.
        flows: What goes where.
        facts: Quotas.
        assumptions: What is taken where nobody knows.
        region: Where it runs.
    """

    def __init__(
        self,
        topology: Topology,
        scenario: Scenario,
        names: Names,
        flows: Flows,
        *,
        facts: Facts,
        assumptions: Assumptions,
        region: str,
    ) -> None:
        self._topology, self._scenario, self._names = topology, scenario, names
        self._flows, self._facts, self._assumptions = flows, facts, assumptions
        self._region = region
        self._feeds: dict[Node, tuple[Feed, ...]] = {}

    def work(self, node: Node) -> Work:
        """Returns how long a handler works on a message."""
        called = self._names.called(node)
        for name in called:
            told = self._scenario.service_times.get(name)
            if told is not None:
                return Work(
                    mean_s=told.mean_seconds, cold_start_s=told.cold_start_seconds, told=True
                )
        mean = self._assumptions.take("service_ms", self._names.shown(node), *called) / 1000
        return Work(mean_s=mean, cold_start_s=0.0, told=False)

    def feeds(self, node: Node) -> tuple[Feed, ...]:
        """Returns what brings messages to a handler."""
        if node not in self._feeds:
            self._feeds[node] = tuple(self._find(node))
        return self._feeds[node]

    def invocations(self, node: Node) -> float:
        """Returns how often a second a handler starts to work, on average, tries included."""
        return math.fsum(
            self._flows.mean(feed.visits) / feed.batch * feed.tries for feed in self.feeds(node)
        )

    def tries(self, node: Node, most: int) -> float:
        """Returns how often a message is tried on average, of `most` times at most.

        The scenario's faults count for the share of the time that they last.
        """
        usual = self._assumptions.take(
            "error_share", self._names.shown(node), *self._names.called(node)
        )
        most = min(most, _MOST_TRIES)
        tries = base = attempts(usual, most).mean
        for share, chance in self._faults(node):
            worse = attempts(1 - (1 - usual) * (1 - chance), most).mean
            tries += share * (worse - base)
        return tries

    def given_up(self, node: Node, most: int) -> float:
        """Returns the share of messages that are given up after `most` tries."""
        usual = self._assumptions.take(
            "error_share", self._names.shown(node), *self._names.called(node)
        )
        lost = usual**most
        for share, chance in self._faults(node):
            lost += share * ((1 - (1 - usual) * (1 - chance)) ** most - usual**most)
        return lost

    def _faults(self, node: Node) -> Iterator[tuple[float, float]]:
        """Yields the share of the time that a fault of the handler lasts, and of its attempts."""
        called = self._names.called(node)
        duration = self._scenario.duration_seconds
        for fault in self._scenario.faults:
            if fault.inject in _FAILING and fault.target in called:
                lasts = min(fault.for_seconds or 0.0, max(0.0, duration - fault.at_seconds))
                yield lasts / duration, fault.rate

    def _find(self, node: Node) -> Iterator[Feed]:
        seen: set[Node] = set()
        ways = (Kind.POLLS, Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.DELIVERS, Kind.MAY_WRITE)
        # Of several edges from one node, the first kind tells most.
        for edge in (each for kind in ways for each in self._topology.into(node, kind)):
            visits = self._flows.over.get((edge.source, node))
            if visits and edge.source not in seen:
                seen.add(edge.source)
                yield self._feed(edge, dict(visits))
        brought: dict[str, float] = defaultdict(float)
        for source in seen:
            for name, count in self._flows.over[source, node].items():
                brought[name] += count
        rest = {
            name: count - brought[name]
            for name, count in self._flows.visits.get(node, {}).items()
            if count - brought[name] > _NOTHING
        }
        if rest:
            yield Feed(
                edge=None,
                visits=rest,
                batch=1.0,
                window_s=0.0,
                tries=self.tries(node, 1),
                most_tries=1,
            )

    def _feed(self, edge: Edge, visits: dict[str, float]) -> Feed:
        found = flow(edge, self._topology)
        batch, window, most = 1.0, 0.0, 1
        if found is not None:
            retries = found.retries
            if retries is None or not math.isfinite(retries):
                most = _MOST_TRIES
            else:
                most = max(1, int(min(retries, _MOST_TRIES)) + 1)
            window = found.window_s or 0.0
            if found.mode == "poll" and edge.target.type == FUNCTION:
                batch = self._batch(edge, visits, max(1.0, found.batch_size or 1.0), window)
        return Feed(
            edge=edge,
            visits=visits,
            batch=batch,
            window_s=window,
            tries=self.tries(edge.target, most),
            most_tries=most,
        )

    def _batch(self, edge: Edge, visits: dict[str, float], largest: float, window: float) -> float:
        """Messages of a mean batch: those that come to one poller in the time between two receives.

        A queue's pollers are as many as Lambda begins with, and wait for the window; once they are
        all busy, more comes meanwhile. A stream's are its lanes, read once a second.
        """
        rate = self._flows.mean(visits)
        if edge.source.role is Role.QUEUE:
            pollers = self._fact("sqs_esm", "initial_concurrency")
            busy = rate * self.work(edge.target).mean_s
            each = max(rate * window, busy) / pollers
        else:
            lanes = lanes_of(edge)
            reads = self._fact("kinesis_esm", "poll_rate_standard")
            each = rate / lanes * max(window, 1 / reads)
        return min(largest, max(1.0, each))

    def _fact(self, service: str, key: str) -> float:
        return self._facts.value(service, key, self._region)


def lanes_of(edge: Edge) -> float:
    """Returns how many batches of a stream a mapping works on at once: shards x factor."""
    shards = edge.source.numbers("ShardCount", default=1) or {1.0}
    factors = edge.via.numbers("ParallelizationFactor", default=1) or {1.0}
    return max(1.0, max(shards) * max(factors))
