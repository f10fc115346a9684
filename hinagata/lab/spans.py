"""Spans: the line that a hop writes about each event it handles."""

import json
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a hop ended with an event; `REPEAT` if it had processed it before and did nothing."""

    OK = "ok"
    REPEAT = "repeat"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Span:
    """One hop's work on one event; times are seconds since the epoch.

    Attributes:
        hop: the construct id of the hop.
        id: the event's id.
        start: when the work began.
        end: when it ended.
        status: how it ended.
        error: the name of the exception and its message; empty unless the status is `ERROR`.
        trace: the root of the trace that the event came with; empty if the line does not tell.
        parent: the segment that sent the event on; empty if none is known.
        segment: the id of this work; empty if the line does not tell.
        type: the event's type; empty if the line does not tell.
    """

    hop: str
    id: str
    start: float
    end: float
    status: Status
    error: str = ""
    trace: str = ""
    parent: str = ""
    segment: str = ""
    type: str = ""

    @property
    def handled(self) -> bool:
        """Whether the hop is done with the event: by this work or by an earlier one."""
        return self.status is not Status.ERROR


def read_spans(text: str) -> list[Span]:
    """Return the spans in a log event, which may have several lines, or none that is a span."""
    return [span for line in text.splitlines() if (span := _read_span(line)) is not None]


def _read_span(line: str) -> Span | None:
    # Most lines of a log are no spans; this test spares them the parser.
    if '"span"' not in line:
        return None
    try:
        fields = json.loads(line)
        trace = trace_fields(fields.get("trace"))
        return Span(
            hop=str(fields["span"]),
            id=str(fields["id"]),
            start=float(fields["start"]),
            end=float(fields["end"]),
            status=Status(fields["status"]),
            error=str(fields.get("error", "")),
            trace=trace.get("Root", ""),
            parent=trace.get("Parent", ""),
            segment=str(fields.get("segment", "")),
            type=str(fields.get("type", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def trace_fields(header: object) -> dict[str, str]:
    """Return the fields of an X-Ray header, `Root=...;Parent=...;Sampled=1`."""
    parts = header.split(";") if isinstance(header, str) else ()
    return {name: value for name, _, value in (part.partition("=") for part in parts)}
