"""OrderApi: take an order, and answer before it is paid."""

from pattern_runtime import Event, JsonObject, aws, each_request, required, send_to_queue
from pattern_runtime.api import Request, body_of, headers_of, in_path
from resilient_orders.orders import ORDER_PLACED, InvalidOrderError, customer_source, read_order

QUEUE_URL = required("ORDERS_QUEUE_URL")
aws.prepare("sqs")


def order_event(request: Request) -> Event:
    """Return the event that POST /customers/{customer_id}/orders makes.

    Raises:
        InvalidOrderError: The path or the body is wrong.
        MalformedEventError: A header is wrong.
    """
    customer_id = in_path(request, "customer_id")
    source = customer_source(customer_id)
    return Event.from_http(
        headers_of(request),
        type=ORDER_PLACED,
        source=source,
        data=read_order(customer_id, body_of(request)),
    )


def take(event: Event) -> JsonObject:
    """Put an order where the worker finds it."""
    send_to_queue(QUEUE_URL, event)
    return {"id": event.id}


handler = each_request(
    order_event,
    take,
    status=202,
    refused=InvalidOrderError,
    unavailable="the order was not taken; send it again",
)
