"""How long hops work on their own: what a scenario measures contains what they wait for."""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.facts import Facts
from hinagata.scenario.model import Scenario, ServiceTime
from hinagata.simulator.assumed import Assumed
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.kept import Kept
from hinagata.simulator.model import Dependency, Table, Work
from hinagata.simulator.names import Names
from hinagata.simulator.outside import Outside
from hinagata.simulator.routes import KEEPS, RUNS_CODE, Link, Routes
from hinagata.topology.node import Node, Role

_FUNCTION = "AWS::Lambda::Function"


class OwnTimes:
    """The times of hops, with and without the calls that they wait for.

    Args:
        scenario: Its service times, each the whole of what a hop does with a message.
        routes: Where messages go.
        names: What the stations are called.
        outside: What hops call that is no part of the architecture.
        kept: What hops do with tables and buckets.
        assumed: How long hops work where the scenario says nothing.
        facts: How long environments take to start, where the scenario says nothing.
        doubts: Told of times that are assumed.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        routes: Routes,
        names: Names,
        outside: Outside,
        kept: Kept,
        assumed: Assumed,
        facts: Facts,
        doubts: Doubts,
    ) -> None:
        self._scenario = scenario
        self._routes = routes
        self._names = names
        self._outside = outside
        self._kept = kept
        self._assumed = assumed
        self._facts = facts
        self._doubts = doubts

    def work(self, node: Node) -> Work:
        """Returns what a hop does for a message without what it waits for."""
        time = self._said(node) or ServiceTime(mean_seconds=self._assumed_s(node))
        if self._said(node) is None and node in self._routes.visitors:
            seconds = self._assumed_s(node)
            self._doubts.add(
                f"the scenario has no service time of these, {seconds:g} s are assumed: {{}}",
                self._names.of[node],
            )
        waited = sum(self._waits(node))
        own = max(0.0, time.mean_seconds - waited)
        if time.mean_seconds < waited:
            self._doubts.add(
                "these take longer than the scenario says, for the calls that they wait for are "
                "taken to: {}",
                self._names.of[node],
            )
        return Work(mean_s=own, cv=time.cv if own else 0.0)

    def whole(self, node: Node) -> float:
        """Returns how long a hop takes for a message, with what it waits for, in seconds."""
        return max(self.work(node).mean_s, self._answer(node))

    def cold_start(self, function: Node) -> Work | None:
        """Returns how long a new environment of a function takes; None for no time."""
        time = self._said(function)
        if time is not None:
            seconds = time.cold_start_seconds
            return Work(mean_s=seconds, cv=0.0) if seconds else None
        fact = self._measured_start(function)
        return Work(mean_s=fact, cv=0.0) if fact is not None else None

    def _assumed_s(self, node: Node) -> float:
        return self._assumed.take("service_ms", node) / 1000

    def _said(self, node: Node) -> ServiceTime | None:
        times = self._scenario.service_times
        return times.get(self._names.hop(node)) or times.get(self._names.of[node])

    def _waits(self, node: Node) -> Iterator[float]:
        yield self._outside.waited_s(node)
        for link in self._routes.links.get(node, ()):
            if waits(link):
                yield self._calls(link) * self._answer(link.target)

    def _calls(self, link: Link) -> float:
        """Returns how often a way is gone for each message that comes to its beginning."""
        node = link.source
        takers = self._routes.takers.get((node, link.target), ())
        if link.target.role in KEEPS and node.type in RUNS_CODE:
            uses = self._kept.uses(node, link.target, takers)
            return sum(self._routes.share(node, use.sources) * use.calls for use in uses)
        return self._routes.share(node, takers)

    def _answer(self, node: Node) -> float:
        """Returns how long an answer takes that nothing delays."""
        if node.type in RUNS_CODE:
            time = self._said(node)
            return time.mean_seconds if time else self._assumed_s(node)
        if node.role is Role.TABLE:
            return Table(name="").latency.mean_s
        if node.role is Role.API:
            return max(
                (
                    self._answer(link.target)
                    for link in self._routes.links.get(node, ())
                    if link.target.type in RUNS_CODE
                ),
                default=0.0,
            )
        return Dependency(name="").latency.mean_s

    def _measured_start(self, function: Node) -> float | None:
        runtime, package = function.get("Runtime"), function.get("PackageType")
        architectures = function.strings("Architectures", default="x86_64") or {"x86_64"}
        memory = next(iter(function.numbers("MemorySize", default=128) or (128,)))
        kind = "image" if package == "Image" else "zip"
        near = min((128, 512, 1024), key=lambda size: abs(size - memory))
        key = f"coldstart.init_ms.{runtime}.{kind}.{min(architectures)}.{near}"
        fact = self._facts.find("lambda", key)
        return None if fact is None else fact.value / 1000


def waits(link: Link) -> bool:
    """Whether who goes a way waits for the answer; else the message is handed over."""
    edge = link.edges[0]
    target = link.target
    if target.role in (Role.QUEUE, Role.TOPIC, Role.BUS, Role.STREAM):
        return False
    if target.role is Role.WORKFLOW:
        return edge.detail == "states:StartSyncExecution" or edge.kind == "invokes_sync"
    return edge.kind not in ("invokes_async", "delivers", "polls")
