"""DynamoDB in memory, as far as the air conditioners' tables use it, with their units."""

from __future__ import annotations

from typing import Any

from tests.fakes.aws import client_error

LAYOUTS = ("building", "device", "item")
_KEYS = {
    "current": {
        "building": ("building_id", "device_item"),
        "device": ("device",),
        "item": ("item",),
    },
    "register": dict.fromkeys(LAYOUTS, ("building_id", "device_item")),
}
_PAGE = 250
_MOST_GOT, _MOST_PUT = 100, 25


class FakeTables:
    """The tables `current` and `register` of a layout.

    Attributes:
        writes: how many items of `current` were written.
        calls: the names of the calls, in their order.
        leaves: how many further batches are taken in part only.
        down: whether each call fails.
    """

    def __init__(self, layout: str) -> None:
        self._layout = layout
        self._items: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {
            "current": {},
            "register": {},
        }
        self.writes = 0
        self.calls: list[str] = []
        self.leaves = 0
        self.down = False

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.down:
            raise client_error("InternalServerError", name)

    def _key(self, table: str, item: dict[str, Any]) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in _KEYS[table][self._layout])

    def query(self, **request: Any) -> dict[str, Any]:
        """Return a page of what a partition has, in the order of its sort keys."""
        self._called("query")
        values = request["ExpressionAttributeValues"]
        assert request["KeyConditionExpression"].startswith("building_id = :building")
        begin = values.get(":begin", {"S": ""})["S"]
        after = request.get("ExclusiveStartKey", {}).get("device_item", {"S": ""})["S"]
        found = [
            item
            for (building, member), item in sorted(self._items[request["TableName"]].items())
            if building == values[":building"]["S"] and member.startswith(begin) and member > after
        ]
        page, rest = found[:_PAGE], found[_PAGE:]
        last = {"LastEvaluatedKey": {"device_item": page[-1]["device_item"]}} if rest else {}
        return {"Items": page, **last, "ConsumedCapacity": {"CapacityUnits": 0.5}}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Return the items of some keys."""
        self._called("batch_get_item")
        ((table, asked),) = request["RequestItems"].items()
        assert 1 <= len(asked["Keys"]) <= _MOST_GOT
        taken, left = self._part(asked["Keys"])
        found = [self._items[table].get(self._key(table, key)) for key in taken]
        return {
            "Responses": {table: [item for item in found if item is not None]},
            "UnprocessedKeys": {table: {**asked, "Keys": left}} if left else {},
            "ConsumedCapacity": [{"TableName": table, "CapacityUnits": float(len(taken))}],
        }

    def batch_write_item(self, **request: Any) -> dict[str, Any]:
        """Put some items."""
        self._called("batch_write_item")
        ((table, puts),) = request["RequestItems"].items()
        assert 1 <= len(puts) <= _MOST_PUT
        taken, left = self._part(puts)
        for put in taken:
            item = put["PutRequest"]["Item"]
            self._items[table][self._key(table, item)] = item
            self.writes += table == "current"
        return {
            "UnprocessedItems": {table: left} if left else {},
            "ConsumedCapacity": [{"TableName": table, "CapacityUnits": float(len(taken))}],
        }

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Set attributes of an item."""
        self._called("update_item")
        table = request["TableName"]
        key = self._key(table, request["Key"])
        item = self._items[table].setdefault(key, dict(request["Key"]))
        for assignment in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            named = request["ExpressionAttributeNames"][name]
            item[named] = request["ExpressionAttributeValues"][value]
        self.writes += table == "current"
        return {"ConsumedCapacity": {"CapacityUnits": 1.0}}

    def _part(self, whole: list[Any]) -> tuple[list[Any], list[Any]]:
        if not self.leaves or len(whole) == 1:
            return whole, []
        self.leaves -= 1
        return whole[:1], whole[1:]
