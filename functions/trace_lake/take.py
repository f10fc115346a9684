"""PhotoApi: take a photo, and say under which trace it is looked after."""

from pattern_runtime import (
    Event,
    JsonObject,
    aws,
    each_request,
    publish,
    required,
)
from pattern_runtime.api import Request, headers_of, in_path, object_of

TOPIC_ARN = required("PHOTOS_TAKEN_TOPIC_ARN")
aws.prepare("sns")


def photo_event(request: Request) -> Event:
    """Return the event that POST /owners/{owner}/photos makes.

    Raises:
        MalformedEventError: The body or a header is wrong.
    """
    return Event.from_http(
        headers_of(request),
        type="photo.taken",
        source=f"/owners/{in_path(request, 'owner')}",
        data=object_of(request),
    )


def take(event: Event) -> JsonObject:
    """Tell whoever follows, and answer with the trace's root: what to ask the lake for."""
    publish(TOPIC_ARN, event)
    root = event.trace.partition(";")[0].removeprefix("Root=")
    return {"id": event.id, "trace": root}


handler = each_request(
    photo_event, take, status=202, unavailable="the photo was not taken; send it again"
)
