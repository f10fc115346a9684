"""A trace goes on: from a request to the handler, and through queue, topic, bus and workflow.

The emulator starts a new trace in every traced function, whatever header the caller sent, and puts
no header on a message. AWS passes `X-Amzn-Trace-Id` on: an API adds one where it is missing, a
function gets it in `_X_AMZN_TRACE_ID` with itself as parent, and what is sent with it has it as
the message's `AWSTraceHeader`, also by way of a topic, a bus, a bucket's notification or a state
machine (X-Ray developer guide, the pages on each service). A queue's consumer starts a trace of
its own, as on AWS; the header of each message is in its record.
"""

import re
import secrets
import time
from contextvars import ContextVar
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

HEADER = b"x-amzn-trace-id"
_PARENT = re.compile(r"Parent=[0-9a-f]{16}")

_current: ContextVar[str | None] = ContextVar("hinagata_trace_header", default=None)


def in_function(header: str, segment: str) -> str:
    """Return the header that a function gets, which is the parent of what it calls.

    Args:
        header: the caller's.
        segment: of the function, 16 hexadecimal digits.

    Example:
        >>> in_function("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", "53995c3f42cd8ad8")
        'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
    """
    parent = f"Parent={segment}"
    if _PARENT.search(header):
        return _PARENT.sub(parent, header)
    root, _, rest = header.partition(";")
    return ";".join(filter(None, (root, parent, rest)))


def _apply() -> None:
    _take_from_requests()
    _hand_to_functions()
    _put_on_messages()


def _take_from_requests() -> None:
    app = emulator_module("app")
    plain_app = app.app

    async def traced_app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = dict(scope.get("headers", []))
            header = headers.get(HEADER, b"").decode("latin-1")
            host = headers.get(b"host", b"").decode("latin-1")
            if not header and _is_api_call(app, host, scope["path"]):
                header = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
                more = (HEADER, header.encode())
                scope = {**scope, "headers": [*scope["headers"], more]}
            _current.set(header or None)
        await plain_app(scope, receive, send)

    app.app = traced_app


def _is_api_call(app: Any, host: str, path: str) -> bool:
    return "/_user_request_" in path or bool(app._parse_execute_api_url(host, path))


def _hand_to_functions() -> None:
    functions = emulator_module("services.lambda_svc")
    workflows = emulator_module("services.stepfunctions")
    plain_trace = functions._xray_trace_id_for_invocation
    plain_start = workflows._start_execution

    def trace(config: Any, inbound: str | None = None) -> str | None:
        header = inbound or _current.get()
        if header:
            return in_function(header, secrets.token_hex(8))
        found: str | None = plain_trace(config)
        return found

    def start(data: Any) -> Any:
        if not data.get("traceHeader"):
            return plain_start(data)
        token = _current.set(data["traceHeader"])
        try:
            return plain_start(data)
        finally:
            _current.reset(token)

    functions._xray_trace_id_for_invocation = trace
    workflows._start_execution = start


def _put_on_messages() -> None:
    queues = emulator_module("services.sqs")
    plain_attributes = queues._build_send_sys_attrs
    plain_ensure = queues._ensure_msg_fields

    def attributes(now: float, given: Any) -> Any:
        return _with_header(plain_attributes(now, given))

    def ensure(message: Any) -> None:
        # Called for each message that another service made, and again at each receive.
        is_new = "first_receive_at" not in message
        plain_ensure(message)
        if is_new:
            _with_header(message["sys"])

    queues._build_send_sys_attrs = attributes
    queues._ensure_msg_fields = ensure


def _with_header(attributes: Any) -> Any:
    header = _current.get()
    if header:
        attributes.setdefault("AWSTraceHeader", header)
    return attributes


PATCH = Patch(
    name="trace-header",
    promise="the trace header of a request reaches the handler and every message that is sent on, "
    "through queue, topic, bus, bucket and workflow",
    symbols=(
        "ministack.app:app",
        "ministack.app:_parse_execute_api_url",
        "ministack.services.lambda_svc:_xray_trace_id_for_invocation",
        "ministack.services.stepfunctions:_start_execution",
        "ministack.services.sqs:_build_send_sys_attrs",
        "ministack.services.sqs:_ensure_msg_fields",
    ),
    apply=_apply,
)
