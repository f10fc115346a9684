"""CommandDelivery: bring a command to the gateway that the car calls."""

import json

from connected_car.gateway_token import gateway_token
from connected_car.messages import vehicle_source
from connected_car.outgoing import post_json
from pattern_runtime import Event, each_event, required
from pattern_runtime.events import ID_HEADER, TIME_HEADER
from pattern_runtime.trace import HTTP_HEADER, onward_trace

GATEWAY_URL = required("DEVICE_GATEWAY_URL").rstrip("/")


class CommandNotDeliveredError(Exception):
    """The gateway did not take the command."""


def handle(event: Event) -> None:
    """Post the command to the gateway, under the event's own id and time.

    Raises:
        CommandNotDeliveredError: The gateway's answer was not a yes.
    """
    status = post_json(
        f"{GATEWAY_URL}{vehicle_source(event.data['vehicle_id'])}/commands",
        json.dumps({"command": event.data["command"]}),
        {
            "Authorization": f"Bearer {gateway_token()}",
            ID_HEADER: event.id,
            TIME_HEADER: event.time_text,
            HTTP_HEADER: onward_trace(event.trace),
        },
    )
    if not 200 <= status < 300:
        raise CommandNotDeliveredError(f"the gateway answered {status}")


handler = each_event(handle)
