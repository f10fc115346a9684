"""What the tests of a project's handlers say: whom each calls, and with what of the event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hinagata.generator.handler_code import HandlerCode


def handlers_view(made: Mapping[str, HandlerCode]) -> dict[str, Any]:
    """Return what the template of the handlers' tests says.

    Args:
        made: the handlers, by their modules.
    """
    requests = {name: one for name, one in made.items() if one.code.role == "request"}
    events = {name: one for name, one in made.items() if one.code.role != "request"}
    fields = set[str]().union(*(one.fields for one in made.values()))
    operations = {operation for one in made.values() for operation in one.operations}
    told = [(name, _method(one), who) for name, one in requests.items() for who in one.asks]
    carried = [
        (name, len(one.reads) + len(one.asks))
        for name, one in events.items()
        if one.asks and one.hands_on
    ]
    asks = any("ask" in one.imports for one in made.values())
    answer = "json.dumps(ANSWER).encode()" if told or carried else 'b"{}"'
    # What decides something in an answer, of those who are called at all.
    says = {
        '"FailedEntryCount": 0': "put_events" in operations,
        '"Items": self.items': "query" in operations,
        f'"Payload": io.BytesIO({answer})': asks,
    }
    parameters = {name for one in requests.values() for name in one.code.parameters}
    found = _found(made)
    from_requests = {bool(method) for _, _, method, _ in found}
    return {
        "variables": sorted({one for code in made.values() for one in code.variables}),
        "data": {"note": "an example", **{name: f"{name}-1" for name in sorted(fields)}},
        "parameters": {name: f"{name}-1" for name in sorted(parameters)},
        "posts": "request" in operations,
        "pushes": "push" in operations,
        "pushing": [name for name, one in events.items() if one.pushes],
        "guarded": [name for name, one in made.items() if one.breaker],
        "requests": [
            (name, _method(one), 200 if one.code.only_reads else 202, sorted(one.operations))
            for name, one in requests.items()
        ],
        "events": [(name, sorted(one.operations)) for name, one in events.items()],
        "told": told,
        "carried": carried,
        "answer": answer,
        "asks": asks,
        "says": [said for said, needed in says.items() if needed],
        "looks_up": "query" in operations,
        "found": found
        if True in from_requests
        else [(writer, reader, key) for writer, reader, _, key in found],
        "written_by_requests": True in from_requests,
        "written_by_events": False in from_requests,
        "requests_read": any(one.reads for one in requests.values()),
        "events_read": any(one.reads for one in events.values()),
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
