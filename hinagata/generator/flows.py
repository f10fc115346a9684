"""What an arrow of a blueprint means: which verb of which construct joins two components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from hinagata.generator.arguments import RouteTo
from hinagata.generator.blueprint import Blueprint, Component, Flow, Traffic
from hinagata.generator.kinds import SENDERS, SERVERS
from hinagata.suggestion import suggest

_MESSAGES = ("point_to_point_queue", "fan_out", "event_stream", "event_bus", "durable_workflow")
_FROM_SENDER = (
    *_MESSAGES,
    "lambda_worker",
    "reactive_api",
    "proactive_service",
    "telemetry_store",
    "push_gateway",
)
# What an arrow from one kind may lead to; a store's is to who reads it.
_FITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(sorted(SENDERS), _FROM_SENDER),
    "point_to_point_queue": ("lambda_worker",),
    "event_stream": ("lambda_worker",),
    "fan_out": ("point_to_point_queue",),
    "event_bus": ("point_to_point_queue", "lambda_worker", "durable_workflow"),
    "telemetry_store": ("reactive_api", "proactive_service", "lambda_worker"),
}
# Which options an arrow takes, by its verb and where it begins.
_QUEUE_OPTIONS = frozenset({"batch_size", "window"})
_STREAM_OPTIONS = _QUEUE_OPTIONS | {"retries", "parallelization"}


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An arrow that fits.

    Attributes:
        verb: `sends_to`, `calls`, `writes`, `reads`, `consumes`, `delivers_to` or `serves`.
        source: where what flows comes from.
        target: where it goes.
        options: what is said of it, by name.
        flow: the arrow.
        begins_at: the function of the source's route where it begins; empty for all that take
            something.
        ends_at: the function of the target's route where it ends; empty for what fits.
    """

    verb: str
    source: Component
    target: Component
    options: Mapping[str, Any]
    flow: Flow
    begins_at: str = ""
    ends_at: str = ""

    def leads_from(self, function: str, *, only_reads: bool) -> bool:
        """Return whether a function of its source hands on by it.

        Args:
            function: the function; empty for that of a worker.
            only_reads: whether it answers a GET, which hands nothing on unless an arrow names it.
        """
        return self.begins_at == function if only_reads else self.begins_at in ("", function)

    @property
    def handed_to(self) -> tuple[str, RouteTo] | None:
        """The route that takes what is handed to a server; None if there is none."""
        for route, to in self.target.routes.items():
            if (
                route.startswith("POST ")
                and "{" not in route
                and not to.bus
                and self.ends_at in ("", to.function)
            ):
                return route, to
        return None


def connections_of(blueprint: Blueprint) -> list[Connection]:
    """Return what the arrows of a blueprint mean, in their order.

    Raises:
        ScenarioError: one joins what does not fit.
    """
    found: dict[tuple[str, ...], Connection] = {}
    for flow in blueprint.flows:
        connection = _connection(flow, blueprint)
        name = (
            connection.verb,
            connection.source.name,
            connection.target.name,
            connection.begins_at,
            connection.ends_at,
        )
        if name in found and connection.options != found[name].options:
            flow.place.fail(
                found=f"{flow.source} -> {flow.target} a second time, with other options",
                expected="each arrow once",
            )
        for other in found:
            overlap = all(
                one == another or not (one and another)
                for one, another in zip(other, name, strict=True)
            )
            if overlap and other != name:
                flow.place.fail(
                    found=f"{flow.source} -> {flow.target}, and one between "
                    f"{connection.source.name} and {connection.target.name} that says as much",
                    expected="either an arrow for all routes, or one for each function",
                )
        # The same arrow may stand in two chains, which begin or end alike.
        found.setdefault(name, connection)
    return list(found.values())


def addressed(traffic: Traffic, blueprint: Blueprint) -> Traffic:
    """Return a source whose address is a component, though the function of a route was named.

    Raises:
        ScenarioError: a route stands beside a function, which has one of its own.
    """
    if traffic.to in blueprint.components or traffic.place is None:
        return traffic
    for one in blueprint.components.values():
        for route, to in one.routes.items():
            if to.function == traffic.to:
                if traffic.route:
                    traffic.place.at("route").fail_name(
                        found=f"a route beside {to.function}, which answers {route}",
                        expected="one of the two",
                    )
                return replace(traffic, to=one.name, route=route)
    return traffic


