"""Blueprints that are drawn at random, each of which fits together."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import yaml

from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.carried import arriving_types
from hinagata.scenario.error import ScenarioError

MOST_COMPONENTS = 9
DEEPEST = 3
_OF_WHOLE_WAYS = ("tried again is tried again", "workers that reserve")
# The keys of stores, groups and shards that are drawn; each source carries them all.
_KEYS = ("building_id", "place", "thing_id", "sender")


def drawn_blueprint(seed: int) -> str:
    """Return a blueprint, as its file has it; the same one for a seed.

    One whose tries multiply, or whose workers are too many together, is drawn again: that depends
    on whole ways, which a drawing does not know beforehand. So do the types by which arrows filter.
    """
    random = Random(seed)
    while True:
        drawing = _Drawing(random)
        drawn = drawing.whole()
        try:
            architecture = Architecture(parse_blueprint(_text(drawn), file=Path("drawn.yaml")))
        except ScenarioError as error:
            if any(reason in str(error) for reason in _OF_WHOLE_WAYS):
                continue
            raise AssertionError(f"{error}\n{_text(drawn)}") from error
        drawing.filter_types(architecture)
        return _text(drawn)


def _text(drawn: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(drawn, sort_keys=False, width=1000)
    return text


class _Drawing:
    """A blueprint that grows from its entries, each of whose parts has somebody behind it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._components: dict[str, Any] = {}
        self._flows: list[Any] = []
        self._traffic: dict[str, Any] = {}
        self._functions: dict[str, Any] = {}
        self._stores: list[str] = []
        self._filtered: list[tuple[str, str]] = []

    def whole(self) -> dict[str, Any]:
        """Draw it all."""
        for _ in range(self._random.randint(1, 2)):
            self._entry()
        self._ask_by_get()
        self._guard()
        self._keep_spans()
        self._carry_keys()
        drawn = {
            "components": self._components,
            "flows": self._flows,
            "traffic": self._traffic,
            "functions": self._functions,
        }
        return {
            "summary": "Drawn at random.",
            **{name: value for name, value in drawn.items() if value},
        }

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _add(self, name: str, pattern: str, **arguments: Any) -> str:
        name = f"{name}_{len(self._components)}"
        given = {key: value for key, value in arguments.items() if value is not None}
        if given or self._chance(0.2):
            self._components[name] = {"pattern": pattern, **given}
        else:
            self._components[name] = pattern
        return name

    def _arrow(self, source: str, target: str, **options: Any) -> None:
        given = {key: value for key, value in options.items() if value is not None}
        if given:
            self._flows.append({"from": source, "to": target, **given})
        else:
            self._flows.append(f"{source} -> {target}")

    def _entry(self) -> None:
        choose = self._random.choice
        kind = choose(["api", "api", "service", "queue", "stream"])
        rate: Any = choose(
            [
                "1/s",
                "600/min",
                {"shape": "diurnal", "peak": "90/s", "peak_over_trough": 4, "peak_at": "09:00"},
                {"shape": "burst", "base": "1/s", "peak": "80/s", "at": "1h", "for": "5m"},
            ]
        )
        if kind == "queue":
            name = self._queue()
        elif kind == "stream":
            name = self._stream()
        else:
            name = self._server("reactive_api" if kind == "api" else "proactive_service")
            self._send(name, depth=0)
            if self._chance(0.5):
                return  # traffic is made where nobody asks for it
        traffic: dict[str, Any] = {"to": name, "rate": rate}
        taking = [route for route in self._routes(name) if not route.startswith("GET ")]
        if len(taking) > 1:
            self._address(traffic, self._random.choice(taking))
        if self._chance(0.3):
            traffic["messages"] = self._random.randint(5, 60)
        if kind in ("queue", "stream") and self._chance(0.5):
            traffic["event"] = "thing.happened"
        self._traffic[f"{name}_users"] = traffic

    def _address(self, traffic: dict[str, Any], route: str) -> None:
        """Let a source name its route, by its function or as it is."""
        to = self._routes(traffic["to"])[route]
        if isinstance(to, str) and self._chance(0.5):
            traffic["to"] = to
        else:
            traffic["route"] = route

    def _carry_keys(self) -> None:
        """Let each source carry what keys are made of; name those that nobody has named."""
        needs = any(
            self._pattern(name) == "telemetry_store" or "ordered_by" in said
            for name, said in self._components.items()
        )
        for name in self._components if needs else ():
            for number, route in enumerate(self._routes(name)):
                self._traffic[f"{name}_{number}"] = {"to": name, "route": route, "rate": "1/s"}
        for traffic in self._traffic.values():
            if needs or self._chance(0.3):
                carried = {key: self._random.choice([f"{key}-1", 7]) for key in _KEYS}
                extra = {"moment": "m-1"} if self._chance(0.3) else {}
                traffic["example"] = {"gift": True, "notes": ["a", None], **carried, **extra}
            if self._chance(0.3):
                traffic["keys"] = {"sender": {"cardinality": 20}}

    def filter_types(self, architecture: Architecture) -> None:
        """Let some arrows pass only types of events that there are."""
        for source, target in self._filtered:
            known = arriving_types(architecture.of(source), architecture)
            types = self._random.sample(known, self._random.randint(1, len(known)))
            at = self._flows.index(f"{source} -> {target}")
            self._flows[at] = {"from": source, "to": target, "types": types}

    def _ask_by_get(self) -> None:
        """Draw a worker that answers what a GET asks."""
        for name in list(self._components):
            shows = [route for route in self._routes(name) if route.startswith("GET ")]
            if shows and self._chance(0.3) and len(self._components) < MOST_COMPONENTS:
                self._arrow(self._routes(name)[shows[0]], self._asked(), waits=True)

    def _routes(self, name: str) -> dict[str, Any]:
        said = self._components[name]
        routes: dict[str, Any] = said.get("routes", {}) if isinstance(said, dict) else {}
        return routes

    def _beginning(self, sender: str) -> str:
        """Return a sender, or of a server one of its functions that takes something."""
        named = [
            to
            for route, to in self._routes(sender).items()
            if isinstance(to, str) and not route.startswith("GET ")
        ]
        return self._random.choice(named) if named and self._chance(0.3) else sender

    def _server(self, pattern: str) -> str:
        number = len(self._components)
        routes: dict[str, Any] = {
            f"POST /things{number}": self._random.choice(
                [None, f"take_{number}", {"function": f"take_{number}", "event": "thing.taken"}]
            )
        }
        if self._chance(0.4):
            routes[f"GET /things{number}/{{thing_id}}"] = f"show_{number}"
        if self._chance(0.2):
            routes[f"PUT /things{number}/{{thing_id}}/parts/{{part_id}}"] = f"change_{number}"
        arguments: dict[str, Any] = {"routes": routes}
        if pattern == "reactive_api":
            arguments["public"] = "everybody may look" if self._chance(0.2) else None
            arguments["protocol"] = "http" if self._chance(0.2) else None
            arguments["timeout"] = "15s" if self._chance(0.2) else None
            arguments["memory_mb"] = 1024 if self._chance(0.2) else None
        else:
            arguments["max_tasks"] = 4 if self._chance(0.3) else None
            arguments["cpu"] = 512 if self._chance(0.3) else None
        if pattern == "reactive_api" and "protocol" in arguments and self._chance(0.3):
            arguments["protocol"] = None
            bus = self._bus(depth=1)
            routes[f"POST /events{number}"] = {"event": "thing.placed", "bus": bus}
        return self._add("server", pattern, **arguments)

    def _worker(self, depth: int) -> str:
        name = self._add(
            "worker",
            "lambda_worker",
            idempotent=True if self._chance(0.2) else None,
            max_concurrency=self._random.randint(2, 30) if self._chance(0.2) else None,
            timeout=self._random.choice(["5s", "1m", "10m"]) if self._chance(0.2) else None,
        )
        if self._chance(0.2):
            takes = self._random.choice(["200ms", "450ms"])
            said = {"summary": "Does what has to be done.", "takes": takes}
            self._functions[name] = self._random.choice([said, "Does it."])
        self._send(name, depth)
        return name

    def _send(self, sender: str, depth: int) -> None:
        """Draw what a sender hands on, if anything."""
        if depth >= DEEPEST:
            return
        for _ in range(self._random.choice([0, 1, 1, 2] if depth else [1, 1, 2])):
            if len(self._components) >= MOST_COMPONENTS:
                return
            self._random.choice(
                [
                    self._to_queue,
                    self._to_queue,
                    self._to_stream,
                    self._to_topic,
                    self._to_bus,
                    self._to_workflow,
                    self._to_worker,
                    self._to_store,
                    self._to_server,
                    self._to_phones,
                ]
            )(sender, depth + 1)

    def _to_queue(self, sender: str, depth: int) -> None:
        self._arrow(self._beginning(sender), self._queue(depth))

    def _queue(self, depth: int = 1, *, fifo: bool | None = None, of_topic: bool = False) -> str:
        fifo = self._chance(0.2) if fifo is None else fifo
        ordered = fifo and not of_topic and self._chance(0.5)
        name = self._add(
            "queue",
            "point_to_point_queue",
            fifo=True if fifo else None,
            ordered_by="sender" if ordered else None,
            retention=self._random.choice(["2d", "13d"]) if self._chance(0.1) else None,
            max_receive_count=self._random.choice([3, 4, 20]) if self._chance(0.1) else None,
        )
        windowed = not fifo and self._chance(0.2)
        self._arrow(
            name,
            self._worker(depth),
            batch_size=self._random.randint(1, 10) if self._chance(0.2) else None,
            window="5s" if windowed else None,
        )
        return name

    def _to_stream(self, sender: str, depth: int) -> None:
        self._arrow(self._beginning(sender), self._stream(depth))

    def _stream(self, depth: int = 1) -> str:
        on_demand = self._chance(0.2)
        name = self._add(
            "stream",
            "event_stream",
            on_demand=True if on_demand else None,
            ordered_by="sender" if self._chance(0.3) else None,
            shards=3 if not on_demand and self._chance(0.2) else None,
            retention="2d" if self._chance(0.1) else None,
        )
        for _ in range(self._random.randint(1, 2)):
            self._arrow(
                name,
                self._worker(depth),
                parallelization=2 if self._chance(0.2) else None,
                retries=3 if self._chance(0.2) else None,
            )
        return name

    def _to_topic(self, sender: str, depth: int) -> None:
        fifo = self._chance(0.2)
        ordered_by = "sender" if fifo and self._chance(0.5) else None
        name = self._add("topic", "fan_out", fifo=True if fifo else None, ordered_by=ordered_by)
        self._arrow(self._beginning(sender), name)
        for _ in range(self._random.randint(1, 3)):
            self._deliver(name, self._queue(depth, fifo=fifo, of_topic=True))

    def _to_bus(self, sender: str, depth: int) -> None:
        self._arrow(sender, self._bus(depth))

    def _bus(self, depth: int) -> str:
        name = self._add("bus", "event_bus", archive_days=7 if self._chance(0.3) else None)
        for _ in range(self._random.randint(1, 2)):
            target = self._random.choice(
                [
                    lambda: self._queue(depth, fifo=False),
                    lambda: self._worker(depth),
                    lambda: self._workflow(depth),
                ]
            )()
            self._deliver(name, target)
        return name

    def _deliver(self, source: str, target: str) -> None:
        self._arrow(source, target)
        if self._chance(0.2):
            self._filtered.append((source, target))

    def _to_workflow(self, sender: str, depth: int) -> None:
        self._arrow(sender, self._workflow(depth))

    def _workflow(self, depth: int) -> str:
        steps: list[Any] = []
        for _ in range(self._random.randint(1, 3)):
            do = self._step()
            if self._chance(0.3):
                steps.append({"do": do, "undo": self._step()})
            else:
                steps.append(do)
        return self._add("workflow", "durable_workflow", steps=steps)

    def _step(self) -> str:
        """Draw a worker that starts nothing, but may write."""
        worker = self._worker(DEEPEST)
        if self._chance(0.3):
            self._to_store(worker, DEEPEST, changes=False)
        return worker

    def _to_worker(self, sender: str, depth: int) -> None:
        if self._chance(0.5):
            self._arrow(sender, self._worker(depth))
        else:
            self._arrow(sender, self._asked(), waits=True)

    def _asked(self) -> str:
        """Draw a worker that answers soon, and asks nobody."""
        worker = self._add(
            "worker", "lambda_worker", timeout=self._random.choice([None, None, "3s"])
        )
        if self._chance(0.4):
            self._arrow(worker, self._queue(DEEPEST))
        return worker

    def _to_server(self, sender: str, depth: int) -> None:
        pattern = "proactive_service" if self._chance(0.3) else "reactive_api"
        name = self._server(pattern)
        self._arrow(sender, name)
        self._send(name, depth)

    def _to_phones(self, sender: str, depth: int) -> None:
        del depth
        self._arrow(self._beginning(sender), self._add("phones", "push_gateway"))

    def _to_store(self, sender: str, depth: int, *, changes: bool | None = None) -> None:
        if self._stores and self._chance(0.3):
            store = self._random.choice(self._stores)
            if f"{sender} -> {store}" not in self._flows and f"{store} -> {sender}" not in (
                self._flows
            ):
                self._arrow(sender, store)
            return
        changes = self._chance(0.3) if changes is None else changes
        asks = any(route.startswith("GET ") for route in self._routes(sender))
        store = self._add(
            "store",
            "telemetry_store",
            partition_key="thing_id" if asks else "place" if self._chance(0.3) else None,
            sort_key=self._random.choice(["moment", "part_id"]) if self._chance(0.4) else None,
            changes=True if changes else None,
        )
        self._arrow(sender, store)
        if changes:
            self._arrow(store, self._worker(DEEPEST))
        else:
            self._stores.append(store)
            if self._chance(0.4):
                self._arrow(store, sender)

    def _guard(self) -> None:
        of_queues = [
            target
            for source, target in self._pairs()
            if source in self._components and self._pattern(source) == "point_to_point_queue"
        ]
        if of_queues and self._chance(0.3):
            self._add(
                "breaker",
                "circuit_breaker",
                guards=[self._random.choice(of_queues)],
                drain_rate=self._random.choice([None, 20, 500]),
            )

    def _keep_spans(self) -> None:
        kept = [
            name
            for name in self._components
            if self._pattern(name) in ("lambda_worker", "reactive_api")
        ]
        if kept and self._chance(0.2):
            self._add("lake", "log_lake", keeps=self._random.sample(kept, min(3, len(kept))))

    def _pattern(self, name: str) -> str:
        said = self._components[name]
        pattern: str = said if isinstance(said, str) else said["pattern"]
        return pattern

    def _pairs(self) -> list[tuple[str, str]]:
        return [
            (flow["from"], flow["to"]) if isinstance(flow, dict) else tuple(flow.split(" -> "))
            for flow in self._flows
        ]
