"""Loyalty: points for each order; the fourth consumer, which nobody had thought of."""

from order_events.once import write_once
from pattern_runtime import Event, aws, each_event, required

TABLE_NAME = required("POINTS_TABLE_NAME")
YEN_PER_POINT = 100
aws.prepare("dynamodb")


def handle(event: Event) -> None:
    """Credit the points of an order."""
    write_once(
        TABLE_NAME,
        event,
        {
            "customer_id": {"S": event.data["customer_id"]},
            "points": {"N": str(event.data["amount_yen"] // YEN_PER_POINT)},
        },
    )


handler = each_event(handle)
