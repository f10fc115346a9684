"""CommandApi: take an operator's command for a car, and answer before the car has heard of it."""

from connected_car.messages import COMMAND, InvalidRequestError, read_command, vehicle_source
from pattern_runtime import Event, JsonObject, aws, each_request, required, send_to_queue
from pattern_runtime.api import Request, body_of, headers_of, in_path

QUEUE_URL = required("COMMANDS_QUEUE_URL")
aws.prepare("sqs")


def command_event(request: Request) -> Event:
    """Return the event that POST /vehicles/{vehicle_id}/commands makes.

    Raises:
        InvalidRequestError: The path or the body is wrong.
        MalformedEventError: A header is wrong.
    """
    vehicle_id = in_path(request, "vehicle_id")
    source = vehicle_source(vehicle_id)
    return Event.from_http(
        headers_of(request),
        type=COMMAND,
        source=source,
        data=read_command(vehicle_id, body_of(request)),
    )


def take(event: Event) -> JsonObject:
    """Put a command where its delivery finds it."""
    send_to_queue(QUEUE_URL, event)
    return {"id": event.id}


handler = each_request(
    command_event,
    take,
    status=202,
    refused=InvalidRequestError,
    unavailable="the command was not taken; send it again",
)
