"""Notifications: thank the customer for each order, once."""

from order_events.once import write_once
from pattern_runtime import Event, aws, each_event, required

TABLE_NAME = required("MESSAGES_TABLE_NAME")
aws.prepare("dynamodb")


def handle(event: Event) -> None:
    """Put the message where the mailer takes it from."""
    write_once(
        TABLE_NAME,
        event,
        {
            "customer_id": {"S": event.data["customer_id"]},
            "text": {"S": f"Thank you for ordering {event.data['item']}."},
        },
    )


handler = each_event(handle)
