"""Fulfilment: reserve what was ordered, then ship it; release it where it cannot be shipped."""

import os
import uuid

from order_events.once import write_once
from pattern_runtime import Event, JsonObject, Results, aws, each_step

SHIPS_TO = frozenset({"JP"})
# What the warehouse does not carry.
OUT_OF_STOCK = frozenset({"blue tea"})
aws.prepare("dynamodb")


class OutOfStockError(Exception):
    """The warehouse does not have it, and will not by the next try."""


class UndeliverableError(Exception):
    """It cannot be shipped there."""


def take_reserve(event: Event, _results: Results) -> JsonObject:
    """Reserve the item on a shelf."""
    item = event.data["item"]
    if item in OUT_OF_STOCK:
        raise OutOfStockError(f"no {item}")
    shelf = sum(item.encode()) % 100
    write_once(
        os.environ["RESERVATIONS_TABLE_NAME"],
        event,
        {"item": {"S": item}, "shelf": {"N": str(shelf)}},
    )
    return {"shelf": shelf}


def take_release(event: Event, _results: Results) -> None:
    """Release what was reserved; what was not is released already."""
    aws.client("dynamodb").delete_item(
        TableName=os.environ["RESERVATIONS_TABLE_NAME"], Key={"event_id": {"S": event.id}}
    )


def take_ship(event: Event, results: Results) -> JsonObject:
    """Hand the parcel over."""
    country = event.data["ship_to"]
    if country not in SHIPS_TO:
        raise UndeliverableError(f"no carrier to {country}")
    # A repeat is the same parcel.
    parcel = str(uuid.uuid5(uuid.NAMESPACE_OID, event.id))
    write_once(
        os.environ["SHIPMENTS_TABLE_NAME"],
        event,
        {"parcel": {"S": parcel}, "shelf": {"N": str(results["Reserve"]["shelf"])}},
    )
    return {"parcel": parcel}


reserve, release, ship = each_step(take_reserve), each_step(take_release), each_step(take_ship)