def _connection(flow: Flow, blueprint: Blueprint) -> Connection:
    source, begins_at = _end(flow.source, flow, blueprint)
    target, ends_at = _end(flow.target, flow, blueprint)
    if target.kind not in _FITS.get(source.kind, ()):
        _refuse(source, target, flow, blueprint)
    verb = _verb(source, target, flow)
    _refuse_options(verb, source, target, flow)
    return Connection(
        verb=verb,
        source=source,
        target=target,
        options=flow.options,
        flow=flow,
        begins_at=begins_at,
        ends_at=ends_at,
    )


def _end(name: str, flow: Flow, blueprint: Blueprint) -> tuple[Component, str]:
    """Return the component at an arrow's end, and the function of its route if one is named."""
    if name in blueprint.components:
        return blueprint.components[name], ""
    functions = {
        to.function: one
        for one in blueprint.components.values()
        for to in one.routes.values()
        if not to.bus
    }
    if name not in functions:
        flow.place.fail(
            found=f"{name}, which is no component",
            expected=suggest(name, [*blueprint.components, *functions]),
        )
    return functions[name], name


_BY_SOURCE = {
    "point_to_point_queue": "consumes",
    "event_stream": "consumes",
    "fan_out": "delivers_to",
    "event_bus": "delivers_to",
}
_BY_TARGET = {
    "telemetry_store": "writes",
    "push_gateway": "serves",
    **dict.fromkeys(sorted(SERVERS), "calls"),
}


def _verb(source: Component, target: Component, flow: Flow) -> str:
    if source.kind == "telemetry_store":
        follows = source.arguments.get("changes") and target.kind == "lambda_worker"
        return "consumes" if follows else "reads"
    otherwise = "calls" if flow.options.get("waits") else "sends_to"
    return _BY_SOURCE.get(source.kind) or _BY_TARGET.get(target.kind, otherwise)


def _refuse_options(verb: str, source: Component, target: Component, flow: Flow) -> None:
    takes: frozenset[str] = frozenset()
    if verb == "consumes":
        takes = _QUEUE_OPTIONS if source.kind == "point_to_point_queue" else _STREAM_OPTIONS
        if source.arguments.get("fifo"):
            takes -= {"window"}
    elif verb == "delivers_to":
        takes = frozenset({"types"})
    elif source.kind in SENDERS and target.kind == "lambda_worker":
        takes = frozenset({"waits"})
    for name in flow.options:
        if name not in takes:
            flow.place.entries()[name].fail_name(
                found=f"{name} of {_shown(source)} -> {_shown(target)}",
                expected=f"one of {', '.join(sorted(takes))}" if takes else "no option there",
            )
    size = flow.options.get("batch_size", 1)
    most = 10 if source.kind == "point_to_point_queue" and "window" not in flow.options else 10_000
    if source.arguments.get("fifo"):
        most = 10
    if size > most:
        flow.place.at("batch_size").fail(
            expected=f"at most {most} of {_shown(source)}"
            + ("" if most > 10 or source.arguments.get("fifo") else ", or a window beside it")
        )


def _refuse(source: Component, target: Component, flow: Flow, blueprint: Blueprint) -> NoReturn:
    fits = _FITS.get(source.kind, ())
    found = f"{_shown(source)} -> {_shown(target)}"
    if not fits:
        said = {
            "durable_workflow": "no arrow: name its workers in steps",
            "circuit_breaker": "no arrow: name its workers in guards",
            "log_lake": "no arrow: name what it keeps in keeps",
            "push_gateway": "no arrow from it: what it sends is at its phone",
        }[source.kind]
        flow.place.fail(found=found, expected=said)
    those = [one.name for one in blueprint.components.values() if one.kind in fits]
    here = f" (here {', '.join(those)})" if those else " (there is none here)"
    flow.place.fail(
        found=found,
        expected=f"from a {source.kind} an arrow to a {_listed(fits)}{here}",
    )


def _shown(one: Component) -> str:
    return f"{one.name} ({one.kind})"


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
