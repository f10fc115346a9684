"""The scenario of a blueprint: its traffic, and what must become of every message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import Component, Traffic
from hinagata.generator.carried import carries
from hinagata.generator.kinds import SERVERS
from hinagata.scenario.units import matches, show_seconds

SCENARIO = "ordinary_day"
# Of whose values a scenario can speak.
_FIELD = "[A-Za-z_][A-Za-z0-9_]{0,63}"
_LONGEST_HELD = 100
# Invocations that two cores bear with room to spare; each costs an emulated function some 20 ms.
_LAPTOP_INVOCATIONS_PER_SECOND = 30.0
# How long a run may send at most, however seldom something comes in earnest.
_LAPTOP_SECONDS = 20.0


def scenario_view(architecture: Architecture, package: str) -> dict[str, Any]:
    """Return what the template of a scenario says.

    Args:
        architecture: what is driven.
        package: the package of its handlers, beside which the messages lie.
    """
    hops = [one for one in architecture.components if architecture.code_of(one)]
    last = {
        name: architecture.last(architecture.reaches(traffic))
        for name, traffic in architecture.traffic.items()
    }
    return {
        "scenario": SCENARIO,
        "sources": [
            _source(name, traffic, architecture, package)
            for name, traffic in architecture.traffic.items()
        ],
        "service_times": [(one.construct_id, _mean(one, architecture)) for one in hops],
        "latencies": [(name, one.construct_id) for name, ends in last.items() for one in ends],
        "traced": [
            (name, one.construct_id)
            for name, ends in last.items()
            for one in ends
            if architecture.of(architecture.traffic[name].to).kind in SERVERS
        ],
        "stored": list(_stored(architecture)),
        "outside": [
            one.construct_id for one in architecture.components if one.kind == "push_gateway"
        ],
    }


def _source(
    name: str, traffic: Traffic, architecture: Architecture, package: str
) -> dict[str, Any]:
    entry = architecture.of(traffic.to)
    method, _, path = traffic.route.partition(" ")
    hops = sum(len(architecture.reaches(one)) for one in architecture.traffic.values())
    usual = max(traffic.peak_per_second, traffic.messages / _LAPTOP_SECONDS)
    laptop = min(usual, _LAPTOP_INVOCATIONS_PER_SECOND / max(hops, 3))
    ordered = entry.arguments.get("fifo") or entry.kind == "event_stream"
    keys = dict(traffic.keys)
    ordered_by = entry.arguments.get("ordered_by") or next(iter(keys), f"{name}_id")
    if ordered:
        keys.setdefault(ordered_by, "{cardinality: 100}")
    return {
        "name": name,
        "entry": entry.construct_id,
        "method": method,
        "path": path,
        "event": traffic.event,
        "body": f"functions/{package}/events/{name}.json" if traffic.has_body else "",
        "ordered_by": ordered_by if ordered else "",
        "rate": traffic.rate,
        "drawn": keys,
        "reaches": [one.construct_id for one in architecture.reaches(traffic)],
        "messages": traffic.messages,
        "laptop_rate": f"{laptop:.1f}".removesuffix(".0") + "/s"
        if laptop >= 1
        else f"{laptop * 60:.3g}/min",
    }


def _mean(one: Component, architecture: Architecture) -> str:
    said = [
        function.takes_seconds
        for code in architecture.code_of(one)
        if (function := architecture.blueprint.functions.get(code.name)) is not None
    ]
    return show_seconds(max(said, default=0.05)).replace(" ", "")


def _stored(architecture: Architecture) -> Iterator[str]:
    """Yield what must be in the tables: an item of each message, or of each key."""
    written = {name: _written(one, architecture) for name, one in architecture.traffic.items()}
    for name, traffic in architecture.traffic.items():
        for store in (architecture.of(table) for table in written[name]):
            if store.keys[1] not in carries(traffic):
                yield f"{{table: {store.construct_id}, every: {name}, id: event.id}}"
                continue
            values = {key: _value(key, traffic) for key in store.keys}
            holds = {f"event.data.{key}": value for key, value in values.items()}
            # What several write under the same keys has the last one's words.
            if sum(store.name in tables for tables in written.values()) == 1:
                holds |= _said(traffic, store, architecture)
            yield (
                f"{{table: {store.construct_id}, latest_of: {name}, "
                f"where: {_inline(values)}, holds: {_inline(holds)}}}"
            )


def _written(traffic: Traffic, architecture: Architecture) -> list[str]:
    """Return the names of the stores in which the messages of a source are kept."""
    return list(
        dict.fromkeys(
            connection.target.name
            for code in architecture.code()
            if not architecture.undoes(code.owner) and architecture.comes_to(traffic, code)
            for connection in architecture.hands_on(code, "writes")
        )
    )


def _said(traffic: Traffic, store: Component, architecture: Architecture) -> dict[str, str]:
    """Return a field, no key, that all messages of a source have alike, as what is kept has it."""
    data = json.loads(traffic.example) if traffic.has_body else {}
    for key in data:
        # Answers join the data under the names of those who gave them.
        others = {*traffic.keys, *store.keys, *architecture.blueprint.components}
        if key not in others and key in carries(traffic) and matches(_FIELD, key):
            value = _value(key, traffic)
            if len(value) <= _LONGEST_HELD and value.isprintable():
                return {f"event.data.{key}": value}
    return {}


def _inline(texts: Mapping[str, str]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _value(key: str, traffic: Traffic) -> str:
    """Return the value of a key in a message, as a scenario has it."""
    if key in traffic.keys:
        return f"{{{key}}}"
    return str(json.loads(traffic.example)[key]).replace("{", "{{").replace("}", "}}")
