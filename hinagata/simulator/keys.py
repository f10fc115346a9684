"""How the values of keys spread over the shards of a stream and the partitions of a table."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from hinagata.scenario.key import Key

# Those that come most often are placed one by one; the share of the others is spread evenly, of
# which, of a million values on ten shards, no shard is more than 1 % off.
_PLACED = 2000


def shares(keys: Sequence[tuple[str, Key, float]], parts: int) -> tuple[float, ...]:
    """Returns the share of all messages that each shard or partition gets.

    A value goes where the hash of it falls, as Kinesis and DynamoDB do it, though not to the same
    place: the names of the shards are not in a template.

    Args:
        keys: Of each source its name, its key, and its share of the messages.
        parts: How many shards or partitions there are.
    """
    found = [0.0] * parts
    for name, key, weight in keys:
        placed = min(_PLACED, key.cardinality) if parts > 1 else 0
        before = 0.0
        for rank in range(placed):
            until = key.distribution.share_of_first(rank + 1, among=key.cardinality)
            found[_place(f"{name} {rank}", parts)] += weight * (until - before)
            before = until
        for part in range(parts):
            found[part] += weight * (1 - before) / parts
    total = sum(found)
    return tuple(share / total for share in found) if total else (1 / parts,) * parts


def _place(value: str, parts: int) -> int:
    digest = blake2b(value.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * parts >> 64
