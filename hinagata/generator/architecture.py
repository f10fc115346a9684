"""A blueprint whose parts fit together: who is fed by whom, and what a message reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hinagata.generator.arguments import RouteTo, StepOf
from hinagata.generator.blueprint import Blueprint, Component, Function, Traffic
from hinagata.generator.flows import Connection, connections_of
from hinagata.generator.kinds import SENDERS, SERVERS
from hinagata.generator.rules import refuse_misfits, refuse_reservations

# Twice what is there at a time on average: arrivals come in clumps.
HEADROOM = 2
MAX_CONCURRENCY = 10  # of a LambdaWorker that says nothing


@dataclass(frozen=True, kw_only=True)
class Code:
    """A function of the project: a module with a handler.

    Attributes:
        name: the module.
        owner: the component that runs it.
        role: `request` answers a route; `event` works on what comes; `step` is a step of a
            workflow, or is asked and waited for.
        route: the route, of a request.
        to: what is said of the route.
    """

    name: str
    owner: Component
    role: str
    route: str = ""
    to: RouteTo = field(default_factory=RouteTo)

    @property
    def only_reads(self) -> bool:
        """Whether it answers a question and changes nothing."""
        return self.route.startswith("GET ")


class Architecture:
    """A blueprint that was read, with what follows from it.

    Args:
        blueprint: the blueprint.

    Attributes:
        blueprint: the blueprint.
        connections: what its arrows mean.
        traffic: what comes from outside, by name; where the blueprint says nothing of an entry, a
            little.

    Raises:
        ScenarioError: parts of it do not fit together; the message names the place.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.connections = connections_of(blueprint)
        self.traffic = dict(blueprint.traffic)
        refuse_misfits(self)
        asked = {one.to for one in self.traffic.values()}
        for one in self.entries():
            if one.name not in asked:
                self.traffic[_free(one.name, self.traffic)] = Traffic(
                    to=one.name,
                    peak_per_second=10.0,
                    rate="{shape: constant, rate: 10/s}",
                )
        self.traffic = {name: self._whole(name, one) for name, one in self.traffic.items()}
        refuse_reservations(self)

    @property
    def components(self) -> list[Component]:
        """The components, in their order."""
        return list(self.blueprint.components.values())

    def of(self, name: str) -> Component:
        """Return the component of a name."""
        return self.blueprint.components[name]

    def into(self, one: Component, *verbs: str) -> list[Connection]:
        """Return the connections that end at a component, of some verbs or of all."""
        return [
            connection
            for connection in self.connections
            if connection.target.name == one.name and (not verbs or connection.verb in verbs)
        ]

    def out_of(self, one: Component, *verbs: str) -> list[Connection]:
        """Return the connections that begin at a component, of some verbs or of all."""
        return [
            connection
            for connection in self.connections
            if connection.source.name == one.name and (not verbs or connection.verb in verbs)
        ]

    def steps(self, workflow: Component) -> tuple[StepOf, ...]:
        """Return the steps of a workflow."""
        return tuple(workflow.arguments["steps"])

    def step_of(self, worker: Component) -> list[Component]:
        """Return the workflows that a worker takes a step of, or undoes one of."""
        return [
            one
            for one in self.components
            if one.kind == "durable_workflow"
            and any(worker.name in (step.do, step.undo) for step in self.steps(one))
        ]

    def undoes(self, worker: Component) -> bool:
        """Return whether a worker undoes a step of a workflow."""
        return any(
            worker.name == step.undo for one in self.step_of(worker) for step in self.steps(one)
        )

    def breaker_of(self, worker: Component) -> Component | None:
        """Return the breaker that guards a worker, if one does."""
        for one in self.components:
            if one.kind == "circuit_breaker" and worker.name in one.arguments["guards"]:
                return one
        return None

    def event_routes(self, bus: Component) -> list[tuple[Component, str, RouteTo]]:
        """Return the routes that put events on a bus with no function."""
        return [
            (one, route, to)
            for one in self.components
            for route, to in one.routes.items()
            if to.bus == bus.name
        ]

    def is_asked(self, worker: Component) -> bool:
        """Return whether somebody waits for what a worker answers."""
        return bool(self.into(worker, "calls"))

    def may_double(self, worker: Component) -> bool:
        """Return whether a worker, given a message twice, would do something twice.

        It is so where the message comes at least once, and what is done knows no ids: a function or
        a workflow that is started, or two tables, which one condition cannot guard.
        """
        if not self.into(worker, "consumes", "sends_to", "delivers_to"):
            return False
        starts = [
            connection
            for connection in self.out_of(worker, "sends_to", "calls")
            if connection.target.kind in ("lambda_worker", "durable_workflow")
        ]
        return bool(starts) or len(self.out_of(worker, "writes")) > 1

    def behind(self, one: Component) -> set[str]:
        """Return the names of all that what a component hands on may come to."""
        found: set[str] = set()
        waiting = [one]
        while waiting:
            this = waiting.pop()
            following = [
                connection.target
                for connection in self.connections
                if connection.verb != "reads" and connection.source.name == this.name
            ]
            if this.kind == "durable_workflow":
                following += [self.of(step.do) for step in self.steps(this)]
            waiting += [each for each in following if each.name not in found]
            found |= {each.name for each in following}
        return found

    def code(self) -> list[Code]:
        """Return the functions of the project, in the order of their components."""
        return [code for one in self.components for code in self.code_of(one)]

    def code_of(self, one: Component) -> list[Code]:
        """Return the functions that a component runs."""
        if one.kind in SERVERS:
            return [
                Code(name=to.function, owner=one, role="request", route=route, to=to)
                for route, to in one.routes.items()
                if not to.bus
            ]
        if one.kind != "lambda_worker":
            return []
        role = "step" if self.step_of(one) or self.is_asked(one) else "event"
        return [Code(name=one.arguments.get("function", one.name), owner=one, role=role)]

    def entries(self) -> list[Component]:
        """Return where messages come in from outside."""
        return [
            one
            for one in self.components
            if one.kind in SERVERS
            or (
                one.kind in ("point_to_point_queue", "event_stream")
                and not self.into(one, "sends_to", "delivers_to")
            )
        ]

    def visits(self, traffic: Traffic) -> list[Component]:
        """Return what each message of a source comes to, in the order of the components."""
        entry = self.of(traffic.to)
        found: dict[str, Component] = {entry.name: entry}
        seen: set[tuple[str, str]] = set()
        waiting: list[tuple[Component, str]] = []
        if entry.kind in SERVERS:
            to = entry.routes[traffic.route]
            if to.bus:
                waiting.append((self.of(to.bus), to.event))
            elif not traffic.route.startswith("GET "):
                waiting.extend(self._onward(entry, to.event))
        else:
            waiting.append((entry, traffic.event))
        while waiting:
            one, event = waiting.pop()
            if (one.name, event) in seen:
                continue
            seen.add((one.name, event))
            found[one.name] = one
            if one.kind == "durable_workflow":
                waiting.extend((self.of(step.do), event) for step in self.steps(one))
            waiting.extend(self._onward(one, event))
        return [one for one in self.components if one.name in found]

    def reaches(self, traffic: Traffic) -> list[Component]:
        """Return what works on each message of a source, in the order of the components."""
        straight = {traffic.to} if self._is_straight(traffic) else set()
        return [
            one for one in self.visits(traffic) if one.kind in SENDERS and one.name not in straight
        ]

    def _is_straight(self, traffic: Traffic) -> bool:
        routes = self.of(traffic.to).routes
        return bool(routes) and bool(routes[traffic.route].bus)

    def seconds_of(self, worker: Component) -> float:
        """Return how long a worker works on a message."""
        (code,) = self.code_of(worker)
        return self.blueprint.functions.get(code.name, Function()).takes_seconds

    def concurrency(self, worker: Component) -> int:
        """Return how often a worker may run at once: as it says, or as its traffic needs."""
        wanted = math.ceil(self.peak_at(worker) * self.seconds_of(worker) * HEADROOM)
        said: int | None = worker.arguments.get("max_concurrency")
        return said or min(max(wanted, MAX_CONCURRENCY), 1000)

    def peak_at(self, one: Component) -> float:
        """Return how many messages a second come to a component when most do."""
        return sum(
            traffic.peak_per_second
            for traffic in self.traffic.values()
            if any(visited.name == one.name for visited in self.visits(traffic))
        )

    def last(self, reached: list[Component]) -> list[Component]:
        """Return those who hand nothing on to another of those that are reached."""
        names = {one.name for one in reached}
        return [
            one
            for one in reached
            if not any(
                other.name in names and other.name != one.name
                for connection in self.out_of(one, "sends_to", "calls", "writes")
                for other in self._workers_behind(connection.target)
            )
        ]

    def _workers_behind(self, one: Component) -> Iterator[Component]:
        if one.kind in SENDERS:
            yield one
            return
        if one.kind == "durable_workflow":
            yield from (self.of(step.do) for step in self.steps(one))
        for connection in self.out_of(one, "delivers_to", "consumes"):
            yield from self._workers_behind(
                connection.source if connection.verb == "reads" else connection.target
            )

    def _onward(self, one: Component, event: str) -> Iterator[tuple[Component, str]]:
        for connection in self.out_of(
            one, "sends_to", "calls", "writes", "delivers_to", "consumes"
        ):
            target = connection.target
            if event not in connection.options.get("types", (event,)):
                continue
            handed = target.handed_to if target.kind in SERVERS else None
            yield target, handed[1].event if handed else event

    def _whole(self, name: str, traffic: Traffic) -> Traffic:
        """Return a source that lacks nothing."""
        entry = self.of(traffic.to)
        if entry.kind not in SERVERS:
            return replace(traffic, event=traffic.event or f"{name.replace('_', '.')}.sent")
        route = traffic.route or entry.first_route
        keys = dict(traffic.keys)
        for segment in route.split("/"):
            if segment.startswith("{"):
                keys.setdefault(segment[1:-1], "{cardinality: 1000}")
        return replace(traffic, route=route, keys=keys)


def _free(name: str, taken: dict[str, Traffic]) -> str:
    while name in taken:
        name += "_too"
    return name
