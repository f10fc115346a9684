"""Billing: one invoice for each order."""

from order_events.once import write_once
from pattern_runtime import Event, aws, each_event, required

TABLE_NAME = required("INVOICES_TABLE_NAME")
aws.prepare("dynamodb")


def handle(event: Event) -> None:
    """Write the invoice of an order."""
    write_once(
        TABLE_NAME,
        event,
        {
            "customer_id": {"S": event.data["customer_id"]},
            "amount_yen": {"N": str(event.data["amount_yen"])},
        },
    )


handler = each_event(handle)
