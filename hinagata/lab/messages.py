"""The messages of a source: the same ones, in the same order, for the same seed."""

import json
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hinagata.scenario import Key, Put, Source

_NAMESPACE = uuid.UUID("6f2f2f0e-5a0b-5d53-9d0c-7d1b6f3d1e52")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One request to send, or one event to put into a stream or a queue.

    Attributes:
        source: the name of its source.
        id: the event's id on every hop.
        keys: the value of each key.
        method: the HTTP method; empty for an event.
        path: the path, or the event's source, with the keys filled in.
        body: JSON, or None.
        warm_up: whether it is one of those that start everything up.
        event: the event's type; empty for a request.
        group: what the event keeps its order with.
    """

    source: str
    id: str
    keys: Mapping[str, str]
    method: str
    path: str
    body: bytes | None
    warm_up: bool = False
    event: str = ""
    group: str = ""


def messages(source: Source, *, seed: int, salt: str = "", warm_up: int = 0) -> Iterator[Message]:
    """Yield what a run sends of a source.

    Args:
        source: the source.
        seed: the scenario's seed.
        salt: makes the ids differ from those of another run with the same seed, on an endpoint
            that remembers it; the key values stay the same.
        warm_up: how many of the first are there to start everything up.
    """
    for number in range(source.run.messages):
        drawn = random.Random(f"{seed}/{source.name}/{number}")  # noqa: S311 - not for secrets
        keys = {
            name: _value(name, key.distribution.draw(drawn, among=source.run.keys), key)
            for name, key in source.keys.items()
        }
        request, body = source.request, source.request.body
        name = str(uuid.uuid5(_NAMESPACE, f"{salt}/{seed}/{source.name}/{number}"))
        put = request if isinstance(request, Put) else None
        yield Message(
            source=source.name,
            id=name,
            keys=keys,
            method="" if isinstance(request, Put) else request.method,
            path=request.path.format_map(keys),
            body=None if body is None else _filled(body, keys),
            warm_up=number < warm_up,
            event=put.event if put else "",
            group=keys[put.ordered_by] if put and put.ordered_by else name,
        )


def _value(name: str, number: int, key: Key) -> str:
    """Return the key's value of that number: `vehicle-000042` for `vehicle_id` of a million."""
    width = len(str(key.cardinality - 1))
    return f"{name.removesuffix('_id').replace('_', '-')}-{number:0{width}}"


def _filled(body: Mapping[str, object], keys: Mapping[str, str]) -> bytes:
    filled = {name: keys.get(name, value) for name, value in body.items()}
    return json.dumps(filled, separators=(",", ":")).encode()
