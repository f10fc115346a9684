"""PartnerFeed: tell the partner at once, or leave it to the retries."""

from connected_car.partner import PartnerUnavailableError, tell_partner
from pattern_runtime import Event, aws, each_event, required, send_to_queue

RETRIES_QUEUE_URL = required("RETRIES_QUEUE_URL")
aws.prepare("sqs")


def handle(event: Event) -> None:
    """Tell the partner; an event that it cannot take now waits in the queue of retries."""
    try:
        tell_partner(event)
    except PartnerUnavailableError:
        send_to_queue(RETRIES_QUEUE_URL, event)


handler = each_event(handle)
