"""CommandApi: take an operator's command for a car, and answer before the car has heard of it."""

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from connected_car.messages import COMMAND, InvalidRequestError, read_command, vehicle_source
from pattern_runtime import (
    Event,
    JsonObject,
    MalformedEventError,
    aws,
    required,
    send_to_queue,
    span,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

QUEUE_URL = required("COMMANDS_QUEUE_URL")
aws.prepare("sqs")


def handler(request: dict[str, Any], context: "LambdaContext") -> JsonObject:
    """Answer POST /vehicles/{vehicle_id}/commands of a REST API or an HTTP API.

    Args:
        request: The proxy event; the two kinds agree in what is read here.
        context: Lambda's.
    """
    try:
        event = command_event(request)
    except (InvalidRequestError, MalformedEventError) as error:
        return _answer(400, {"error": str(error)})
    try:
        with span(event):
            send_to_queue(QUEUE_URL, event)
    except (BotoCoreError, ClientError):
        return _answer(
            503, {"error": "the command was not taken; send it again"}, {"Retry-After": "1"}
        )
    return _answer(202, {"id": event.id})


def command_event(request: dict[str, Any]) -> Event:
    """Return the event that an operator's request makes.

    Raises:
        InvalidRequestError: The path or the body is wrong.
        MalformedEventError: A header is wrong.
    """
    vehicle_id = (request.get("pathParameters") or {}).get("vehicle_id", "")
    source = vehicle_source(vehicle_id)
    return Event.from_http(
        request.get("headers") or {},
        type=COMMAND,
        source=source,
        data=read_command(vehicle_id, _body(request)),
    )


def _body(request: dict[str, Any]) -> str | bytes:
    body: str = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidRequestError("the body is not the base64 that it is said to be") from error


def _answer(status: int, body: JsonObject, headers: dict[str, str] | None = None) -> JsonObject:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
