"""What the tests of a project's handlers say: whom each calls, and with what of the event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hinagata.generator.handler_code import HandlerCode

# By which a handler asks and waits.
_ASKING = ("invoke", "request")


def handlers_view(made: Mapping[str, HandlerCode]) -> dict[str, Any]:
    """Return what the template of the handlers' tests says.

    Args:
        made: the handlers, by their modules.
    """
    requests = {name: one for name, one in made.items() if one.code.role == "request"}
    events = {name: one for name, one in made.items() if one.code.role != "request"}
    fields = set[str]().union(*(one.fields for one in made.values()))
    parameters = {name for one in requests.values() for name in one.code.parameters}
    return {
        "variables": sorted({one for code in made.values() for one in code.variables}),
        "data": {"note": "an example", **{name: f"{name}-1" for name in sorted(fields)}},
        "parameters": {name: f"{name}-1" for name in sorted(parameters)},
        "posts": any("request" in one.operations for one in made.values()),
        "pushes": any(one.pushes for one in made.values()),
        "pushing": [name for name, one in events.items() if one.pushes],
        "guarded": [name for name, one in made.items() if one.breaker],
        "requests": [
            (name, _method(one), 200 if one.code.only_reads else 202, sorted(one.operations))
            for name, one in requests.items()
        ],
        "events": [(name, sorted(one.operations)) for name, one in events.items()],
        "told": [(name, _method(one), who) for name, one in requests.items() for who in one.asks],
        "carried": [name for name, one in events.items() if one.asks and one.hands_on],
        "asking": [
            operation
            for operation in _ASKING
            if any(operation in one.operations and one.asks for one in made.values())
        ],
        "found": _found(made),
    }


def _method(made: HandlerCode) -> str:
    return made.code.route.split(" ", maxsplit=1)[0]


def _found(made: Mapping[str, HandlerCode]) -> list[tuple[str, str, str, str]]:
    """Return each writer of a store beside each GET that reads it, and the key they share."""
    return [
        (writer, reader, _method(made[writer]), store.partition_key)
        for writer in made
        for store in made[writer].writes
        for reader, code in made.items()
        if code.code.only_reads and any(each.name == store.name for each in code.reads)
    ]
