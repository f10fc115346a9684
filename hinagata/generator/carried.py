"""What an event carries: the fields that keys are made of, and its type, from where it came in.

The names in a request's path join its data, so whoever works on the event later finds them there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from hinagata.generator.blueprint import parameters_of
from hinagata.generator.kinds import SERVERS

if TYPE_CHECKING:
    from hinagata.generator.architecture import Architecture, Code
    from hinagata.generator.blueprint import Component, Traffic
    from hinagata.generator.flows import Connection

# The field that names a phone, as a scenario knows its messages (docs/scenario.md, "Outside").
TOKEN = "token"  # noqa: S105 - the name of a field


def carries(traffic: Traffic) -> set[str]:
    """Return the fields of a source's messages that can be keys: texts and whole numbers."""
    found = set(traffic.parameters)
    if traffic.has_body:
        for name, value in json.loads(traffic.example).items():
            if (isinstance(value, str) and value) or type(value) is int:
                found.add(name)
    return found


def arriving_types(one: Component, architecture: Architecture) -> list[str]:
    """Return the types of the events that come to a component, in the order of their sources."""
    return list(
        dict.fromkeys(
            stop.event
            for traffic in architecture.possible()
            for stop in architecture.way(traffic)
            if stop.one.name == one.name
        )
    )


def keys_of(code: Code, architecture: Architecture) -> list[tuple[Component, str, str]]:
    """Return the fields that a function makes keys of: whose, by which argument, and the field."""
    found = []
    for connection in architecture.hands_on(code, "writes", "sends_to"):
        target = connection.target
        if connection.verb == "writes":
            found.append((target, "partition_key", target.keys[0]))
        elif field := target.arguments.get("ordered_by"):
            found.append((target, "ordered_by", field))
    read = [(store, "partition_key", store.keys[0]) for store in architecture.looks_up(code)]
    return [*found, *read]


def needed_behind(one: Component, route: str, architecture: Architecture) -> list[str]:
    """Return the fields of a request that those need who work on its event later.

    Args:
        one: the server that takes the request.
        route: of it.
        architecture: what is behind it.
    """
    needed = set()
    for traffic in architecture.possible():
        if (traffic.to, traffic.route) != (one.name, route):
            continue
        for code in architecture.code():
            if code.route != route and architecture.comes_to(traffic, code):
                needed |= {field for _, _, field in keys_of(code, architecture)}
                needed |= {TOKEN} if architecture.hands_on(code, "serves") else set()
    return sorted(needed - set(parameters_of(route)))


def fieldless(architecture: Architecture) -> list[Component]:
    """Return the stores whose sort key is no field of any event: its id is in the field's place."""
    found = {
        store.name: [
            traffic
            for code in architecture.code()
            if any(each.target is store for each in architecture.hands_on(code, "writes"))
            for traffic in architecture.possible()
            if architecture.comes_to(traffic, code)
        ]
        for store in architecture.components
        if "sort_key" in store.arguments
    }
    return [
        architecture.of(name)
        for name, coming in found.items()
        if not any(architecture.of(name).keys[1] in carries(traffic) for traffic in coming)
    ]


def refuse_uncarried(architecture: Architecture) -> None:
    """Refuse keys that no event carries, and filters for types that no event has.

    Raises:
        ScenarioError: it says which, and what would do.
    """
    for connection in architecture.connections:
        _check_types(connection, architecture)
        if connection.verb == "reads":
            _check_read(connection, architecture)
    needs: dict[tuple[str, str], list[Code]] = {}
    for code in architecture.code():
        _check_values(code, architecture)
        for one, argument, _ in keys_of(code, architecture):
            needs.setdefault((one.name, argument), []).append(code)
    for (name, argument), codes in needs.items():
        _check_key(architecture.of(name), argument, codes, architecture)


def _check_types(connection: Connection, architecture: Architecture) -> None:
    wanted = connection.options.get("types", ())
    known = arriving_types(connection.source, architecture) if wanted else []
    for index, name in enumerate(wanted):
        # Where nothing arrives at all, a filter further up is to blame.
        if known and name not in known:
            connection.flow.place.at("types", index).fail(
                found=f"{name}, which no event of {connection.source.name} is",
                expected=f"one of {', '.join(known)}",
            )


def _check_read(connection: Connection, architecture: Architecture) -> None:
    reader, key = connection.target, connection.source.keys[0]
    asking = [
        code
        for code in architecture.code_of(reader)
        if code.only_reads and connection.ends_at in ("", code.name)
    ]
    if reader.kind not in SERVERS or not asking:
        return
    if not any(key in code.parameters for code in asking):
        names = sorted({name for code in asking for name in code.parameters})
        instead = f", or partition_key: {names[0]}" if names else ""
        connection.flow.place.fail(
            found=f"{connection.source.name} -> {connection.ends_at or reader.name}, which has no "
            f"GET with {connection.source.name}'s partition key {key} in its path",
            expected=f'one as "GET /.../{{{key}}}"{instead} of {connection.source.name}',
        )


def _check_values(code: Code, architecture: Architecture) -> None:
    """Refuse a field that is there, but not as what a key is made of."""
    keys = {(one.name, field) for one, _, field in keys_of(code, architecture)}
    written = (each.target for each in architecture.hands_on(code, "writes"))
    keys |= {(store.name, store.keys[1]) for store in written}
    for source, traffic in architecture.traffic.items():
        if traffic.place is None or not traffic.has_body:
            continue
        unfit = json.loads(traffic.example).keys() - carries(traffic)
        for name, key in sorted(keys):
            if key in unfit and architecture.comes_to(traffic, code):
                traffic.place.at("example", key).fail(
                    expected=f"a text or a whole number in the example of {source}, since "
                    f"{name} makes a key of {key}",
                )


def _check_key(
    one: Component, argument: str, codes: list[Code], architecture: Architecture
) -> None:
    key = one.keys[0] if argument == "partition_key" else one.arguments[argument]
    lacking: list[tuple[Code, Traffic]] = []
    known = False
    for code in codes:
        for traffic in architecture.possible():
            if not architecture.comes_to(traffic, code):
                continue
            if key in carries(traffic):
                known = True
                continue
            lacking.append((code, traffic))
            # A route of which nobody says what it is sent is sent what is needed, if anything.
            if traffic.place is not None or not traffic.has_body:
                _refuse_key(one, argument, key, code, traffic, architecture)
    if not known:
        _refuse_key(one, argument, key, *lacking[0], architecture)


def _refuse_key(
    one: Component,
    argument: str,
    key: str,
    code: Code,
    traffic: Traffic,
    architecture: Architecture,
) -> NoReturn:
    fields = sorted(carries(traffic) - {"note"})
    known = architecture.traffic.items()
    source = next((name for name, each in known if each is traffic), traffic.to)
    ways = []
    if traffic.place is not None:
        ways += [f"{key} in the example of {source}"] if traffic.has_body else []
    else:
        if traffic.has_body:
            route = f'to: {traffic.to}, route: "{traffic.route}"'
            example = f"example: {{{key}: {key}-1}}"
            ways.append(f"under traffic, {source}: {{{route}, rate: 10/s, {example}}}")
        source = f"{traffic.to} ({traffic.route})"
    ways += ["a path with {" + key + "}"] if traffic.route else []
    ways += [f"{argument}: {fields[0]}"] if fields else []
    place = one.place.at(argument) if argument in one.arguments else one.place
    place.fail(
        found=f"{key}, of which {one.name} needs a value in {code.name}, though what comes "
        f"from {source} carries none",
        expected=", or ".join(ways),
    )
