"""Reads of a table take the units that their items' sizes come to.

The emulator counts each GetItem, Query and Scan as one item of 4 KB, and no BatchGetItem at all.
A query or a scan is rounded up as a whole, items that are got by their keys each for themselves
(DynamoDB developer guide, "Capacity unit consumption for reads"). Counted is what is returned: a
filter or a projection, which AWS does not count as less, makes it less here.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

_UNIT_BYTES = 4096


def _apply() -> None:
    tables = emulator_module("services.dynamodb")
    plain_add, plain_get = tables._add_consumed_capacity, tables._batch_get_item
    size = tables._item_size_bytes

    def add(result: Any, data: Any, name: str, *args: Any, **settings: Any) -> None:
        plain_add(result, data, name, *args, **settings)
        items = result["Items"] if "Items" in result else [result.get("Item", {})]
        counted = result.get("ConsumedCapacity")
        if args or settings.get("write") or settings.get("index_name") or counted is None:
            return
        consistent = bool(data.get("ConsistentRead"))
        counted["CapacityUnits"] = units([sum(map(size, items))], consistent=consistent)
        if "Table" in counted:
            counted["Table"] = {"CapacityUnits": counted["CapacityUnits"]}

    def batch_get(data: Any) -> Any:
        status, headers, body = plain_get(data)
        if data.get("ReturnConsumedCapacity", "NONE") == "NONE" or status != 200:
            return status, headers, body
        answer = json.loads(body)
        answer["ConsumedCapacity"] = [
            {"TableName": name, "CapacityUnits": _of_batch(asked, answer, name, size)}
            for name, asked in data["RequestItems"].items()
        ]
        return status, headers, json.dumps(answer).encode()

    tables._add_consumed_capacity = add
    tables._batch_get_item = batch_get


def _of_batch(asked: Mapping[str, Any], answer: Mapping[str, Any], name: str, size: Any) -> float:
    found = [size(item) for item in answer["Responses"].get(name, ())]
    # A key without an item is read as well.
    absent = [0] * (len(asked["Keys"]) - len(found))
    return units([*found, *absent], consistent=bool(asked.get("ConsistentRead")))


def units(sizes: Sequence[int], *, consistent: bool) -> float:
    """Return the read units of what is rounded up each for itself.

    Args:
        sizes: in bytes.
        consistent: whether the newest state is read, for which nothing is halved.

    >>> units([42_000], consistent=False), units([100] * 10, consistent=True)
    (5.5, 10.0)
    """
    whole = sum(max(1, math.ceil(each / _UNIT_BYTES)) for each in sizes)
    return float(whole) if consistent else whole / 2


PATCH = Patch(
    name="read-units",
    promise="a read of a table takes the units that its items' sizes come to, and says them",
    symbols=(
        "ministack.services.dynamodb:_add_consumed_capacity",
        "ministack.services.dynamodb:_batch_get_item",
        "ministack.services.dynamodb:_item_size_bytes",
    ),
    apply=_apply,
)
