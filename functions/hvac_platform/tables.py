"""Three layouts of the table of newest values, of which one wins.

- `building`: an item for each data item, under its building's key, sorted by `device#item`. A
  write is small, and a building is one query.
- `device`: an item for each device, with all its data items. A write is charged for all of it,
  however little changes (DynamoDB developer guide, "Capacity unit consumption").
- `item`: an item for each data item, under a key of its own. A write is small, and a building is
  read item by item.

The last two do not tell what stands in a building: a register does, in a table of its own.
"""

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from hvac_platform.reports import Address, Value, Values
from pattern_runtime import aws, required

LAYOUT_VARIABLE = "TABLE_LAYOUT"
TABLE_NAME = required("CURRENT_TABLE_NAME")
# Only the layouts that need one have it.
REGISTER_NAME = os.environ.get("REGISTER_TABLE_NAME", "")
# What one call takes (docs.aws.amazon.com/amazondynamodb/latest/APIReference, BatchGetItem and
# BatchWriteItem).
MOST_READ, MOST_WRITTEN = 100, 25
# Of a batch of which DynamoDB leaves a part; what is left then comes again with the stream's batch.
_TRIES = 5
_PAUSE_SECONDS = 0.05

# An attribute is a mapping of its type to its value.
Item = dict[str, Any]

logger = Logger()


class UnprocessedError(RuntimeError):
    """DynamoDB left a part of a batch again and again."""


@dataclass(slots=True)
class Use:
    """What a piece of work took of the tables, by DynamoDB's own count.

    Attributes:
        calls: Calls, one after the other.
        items: Items that were read.
        written: Items that were written.
        read_units: Read units.
        write_units: Write units.
    """

    calls: int = 0
    items: int = 0
    written: int = 0
    read_units: float = 0.0
    write_units: float = 0.0


class Layout(Protocol):
    """Where data items are kept, and how they are found again."""

    def known(self, addresses: Collection[Address]) -> Values:
        """Return what is kept of some data items, as of now; more of them may come along."""
        ...

    def write(self, values: Values, known: Values) -> None:
        """Keep some data items; `known` is what was kept of them before."""
        ...

    def of_building(self, building: str) -> Values:
        """Return all data items of a building."""
        ...


@contextmanager
def layout(work: str, facts: Mapping[str, object] | None = None) -> Iterator[Layout]:
    """Give the table in its layout for one piece of work, and log what that took.

    Args:
        work: What it is called.
        facts: What the log shall say besides; read when the work is done.
    """
    use, start = Use(), time.perf_counter()
    yield _LAYOUTS[os.environ.get(LAYOUT_VARIABLE, "building")](use)
    milliseconds = (time.perf_counter() - start) * 1000
    said = {"work": work, **(facts or {}), **asdict(use), "ms": round(milliseconds, 1)}
    logger.info("table used", **said)


class _Table:
    """A table's calls, counted."""

    def __init__(self, name: str, use: Use) -> None:
        self._name = name
        self._use = use

    def query(self, building: str, begin: str = "", *, consistent: bool = False) -> list[Item]:
        """Return the items of a building whose sort key begins so."""
        condition, values = "building_id = :building", {":building": {"S": building}}
        if begin:
            condition += " AND begins_with(device_item, :begin)"
            values[":begin"] = {"S": begin}
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": consistent,
            "ReturnConsumedCapacity": "TOTAL",
        }
        found: list[Item] = []
        while True:
            page = aws.client("dynamodb").query(**request)
            self._count(page, "read_units")
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        self._use.items += len(found)
        return found

    def get(self, keys: Iterable[Item], *, consistent: bool = False) -> list[Item]:
        """Return the items of some keys, as far as there are any."""
        found: list[Item] = []
        for some in _parts(list(keys), MOST_READ):
            left: Any = {self._name: {"Keys": some, "ConsistentRead": consistent}}
            for _ in _tries():
                answer = aws.client("dynamodb").batch_get_item(
                    RequestItems=left, ReturnConsumedCapacity="TOTAL"
                )
                self._count(answer, "read_units")
                found += answer["Responses"].get(self._name, [])
                left = answer.get("UnprocessedKeys")
                if not left:
                    break
            else:
                raise UnprocessedError("keys were left unread")
        self._use.items += len(found)
        return found

    def put(self, items: Iterable[Item]) -> None:
        """Write some items, each of which takes the place of what was there."""
        for some in _parts(list(items), MOST_WRITTEN):
            left: Any = {self._name: [{"PutRequest": {"Item": item}} for item in some]}
            for _ in _tries():
                answer = aws.client("dynamodb").batch_write_item(
                    RequestItems=left, ReturnConsumedCapacity="TOTAL"
                )
                self._count(answer, "write_units")
                left = answer.get("UnprocessedItems")
                if not left:
                    break
            else:
                raise UnprocessedError("items were left unwritten")
            self._use.written += len(some)

    def update(self, key: Item, attributes: Item) -> None:
        """Set some attributes of an item, and leave the others."""
        pairs = list(attributes.items())
        answer = aws.client("dynamodb").update_item(
            TableName=self._name,
            Key=key,
            UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in range(len(pairs))),
            ExpressionAttributeNames={f"#{n}": name for n, (name, _) in enumerate(pairs)},
            ExpressionAttributeValues={f":{n}": value for n, (_, value) in enumerate(pairs)},
            ReturnConsumedCapacity="TOTAL",
        )
        self._count(answer, "write_units")
        self._use.written += 1

    def _count(self, answer: Any, units: str) -> None:
        self._use.calls += 1
        consumed = answer.get("ConsumedCapacity") or []
        for each in consumed if isinstance(consumed, list) else [consumed]:
            setattr(self._use, units, getattr(self._use, units) + each["CapacityUnits"])


