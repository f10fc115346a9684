"""What an arrow of a blueprint means: which verb of which construct joins two components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from hinagata.generator.blueprint import Blueprint, Component, Flow
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
    """

    verb: str
    source: Component
    target: Component
    options: Mapping[str, Any]
    flow: Flow


def connections_of(blueprint: Blueprint) -> list[Connection]:
    """Return what the arrows of a blueprint mean, in their order.

    Raises:
        ScenarioError: one joins what does not fit.
    """
    found: dict[tuple[str, str, str], Connection] = {}
    for flow in blueprint.flows:
        connection = _connection(flow, blueprint)
        name = (connection.source.name, connection.target.name, connection.verb)
        if name in found and connection.options != found[name].options:
            flow.place.fail(
                found=f"{flow.source} -> {flow.target} a second time, with other options",
                expected="each arrow once",
            )
        # The same arrow may stand in two chains, which begin or end alike.
        found.setdefault(name, connection)
    return list(found.values())


def _connection(flow: Flow, blueprint: Blueprint) -> Connection:
    source = component(flow.source, flow, blueprint)
    target = component(flow.target, flow, blueprint)
    if target.kind not in _FITS.get(source.kind, ()):
        _refuse(source, target, flow, blueprint)
    verb = _verb(source, target, flow)
    _refuse_options(verb, source, target, flow)
    return Connection(verb=verb, source=source, target=target, options=flow.options, flow=flow)


def component(name: str, flow: Flow, blueprint: Blueprint) -> Component:
    """Return the component of a name in an arrow.

    Raises:
        ScenarioError: there is none of that name.
    """
    if name not in blueprint.components:
        flow.place.fail(
            found=f"{name}, which is no component", expected=suggest(name, blueprint.components)
        )
    return blueprint.components[name]


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
