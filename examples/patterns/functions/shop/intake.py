"""Takes an order from the API and leaves it to billing."""

import json
from typing import Any

from pattern_runtime import Event, required, send_to_queue

ORDERS_QUEUE_URL = required("ORDERS_QUEUE_URL")


def handler(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer 202 as soon as the order is safe in the queue."""
    order = json.loads(request["body"])
    event = Event.from_http(request["headers"], type="order.placed", source="/orders", data=order)
    send_to_queue(ORDERS_QUEUE_URL, event)
    return {"statusCode": 202, "body": json.dumps({"id": event.id})}
