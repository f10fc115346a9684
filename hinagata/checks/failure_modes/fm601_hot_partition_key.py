"""A table or an index is partitioned by something that has few values.

DynamoDB spreads a table over partitions by the hash of the partition key; each takes at most
1,000 write units and 3,000 read units a second, whatever the table is given. With a key such as
`status`, `type` or `date`, most items share a few values, or everything written today shares
one: that partition is throttled while the others idle. An index is no exception: when it cannot
keep up, the writes to its table are throttled too.

It is a note, for it reads the key's name and does not know its values or the load. Told are names
whose last word is one of those in the threshold `low_cardinality_words`, e.g. `orderStatus`,
`event_type`, `countryCode`, `tenant_id`: a large tenant heats its partition. Names like `pk` or
`id` say nothing, and an index with several partition key attributes is spread by all of them:
both are left out, as is a table without a sort key, in which no two items share a value: that of
the tenants may well be partitioned by `tenantId`. A sort key does not help, the writes share the
partition all the same.

## How to mend it

Partition by something with many values that are used alike (a user, a device, an order), and
keep the status as sort key; or append a shard number (`2024-05-01#7`) and read the shards
side by side. For "all open orders" use a sparse index: set the attribute only while it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# `countryCode` and `tenantId` have no more values than `country` and `tenant`.
_SUFFIXES = ("code", "id", "name")


@check(
    id="FM601",
    title="Hot partition key",
    severity=Severity.NOTE,
    reason="Items that share a partition key value share one partition's 1,000 writes a second, "
    "however much the table is given.",
    sources=(
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-uniform-load.html",
    ),
    fix="Partition by an attribute with many, evenly used values, or spread the hot ones over "
    "shards.",
)
def hot_partition_key(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Reads the names of the partition keys of each table and each global index."""
    words = frozenset(thresholds.low_cardinality_words)
    for table in topology.of_type("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        schema = table.get("KeySchema")
        if not _is_one_item_each(schema):
            yield from _judge(table, "KeySchema", schema, "the table", words)
        for number, index in enumerate(table.items("GlobalSecondaryIndexes") or ()):
            name = walk(index, "IndexName")
            yield from _judge(
                table,
                f"GlobalSecondaryIndexes.{number}.KeySchema",
                walk(index, "KeySchema"),
                f"the index {name}" if isinstance(name, str) else "an index",
                words,
            )


def _is_one_item_each(schema: Value) -> bool:
    return isinstance(schema, list) and [walk(key, "KeyType") for key in schema] == ["HASH"]


def _judge(
    table: Node, path: str, schema: Value, what: str, words: frozenset[str]
) -> Iterator[Finding | Unresolved]:
    if not isinstance(schema, list):
        if schema is not None:
            yield Unresolved(node=table, property=path)
        return
    keys = [walk(key, "AttributeName") for key in schema if walk(key, "KeyType") == "HASH"]
    if len(keys) != 1:
        return
    key = keys[0]
    if not isinstance(key, str):
        yield Unresolved(node=table, property=path)
    elif has_few_values(key, words):
        yield Finding(
            node=table,
            property=path,
            says=f"{what} is partitioned by {key}, which by its name has few values: items that "
            "share one share the throughput of one partition",
        )


def has_few_values(key: str, words: frozenset[str]) -> bool:
    """Return whether the name of a key says that it has few values.

    Args:
        key: the name.
        words: those of few values, in lower case.
    """
    parts = [word.lower() for word in _WORD.findall(key)]
    if len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    return bool(parts) and parts[-1] in words
