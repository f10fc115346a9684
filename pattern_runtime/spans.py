"""One line of JSON for each event that a hop handles: what makes a run of the whole visible."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pattern_runtime.events import Event
from pattern_runtime.trace import current_span, new_span

SERVICE_VARIABLE = "POWERTOOLS_SERVICE_NAME"
# Enough to know the error; the whole of it, with its traceback, is the log's business.
_MAX_ERROR = 1000


def service_name() -> str:
    """Return the name of the hop that this code is; Powertools' word for one that has none."""
    return os.environ.get(SERVICE_VARIABLE) or "service_undefined"


@dataclass(slots=True)
class Span:
    """What is known of one event on one hop while it is handled."""

    status: str = "ok"

    def repeated(self) -> None:
        """Say that this hop had handled the event before and did nothing."""
        self.status = "repeat"


@contextmanager
def span(event: Event) -> Iterator[Span]:
    """Print one line about the event when the block ends; an exception makes it an error.

    What the block sends on carries this span's id as its parent: so the lines of all hops make a
    tree.

    Args:
        event: The event that is handled in the block.
    """
    this = Span()
    segment = new_span()
    outer = current_span.set(segment)
    start = time.time()
    error: BaseException | None = None
    try:
        yield this
    except BaseException as raised:
        error = raised
        raise
    finally:
        current_span.reset(outer)
        _print_line(
            event_id=event.id,
            event_type=event.type,
            trace=event.trace,
            segment=segment,
            sent=event.time.timestamp(),
            start=start,
            status=this.status,
            error=error,
        )


def print_malformed(message_id: str, error: Exception) -> None:
    """Print the line about a message that could not be read as an event.

    Args:
        message_id: The queue's or the stream's name for the message, in place of the event's id.
        error: What is wrong with it.
    """
    now = time.time()
    _print_line(
        event_id=message_id,
        event_type="malformed",
        trace="",
        segment=new_span(),
        sent=now,
        start=now,
        status="error",
        error=error,
    )


def _print_line(
    *,
    event_id: str,
    event_type: str,
    trace: str,
    segment: str,
    sent: float,
    start: float,
    status: str,
    error: BaseException | None,
) -> None:
    line = {
        "span": service_name(),
        "id": event_id,
        "type": event_type,
        "trace": trace,
        "segment": segment,
        "sent": sent,
        "start": start,
        "end": time.time(),
        "status": status,
    }
    if error is not None:
        line |= {"status": "error", "error": f"{type(error).__name__}: {error}"[:_MAX_ERROR]}
    # One write, so that lines of several threads do not run into each other.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
