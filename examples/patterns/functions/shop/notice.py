"""Sends a message to the phone of who ordered."""

from pattern_runtime import Event, each_event
from pattern_runtime.push import PushGateway

phones = PushGateway("PHONES")


def tell(event: Event) -> None:
    """Push the message, unless the phone is gone."""
    phones.push(event, token=event.data["token"], title="Your order", body="It is on its way.")


handler = each_event(tell)
