"""Screen: all that is known of a building, for those who watch it."""

import json

from hvac_platform.reports import building_name
from hvac_platform.tables import layout
from pattern_runtime import Event, JsonObject, aws, each_request
from pattern_runtime.api import Request, headers_of, in_path

aws.prepare("dynamodb")


def reading(request: Request) -> Event:
    """Return the event that GET /buildings/{building_id}/current makes.

    Raises:
        MalformedEventError: The path or a header is wrong.
    """
    building = building_name(in_path(request, "building_id"))
    return Event.from_http(
        headers_of(request),
        type="building.read",
        source=f"/buildings/{building}",
        data={"building_id": building},
    )


def current(building: str) -> JsonObject:
    """Return each device of a building, each data item with its value and since when it has it."""
    with layout("screen") as table:
        values = table.of_building(building)
    devices: dict[str, JsonObject] = {}
    for address, value in sorted(values.items()):
        devices.setdefault(address.device, {})[address.item] = {
            "value": json.loads(value.text),
            "since": value.time,
        }
    return {"building_id": building, "devices": devices}


def read(event: Event) -> JsonObject:
    """Answer with the building that was asked for."""
    return current(event.data["building_id"])


handler = each_request(reading, read, status=200, unavailable="not now; ask again")
