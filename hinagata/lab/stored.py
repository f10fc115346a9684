"""The final state of tables: does what was sent lie where it should?"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.lab.traffic import Sent
from hinagata.scenario import EveryStored, LatestStored, NewestStored

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Item = dict[str, str]

# Two messages of one moment may arrive in either order.
_AT_ONCE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class StoredState:
    """How much of what a table should hold it does hold.

    Attributes:
        expected: how many items should be there.
        absent: what should be there and is not: message ids, or key values.
        stale: key values whose item is not from the newest message.
    """

    expected: int
    absent: tuple[str, ...]
    stale: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether all of it is there."""
        return not self.absent and not self.stale


def read_items(dynamodb: "DynamoDBClient", table: str, attributes: Iterable[str]) -> list[Item]:
    """Return the text attributes of some names of every item of a table, as they are now.

    A name with dots leads into the JSON that an attribute holds: `event.data.item`.
    """
    wanted = list(attributes)
    roots = dict.fromkeys(name.partition(".")[0] for name in wanted)
    names = {f"#{index}": root for index, root in enumerate(roots)}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names,
    )
    return [
        {
            name: found
            for name in wanted
            if (found := _at(name, {root: one["S"] for root, one in item.items() if "S" in one}))
            is not None
        }
        for page in pages
        for item in page["Items"]
    ]


def _at(name: str, texts: Item) -> str | None:
    """Return the text of a name; None if there is none."""
    root, *path = name.split(".")
    if not path or root not in texts:
        return texts.get(root)
    try:
        value = json.loads(texts[root])
    except ValueError:
        return None
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) or value is None else json.dumps(value)


def judge_every(
    expectation: EveryStored, sent: Sequence[Sent], items: Sequence[Item]
) -> StoredState:
    """Look for an item for every accepted message of a source."""
    there = {item.get(expectation.id_attribute) for item in items}
    wanted = [
        record.id
        for record in sent
        if record.source == expectation.source and record.accepted_at is not None
    ]
    return StoredState(
        expected=len(wanted), absent=tuple(event for event in wanted if event not in there)
    )


def judge_newest(
    expectation: NewestStored, sent: Sequence[Sent], items: Sequence[Item]
) -> StoredState:
    """Look for the newest message of each key value.

    A message that was refused may have been taken all the same, its answer lost; so a newer one
    than the newest accepted is right too.
    """
    stored = {item.get(expectation.key): item.get(expectation.id_attribute) for item in items}
    relevant = sorted(
        (record for record in sent if record.source in expectation.sources),
        key=lambda record: record.sent_at,
    )
    right: dict[str, set[str]] = {}
    for record in relevant:
        value = record.keys[expectation.key]
        if record.accepted_at is not None:
            right[value] = {record.id}
        elif value in right:
            right[value].add(record.id)
    absent = [value for value in right if value not in stored]
    stale = [value for value in right if value in stored and stored[value] not in right[value]]
    return StoredState(expected=len(right), absent=tuple(absent), stale=tuple(stale))


def judge_latest(
    expectation: LatestStored, sent: Sequence[Sent], items: Sequence[Item]
) -> StoredState:
    """Look for what the newest message about each item said, and for the message that brought it.

    A message that was refused may have been taken all the same, its answer lost; so what a newer
    one than the newest accepted said is right too.
    """
    stored = {tuple(item.get(name) for name in expectation.where): item for item in items}
    said: dict[tuple[str | None, ...], list[Sent]] = {}
    for record in sorted(sent, key=lambda record: record.sent_at):
        if record.source == expectation.source:
            place = tuple(text.format_map(record.keys) for text in expectation.where.values())
            said.setdefault(place, []).append(record)
    accepted = {
        place: [index for index, record in enumerate(records) if record.accepted_at is not None]
        for place, records in said.items()
    }
    right = {place: said[place][indexes[-1] :] for place, indexes in accepted.items() if indexes}
    absent = [place for place in right if place not in stored]
    stale = [
        place
        for place, newest in right.items()
        if place in stored
        and not any(_brought(expectation, stored[place], one, said[place]) for one in newest)
    ]
    return StoredState(
        expected=len(right), absent=tuple(map(_shown, absent)), stale=tuple(map(_shown, stale))
    )


def _brought(expectation: LatestStored, item: Item, newest: Sent, records: Sequence[Sent]) -> bool:
    """Whether an item holds what a message said, since that was said without a break."""

    def holds(record: Sent) -> dict[str, str]:
        return {name: text.format_map(record.keys) for name, text in expectation.holds.items()}

    wanted = holds(newest)
    if any(item.get(name) != value for name, value in wanted.items()):
        return False
    if expectation.id_attribute is None:
        return True
    since = newest
    for record in reversed(records[: records.index(newest)]):
        if holds(record) != wanted:
            break
        since = record
    # What changed and changed back within one batch has not changed: an earlier one is right too.
    return item.get(expectation.id_attribute) in {
        record.id
        for record in records
        if holds(record) == wanted and record.sent_at <= since.sent_at + _AT_ONCE_SECONDS
    }


def _shown(place: tuple[str | None, ...]) -> str:
    return "/".join(part or "" for part in place)
