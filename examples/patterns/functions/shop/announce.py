"""Tells everybody whom it concerns that something was ordered."""

from pattern_runtime import Event, each_event, publish, required

ORDER_EVENTS_TOPIC_ARN = required("ORDER_EVENTS_TOPIC_ARN")


def announce(event: Event) -> None:
    """Publish the order; who follows it is not known here."""
    publish(ORDER_EVENTS_TOPIC_ARN, event)


handler = each_event(announce)
