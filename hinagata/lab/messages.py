"""The messages of a source: the same ones, in the same order, for the same seed."""

import json
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hinagata.scenario import Key, Source

_NAMESPACE = uuid.UUID("6f2f2f0e-5a0b-5d53-9d0c-7d1b6f3d1e52")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One request to send.

    Attributes:
        source: the name of its source.
        id: the event's id on every hop.
        keys: the value of each key.
        method: the HTTP method.
        path: the path, with the keys filled in.
        body: JSON, or None.
        warm_up: whether it is one of those that start everything up.
    """

    source: str
    id: str
    keys: Mapping[str, str]
    method: str
    path: str
    body: bytes | None
    warm_up: bool = False


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
        body = source.request.body
        yield Message(
            source=source.name,
            id=str(uuid.uuid5(_NAMESPACE, f"{salt}/{seed}/{source.name}/{number}")),
            keys=keys,
            method=source.request.method,
            path=source.request.path.format_map(keys),
            body=None if body is None else _filled(body, keys),
            warm_up=number < warm_up,
        )


def _value(name: str, number: int, key: Key) -> str:
    """Return the key's value of that number: `vehicle-000042` for `vehicle_id` of a million."""
    width = len(str(key.cardinality - 1))
    return f"{name.removesuffix('_id').replace('_', '-')}-{number:0{width}}"


def _filled(body: Mapping[str, object], keys: Mapping[str, str]) -> bytes:
    filled = {name: keys.get(name, value) for name, value in body.items()}
    return json.dumps(filled, separators=(",", ":")).encode()
