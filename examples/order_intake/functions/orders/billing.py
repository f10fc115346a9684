"""Bills an order, and tells those whom it concerns."""

from __future__ import annotations

from pattern_runtime import Event, each_event, publish, put_record, required

ORDERS_BILLED_TOPIC_ARN = required("ORDERS_BILLED_TOPIC_ARN")
ENTRIES_STREAM_NAME = required("ENTRIES_STREAM_NAME")


def bill(event: Event) -> None:
    """Enter the order into the books, then say that it is billed."""
    put_record(ENTRIES_STREAM_NAME, event, partition_key=event.id)
    publish(ORDERS_BILLED_TOPIC_ARN, event)


handler = each_event(bill)
