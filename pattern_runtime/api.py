"""A handler behind an API: reads a request into an event, acts on it in a span, and answers."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pattern_runtime.events import Event, JsonObject, MalformedEventError, parse_json
from pattern_runtime.spans import span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# What a client waits before it tries again; the SDK has tried several times already.
RETRY_AFTER_SECONDS = 1

Request = Mapping[str, Any]


def each_request(
    read: Callable[[Request], Event],
    act: Callable[[Event], JsonObject],
    *,
    status: int,
    unavailable: str,
    refused: type[Exception] = MalformedEventError,
) -> "Callable[[Request, LambdaContext], JsonObject]":
    """Return the handler of an API's requests, REST or HTTP: both agree in what is read here.

    Args:
        read: Returns the event that a request makes.
        act: Does what is asked, and returns the answer's body.
        status: The answer's status when that is done.
        unavailable: What the client is told, with 503, when an AWS service does not do its part.
        refused: What `read` raises for a request that can never be served; so is a
            MalformedEventError, of `act` too. Its text is told, with 400.
    """

    def handler(request: Request, context: "LambdaContext") -> JsonObject:  # noqa: ARG001
        try:
            event = read(request)
        except (refused, MalformedEventError) as error:
            return _answer(400, {"error": str(error)})
        try:
            with span(event):
                return _answer(status, act(event))
        except MalformedEventError as error:
            return _answer(400, {"error": str(error)})
        except (BotoCoreError, ClientError):
            return _answer(503, {"error": unavailable}, {"Retry-After": str(RETRY_AFTER_SECONDS)})

    return handler


def in_path(request: Request, name: str) -> str:
    """Return a part of a request's path; empty if it is not there."""
    return str((request.get("pathParameters") or {}).get(name, ""))


def path_of(request: Request) -> JsonObject:
    """Return the parts of a request's path, by their names."""
    return dict(request.get("pathParameters") or {})


def headers_of(request: Request) -> Mapping[str, str]:
    """Return a request's headers."""
    return request.get("headers") or {}


def body_of(request: Request) -> str | bytes:
    """Return a request's body; empty if it has none.

    Raises:
        MalformedEventError: It is not the base64 that it is said to be.
    """
    body: str = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedEventError("the body is not the base64 that it is said to be") from error


def object_of(request: Request) -> JsonObject:
    """Return the JSON object that a request's body is.

    Raises:
        MalformedEventError: It is none.
    """
    found = parse_json(body_of(request))
    if not isinstance(found, dict):
        raise MalformedEventError("the body has to be a JSON object")
    return found


def _answer(status: int, body: JsonObject, headers: Mapping[str, str] | None = None) -> JsonObject:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