class ByBuilding:
    """An item for each data item, under its building's key."""

    def __init__(self, use: Use) -> None:
        self._table = _Table(TABLE_NAME, use)

    def known(self, addresses: Collection[Address]) -> Values:
        """Query each device: all its data items together take less than each of them alone."""
        devices = dict.fromkeys((address.building, address.device) for address in addresses)
        return dict(
            _read(building, item)
            for building, device in devices
            for item in self._table.query(building, f"{device}#", consistent=True)
        )

    def write(self, values: Values, known: Values) -> None:
        """Put an item for each."""
        self._table.put(
            {
                "building_id": {"S": address.building},
                "device_item": {"S": f"{address.device}#{address.item}"},
                **_written(value),
            }
            for address, value in values.items()
        )

    def of_building(self, building: str) -> Values:
        """Query the building."""
        return dict(_read(building, item) for item in self._table.query(building))


class _Registered:
    """A layout that does not tell what stands in a building."""

    def __init__(self, use: Use) -> None:
        self._table = _Table(TABLE_NAME, use)
        self._register = _Table(REGISTER_NAME, use)

    def _members(self, building: str) -> Iterator[str]:
        for item in self._register.query(building):
            yield item["device_item"]["S"]

    def _enter(self, building_and_member: Iterable[tuple[str, str]]) -> None:
        self._register.put(
            {"building_id": {"S": building}, "device_item": {"S": member}}
            for building, member in dict.fromkeys(building_and_member)
        )


class ByDevice(_Registered):
    """An item for each device, with all its data items."""

    def known(self, addresses: Collection[Address]) -> Values:
        """Get each device."""
        devices = dict.fromkeys((address.building, address.device) for address in addresses)
        return self._get(devices, consistent=True)

    def write(self, values: Values, known: Values) -> None:
        """Update the item of each device with what has changed."""
        devices: dict[tuple[str, str], Item] = {}
        for address, value in values.items():
            changed = devices.setdefault((address.building, address.device), {})
            changed[f"item:{address.item}"] = {"M": _written(value)}
        for device, attributes in devices.items():
            self._table.update(self._key(device), attributes)
        seen = {(address.building, address.device) for address in known}
        self._enter(device for device in devices if device not in seen)

    def of_building(self, building: str) -> Values:
        """Ask the register for the devices, then get each."""
        return self._get((building, device) for device in self._members(building))

    def _get(
        self, devices: Iterable[tuple[str, str]], *, consistent: bool = False
    ) -> dict[Address, Value]:
        found: dict[Address, Value] = {}
        for item in self._table.get(map(self._key, devices), consistent=consistent):
            building, device = item["device"]["S"].split("#")
            for name, value in item.items():
                if name.startswith("item:"):
                    address = Address(building, device, name.removeprefix("item:"))
                    found[address] = _value(value["M"])
        return found

    @staticmethod
    def _key(device: tuple[str, str]) -> Item:
        return {"device": {"S": "#".join(device)}}


class ByItem(_Registered):
    """An item for each data item, under a key of its own."""

    def known(self, addresses: Collection[Address]) -> Values:
        """Get each data item."""
        return self._get(addresses, consistent=True)

    def write(self, values: Values, known: Values) -> None:
        """Put an item for each."""
        self._table.put(
            {**self._key(address), **_written(value)} for address, value in values.items()
        )
        self._enter(
            (address.building, f"{address.device}#{address.item}")
            for address in values
            if address not in known
        )

    def of_building(self, building: str) -> Values:
        """Ask the register for the data items, then get each."""
        return self._get(
            Address(building, *member.split("#")) for member in self._members(building)
        )

    def _get(self, addresses: Iterable[Address], *, consistent: bool = False) -> Values:
        return {
            Address(*item["item"]["S"].split("#")): _value(item)
            for item in self._table.get(map(self._key, addresses), consistent=consistent)
        }

    @staticmethod
    def _key(address: Address) -> Item:
        return {"item": {"S": "#".join(address)}}


_LAYOUTS: dict[str, type[ByBuilding | ByDevice | ByItem]] = {
    "building": ByBuilding,
    "device": ByDevice,
    "item": ByItem,
}


def _read(building: str, item: Item) -> tuple[Address, Value]:
    device, name = item["device_item"]["S"].split("#")
    return Address(building, device, name), _value(item)


def _written(value: Value) -> Item:
    return {"value": {"S": value.text}, "time": {"S": value.time}, "since": {"S": value.since}}


def _value(item: Item) -> Value:
    return Value(item["value"]["S"], item["time"]["S"], item["since"]["S"])


def _parts(whole: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def _tries() -> Iterator[int]:
    for number in range(_TRIES):
        if number:
            time.sleep(_PAUSE_SECONDS * 2**number)
        yield number
