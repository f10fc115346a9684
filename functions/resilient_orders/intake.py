"""OrderApi: take an order, and answer before it is paid."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pattern_runtime import (
    Event,
    JsonObject,
    MalformedEventError,
    aws,
    required,
    send_to_queue,
    span,
)
from resilient_orders.orders import ORDER_PLACED, InvalidOrderError, customer_source, read_order

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

QUEUE_URL = required("ORDERS_QUEUE_URL")
aws.prepare("sqs")


def handler(request: dict[str, Any], context: "LambdaContext") -> JsonObject:
    """Answer POST /customers/{customer_id}/orders of a REST API.

    Args:
        request: The proxy event.
        context: Lambda's.
    """
    try:
        event = order_event(request)
    except (InvalidOrderError, MalformedEventError) as error:
        return _answer(400, {"error": str(error)})
    try:
        with span(event):
            send_to_queue(QUEUE_URL, event)
    except (BotoCoreError, ClientError):
        return _answer(503, {"error": "the order was not taken; send it again"})
    return _answer(202, {"id": event.id})


def order_event(request: dict[str, Any]) -> Event:
    """Return the event that a customer's request makes.

    Raises:
        InvalidOrderError: The path or the body is wrong.
        MalformedEventError: A header is wrong.
    """
    customer_id = (request.get("pathParameters") or {}).get("customer_id", "")
    source = customer_source(customer_id)
    return Event.from_http(
        request.get("headers") or {},
        type=ORDER_PLACED,
        source=source,
        data=read_order(customer_id, request.get("body") or ""),
    )


def _answer(status: int, body: JsonObject) -> JsonObject:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"}
        | ({"Retry-After": "1"} if status == 503 else {}),
        "body": json.dumps(body),
    }
