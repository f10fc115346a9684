"""The gateway's HTTP interface: thin handlers, stateless, each request one call."""

import hmac
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connected_car.gateway import mailbox
from connected_car.gateway_token import gateway_token
from connected_car.messages import (
    COMMAND,
    InvalidRequestError,
    read_command,
    read_report,
    vehicle_source,
)
from pattern_runtime import Event, MalformedEventError, aws, put_record, required, span

STREAM_NAME = required("TELEMETRY_STREAM_NAME")
aws.prepare("kinesis", "dynamodb")

MAX_BODY_BYTES = 64 * 1024


async def health(_: Request) -> Response:
    """Answer the load balancer: this process serves.

    What is behind it is not asked: a task that is replaced when AWS throttles helps nobody.
    """
    return JSONResponse({"status": "ok"})


async def take_report(request: Request) -> Response:
    """Put a car's telemetry or alarm on the stream."""
    vehicle_id: str = request.path_params["vehicle_id"]
    source = vehicle_source(vehicle_id)
    report = read_report(vehicle_id, await request.body())
    event = Event.from_http(request.headers, type=report.type, source=source, data=report.data)

    def put() -> None:
        with span(event):
            put_record(STREAM_NAME, event, vehicle_id)

    await run_in_threadpool(put)
    return JSONResponse({"id": event.id}, 202)


async def take_command(request: Request) -> Response:
    """Leave a command in the car's mailbox, for those who have the token."""
    if not await run_in_threadpool(_has_token, request.headers.get("authorization", "")):
        raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    vehicle_id: str = request.path_params["vehicle_id"]
    source = vehicle_source(vehicle_id)
    data = read_command(vehicle_id, await request.body())
    event = Event.from_http(request.headers, type=COMMAND, source=source, data=data)

    def leave() -> None:
        with span(event) as this:
            if not mailbox.leave(event):
                this.repeated()

    await run_in_threadpool(leave)
    return JSONResponse({"id": event.id}, 202)


async def give_commands(request: Request) -> Response:
    """Give a car the commands that are valid now."""
    vehicle_id: str = request.path_params["vehicle_id"]
    vehicle_source(vehicle_id)
    return JSONResponse({"commands": await run_in_threadpool(mailbox.collect, vehicle_id)})


def _has_token(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    # Takes the same time wherever the texts differ.
    same = hmac.compare_digest(token.strip().encode(), gateway_token().encode())
    return same and scheme.lower() == "bearer"


def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


def _not_now(_: Request, __: Exception) -> Response:
    # The reason is in the span; a car can only come again.
    return JSONResponse({"error": "not now; send it again"}, 503, {"Retry-After": "1"})


def _http_error(_: Request, error: Any) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


app = Starlette(
    routes=[
        Route("/health", health),
        Route("/vehicles/{vehicle_id}/telemetry", take_report, methods=["POST"]),
        Route("/vehicles/{vehicle_id}/commands", take_command, methods=["POST"]),
        Route("/vehicles/{vehicle_id}/commands", give_commands, methods=["GET"]),
    ],
    exception_handlers={
        HTTPException: _http_error,
        InvalidRequestError: _refused,
        MalformedEventError: _refused,
        BotoCoreError: _not_now,
        ClientError: _not_now,
    },
    max_body_size=MAX_BODY_BYTES,
)
