"""The X-Ray tracing header: where it is read from, and how one starts.

Format: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import os
import re
import secrets
import time

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
    fields = dict(part.strip().split("=", 1) for part in (header or "").split(";") if "=" in part)
    kept = [
        f"{name}={fields[name]}"
        for name, valid in _VALID.items()
        if name in fields and valid.fullmatch(fields[name])
    ]
    return ";".join(kept) if kept and kept[0].startswith("Root=") else None


def current_trace(carried: str | None = None) -> str:
    """Return the trace that this code runs in.

    Args:
        carried: The header that came with the request or the event. On Lambda the runtime's own
            header, which has the function as parent, goes before it. With neither, a trace starts.
    """
    return read_trace(os.environ.get(LAMBDA_VARIABLE)) or read_trace(carried) or new_trace()
