"""Screen: all that is known of a building, for those who watch it."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from hvac_platform.reports import building_name
from hvac_platform.tables import layout
from pattern_runtime import Event, JsonObject, MalformedEventError, aws, span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

aws.prepare("dynamodb")


def handler(request: dict[str, Any], context: "LambdaContext") -> JsonObject:
    """Answer GET /buildings/{building_id}/current of a REST API.

    Args:
        request: The proxy event.
        context: Lambda's.
    """
    try:
        building = building_name((request.get("pathParameters") or {}).get("building_id"))
        event = Event.from_http(
            request.get("headers") or {},
            type="building.read",
            source=f"/buildings/{building}",
            data={},
        )
    except MalformedEventError as error:
        return _answer(400, {"error": str(error)})
    try:
        with span(event):
            return _answer(200, current(building))
    except (BotoCoreError, ClientError):
        return _answer(503, {"error": "not now; ask again"})


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


def _answer(status: int, body: JsonObject) -> JsonObject:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"}
        | ({"Retry-After": "1"} if status == 503 else {}),
        "body": json.dumps(body),
    }
