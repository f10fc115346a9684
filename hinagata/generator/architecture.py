"""A blueprint whose parts fit together: who is fed by whom, and what a message reaches."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from hinagata.generator.arguments import RouteTo, StepOf
from hinagata.generator.blueprint import (
    Blueprint,
    Component,
    Function,
    Routed,
    Traffic,
)
from hinagata.generator.carried import TOKEN, carries, keys_of, refuse_uncarried
from hinagata.generator.flows import Connection, addressed, connections_of
from hinagata.generator.kinds import SENDERS, SERVERS
from hinagata.generator.rules import refuse_misfits, refuse_reservations

# Of a route that nobody mentions, and of a key that nobody describes.
ASSUMED_RATE = "{shape: constant, rate: 10/s}"
USUAL_VALUES = "{cardinality: 1000}"
# Twice what is there at a time on average: arrivals come in clumps.
HEADROOM = 2
MAX_CONCURRENCY = 10  # of a LambdaWorker that says nothing
# Of the 1,000 executions of an account 100 cannot be reserved
# (docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
MOST_CONCURRENCY = 900
# Of a worker that somebody waits for, and of what else runs code, if it says nothing; a load
# balancer waits 60 s.
ASKED_SECONDS = 5.0
_TIMEOUTS = {"reactive_api": 10.0, "lambda_worker": 30.0, "proactive_service": 60.0}
# Of a worker's mapping that says nothing.
_QUEUE_BATCH, _STREAM_BATCH = 10, 100
# What a shard takes (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
_RECORDS_PER_SHARD = 1_000
# docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
_MOST_PARALLEL = 10


@dataclass(frozen=True, kw_only=True)
class Code(Routed):
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
    to: RouteTo = field(default_factory=RouteTo)


@dataclass(frozen=True, kw_only=True)
class Stop(Routed):
    """Where messages of a source come by.

    Attributes:
        one: the component.
        route: the route of it that takes them; empty where there are none.
        event: their type, there.
    """

    one: Component
    event: str

    @property
    def function(self) -> str:
        """The function that answers the route; empty where there is none."""
        return self.one.routes[self.route].function if self.route else ""


class Architecture:
    """A blueprint that was read, with what follows from it.

    Args:
        blueprint: the blueprint.

    Attributes:
        blueprint: the blueprint.
        connections: what its arrows mean.
        traffic: what comes from outside, by name; to a route that neither traffic nor an arrow
            leads to, a little.

    Raises:
        ScenarioError: parts of it do not fit together; the message names the place.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.connections = connections_of(blueprint)
        self._ways: dict[tuple[str, str, str], list[Stop]] = {}
        self.traffic = {name: addressed(one, blueprint) for name, one in blueprint.traffic.items()}
        refuse_misfits(self)
        self.traffic = {name: self._whole(name, one) for name, one in self.traffic.items()}
        for one, route in self._unmentioned():
            name = _free(one.routes[route].function if len(one.routes) > 1 else "", one, self)
            made = Traffic(to=one.name, route=route, peak_per_second=10.0, rate=ASSUMED_RATE)
            self.traffic[name] = self._whole(name, made)
        refuse_reservations(self, MOST_CONCURRENCY)
        refuse_uncarried(self)
        self.traffic = {
            name: self._filled(one) if one.place is None else one
            for name, one in self.traffic.items()
        }

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

    def way(self, traffic: Traffic) -> list[Stop]:
        """Return where the messages of a source come by, the entry first."""
        begins = (traffic.to, traffic.route, traffic.event)
        if begins not in self._ways:
            self._ways[begins] = self._way(traffic)
        return self._ways[begins]

    def _way(self, traffic: Traffic) -> list[Stop]:
        entry = self.of(traffic.to)
        event = entry.routes[traffic.route].event if traffic.route else traffic.event
        found: dict[tuple[str, str, str], Stop] = {}
        waiting = [Stop(one=entry, route=traffic.route, event=event)]
        while waiting:
            stop = waiting.pop()
            name = (stop.one.name, stop.route, stop.event)
            if name not in found:
                found[name] = stop
                waiting.extend(self._following(stop))
        return list(found.values())

    def _following(self, stop: Stop) -> Iterator[Stop]:
        if stop.route and (bus := stop.one.routes[stop.route].bus):
            yield Stop(one=self.of(bus), event=stop.event)
            return
        if stop.one.kind == "durable_workflow":
            for step in self.steps(stop.one):
                yield Stop(one=self.of(step.do), event=stop.event)
        for connection in self.out_of(
            stop.one, "sends_to", "calls", "writes", "delivers_to", "consumes"
        ):
            if stop.event not in connection.options.get("types", (stop.event,)):
                continue
            if not connection.leads_from(stop.function, only_reads=stop.only_reads):
                continue
            handed = connection.handed_to
            if handed is None:
                yield Stop(one=connection.target, event=stop.event)
            else:
                yield Stop(one=connection.target, route=handed[0], event=handed[1].event)

    def visits(self, traffic: Traffic) -> list[Component]:
        """Return what each message of a source comes to, in the order of the components."""
        found = {stop.one.name for stop in self.way(traffic)}
        return [one for one in self.components if one.name in found]

    def comes_to(self, traffic: Traffic, code: Code) -> bool:
        """Return whether a function works on the messages of a source, or may undo what was."""
        where = {code.owner.name}
        if self.undoes(code.owner):
            where = {one.name for one in self.step_of(code.owner)}
        return any(
            stop.one.name in where and stop.route == code.route for stop in self.way(traffic)
        )

    def possible(self) -> list[Traffic]:
        """Return the sources, and one for each route that has none."""
        driven = {(one.to, one.route) for one in self.traffic.values()}
        return [
            *self.traffic.values(),
            *(
                Traffic(to=one.name, route=route, peak_per_second=0.0, rate="")
                for one in self.components
                for route in one.routes
                if (one.name, route) not in driven
            ),
        ]

    def hands_on(self, code: Code, *verbs: str) -> list[Connection]:
        """Return the connections by which a function hands on what it takes."""
        return [
            connection
            for connection in self.out_of(code.owner, *verbs)
            if connection.leads_from(code.name if code.route else "", only_reads=code.only_reads)
        ]

    def looks_up(self, code: Code) -> list[Component]:
        """Return the stores that a function reads.

        Of an API's functions those of a GET do whose path has the partition key, or if there is no
        GET, all; or the one that the arrow names.
        """
        asks = any(other.only_reads for other in self.code_of(code.owner))
        return [
            connection.source
            for connection in self.into(code.owner, "reads")
            if connection.ends_at == code.name
            or (
                not connection.ends_at
                and (connection.source.keys[0] in code.parameters if code.only_reads else not asks)
            )
        ]

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

    def timeout_of(self, one: Component) -> float:
        """Return after how many seconds the work of a component is cut off."""
        usual = ASKED_SECONDS if self.is_asked(one) else _TIMEOUTS[one.kind]
        seconds: float = one.arguments.get("timeout", usual)
        return seconds

    def is_bound(self, one: Component) -> bool:
        """Return whether a component is a worker whose bound says how many run at once.

        A stream's shards bound those that read it.
        """
        return one.kind == "lambda_worker" and all(
            each.source.kind == "point_to_point_queue" for each in self.into(one, "consumes")
        )

    def batch_size(self, connection: Connection) -> int | None:
        """Return how many messages a worker takes at a time; None for as many as is usual.

        With what is usual it would be cut off in the middle of a batch: then so many as half its
        time is enough for, since some take longer than others.
        """
        worker = connection.target
        said: int | None = connection.options.get("batch_size")
        fits = self.timeout_of(worker) / self.seconds_of(worker) / HEADROOM
        return said or (None if self.usual_batch(connection) <= fits else max(1, int(fits)))

    def usual_batch(self, connection: Connection) -> int:
        """Return how many messages a mapping that says nothing takes at a time."""
        return _QUEUE_BATCH if connection.source.kind == "point_to_point_queue" else _STREAM_BATCH

    def shards(self, stream: Component) -> tuple[int, str]:
        """Return how many shards a stream needs, and why: for what comes, and who works on it.

        A shard's records are worked on side by side, which costs nothing, before there are more.
        """
        peak = self.peak_at(stream)
        needs = [(peak / _RECORDS_PER_SHARD, f"{_RECORDS_PER_SHARD:,} a shard")]
        for connection in self.out_of(stream, "consumes"):
            seconds = self.seconds_of(connection.target)
            at_once = connection.options.get("parallelization", _MOST_PARALLEL)
            needs.append(
                (peak * seconds / at_once, f"{seconds:g} s each in {connection.target.name}")
            )
        most, why = max(needs)
        return max(1, math.ceil(most)), f"{peak:,.0f} records a second, {why}"

    def parallelization(self, connection: Connection) -> int:
        """Return how many batches of a shard a worker takes at once: as it says, or as it needs."""
        stream = connection.source
        said: int | None = connection.options.get("parallelization")
        if said or stream.kind != "event_stream":
            return said or 1
        shards: int = stream.arguments.get("shards", self.shards(stream)[0])
        at_once = self.peak_at(stream) * self.seconds_of(connection.target) * HEADROOM / shards
        return min(_MOST_PARALLEL, max(1, math.ceil(at_once)))

    def concurrency(self, worker: Component) -> int:
        """Return how often a worker may run at once: as it says, or as its traffic needs."""
        wanted = math.ceil(self.peak_at(worker) * self.seconds_of(worker) * HEADROOM)
        said: int | None = worker.arguments.get("max_concurrency")
        return said or min(max(wanted, MAX_CONCURRENCY), MOST_CONCURRENCY)

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

    def _unmentioned(self) -> list[tuple[Component, str]]:
        """Return the routes that neither traffic nor an arrow leads to."""
        mentioned = {(one.to, one.route) for one in self.traffic.values()}
        for connection in self.connections:
            if handed := connection.handed_to:
                mentioned.add((connection.target.name, handed[0]))
        return [
            (one, route)
            for one in self.components
            for route in one.routes
            if (one.name, route) not in mentioned
        ]

    def _filled(self, traffic: Traffic) -> Traffic:
        """Return a source that nobody has described, with the keys of all who work on it."""
        if not traffic.has_body:
            return traffic
        needed = {
            key
            for code in self.code()
            if self.comes_to(traffic, code)
            for _, _, key in keys_of(code, self)
        }
        missing = sorted(needed - carries(traffic))
        keys = {**traffic.keys, **dict.fromkeys(missing, USUAL_VALUES)}
        return replace(traffic, keys=keys, example=_example(traffic, keys))

    def _whole(self, name: str, traffic: Traffic) -> Traffic:
        """Return a source that lacks nothing."""
        entry = self.of(traffic.to)
        if entry.kind in SERVERS:
            traffic = replace(traffic, route=traffic.route or entry.usual_routes[0])
        else:
            event = traffic.event or f"{name.replace('_', '.')}.sent"
            traffic = replace(traffic, event=event)
        keys = dict(traffic.keys)
        for parameter in traffic.parameters:
            keys.setdefault(parameter, USUAL_VALUES)
        if any(
            self.hands_on(code, "serves") and self.comes_to(traffic, code) for code in self.code()
        ):
            keys.setdefault(TOKEN, USUAL_VALUES)
        if field := entry.arguments.get("ordered_by"):
            keys.setdefault(field, "{cardinality: 100}")
        return replace(traffic, keys=keys, example=_example(traffic, keys))


def _free(function: str, one: Component, architecture: Architecture) -> str:
    """Return a name for a source that nobody has named."""
    name = function or one.name
    while name in architecture.traffic:
        name += "_too"
    return name


def _example(traffic: Traffic, keys: Mapping[str, str]) -> str:
    """Return the data of a message, with a value of each key that no path has."""
    drawn = {
        # As a run writes the first of a key's values.
        key: f"{key.removesuffix('_id').replace('_', '-')}-0"
        for key in keys
        if key not in traffic.parameters
    }
    return json.dumps({**drawn, **json.loads(traffic.example)})
