"""The X-Ray tracing header: where it is read from, and how one starts.

Format: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import os
import re
import secrets
import time
from contextvars import ContextVar

HTTP_HEADER = "X-Amzn-Trace-Id"
LAMBDA_VARIABLE = "_X_AMZN_TRACE_ID"

_VALID = {
    "Root": re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}"),
    "Parent": re.compile(r"[0-9a-f]{16}"),
    "Sampled": re.compile(r"[01?]"),
    # Lambda's detection of recursive loops counts the hops in this field, so it has to travel on.
    "Lineage": re.compile(r"[0-9a-z:|;-]{1,128}"),
}


def new_trace() -> str:
    """Start a trace: a header with a fresh root, sampled."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=1"


def read_trace(header: str | None) -> str | None:
    """Return the header with the fields that X-Ray passes on, or None if it has no valid root.

    Args:
        header: A tracing header; a load balancer adds fields of its own, such as `Self`.
    """
    fields = _fields(header)
    return _header(fields) if "Root" in fields else None


def current_trace(carried: str | None = None) -> str:
    """Return the trace that this code runs in.

    The trace of a message goes on whoever handles it: Lambda's own header, which has the function
    as parent, stands for it only if it is of the same root. (It is behind an API; behind a queue
    or a stream Lambda starts a trace of its own for each batch.) Lambda's lineage always goes on.

    Args:
        carried: The header that came with the request or the event. With none it is Lambda's, and
            outside of Lambda a trace starts.
    """
    own, fields = _fields(os.environ.get(LAMBDA_VARIABLE)), _fields(carried)
    if "Root" not in fields:
        return _header(own) if "Root" in own else new_trace()
    if own.get("Root") == fields["Root"]:
        return _header(own)
    return _header(fields | {name: own[name] for name in ("Lineage",) if name in own})


# The id of the span that this code runs in; empty outside of one.
current_span: ContextVar[str] = ContextVar("pattern_runtime_span", default="")


def new_span() -> str:
    """Return an id for a piece of work, as X-Ray has them for segments."""
    return secrets.token_hex(8)


def onward_trace(carried: str) -> str:
    """Return the header that goes with what this code sends on: the span that it runs in is parent.

    Args:
        carried: The event's header.
    """
    span = current_span.get()
    fields = _fields(current_trace(carried))
    return _header(fields | {"Parent": span} if span else fields)


def _fields(header: str | None) -> dict[str, str]:
    """Return the fields that travel, as far as they are valid."""
    parts = dict(part.strip().split("=", 1) for part in (header or "").split(";") if "=" in part)
    return {
        name: parts[name]
        for name, valid in _VALID.items()
        if name in parts and valid.fullmatch(parts[name])
    }


def _header(fields: dict[str, str]) -> str:
    return ";".join(f"{name}={fields[name]}" for name in _VALID if name in fields)
