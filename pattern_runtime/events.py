"""The envelope: one message on any hop is one JSON object in the words of CloudEvents 1.0."""

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pattern_runtime.trace import HTTP_HEADER, current_trace, new_trace, onward_trace, read_trace

JsonObject = dict[str, Any]

SPEC_VERSION = "1.0"
ID_HEADER = "Idempotency-Key"
TIME_HEADER = "X-Sent-At"
_MAX_NAME = 256
# Of a sort key of DynamoDB, in bytes, the shortest of what takes a key
# (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
_MAX_KEY_BYTES = 1024
# Clocks differ a little; beyond that, an event from the future would stay the newest for too long.
_MAX_AHEAD = timedelta(minutes=5)


class MalformedEventError(ValueError):
    """A message or a request that is not an event, with the one thing that is wrong with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened, with the sender's id and clock, unchanged on every hop.

    Attributes:
        id: Names the event together with `source`; a repeat carries the same one.
        source: Where it happened, such as `/vehicles/car-7`.
        type: What happened, such as `vehicle.telemetry`.
        time: When the sender says it happened; kept in UTC.
        trace: The X-Ray header that it came with: its root is the same on every hop, its parent
            the span that sent it on.
        data: What the sender has to say about it.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: JsonObject
    trace: str = field(default_factory=new_trace)

    def __post_init__(self) -> None:
        """Refuse what could not travel: through a header, a queue and JSON, and back."""
        for name in ("id", "source", "type"):
            _check_name(name, getattr(self, name))
        if not isinstance(self.time, datetime) or self.time.tzinfo is None:
            raise MalformedEventError(f"the event's time needs a time zone, not {self.time!r}")
        try:
            object.__setattr__(self, "time", self.time.astimezone(UTC))
        except OverflowError as error:
            raise MalformedEventError(f"the event's time {self.time} is out of range") from error
        if not isinstance(self.data, dict):
            raise MalformedEventError(
                f"the event's data has to be a JSON object, not {_kind(self.data)}"
            )
        # A trace is an aid: an unreadable one is replaced, it never costs the event.
        object.__setattr__(self, "trace", read_trace(self.trace) or new_trace())

    @classmethod
    def new(
        cls,
        *,
        type: str,
        source: str,
        data: JsonObject,
        id: str | None = None,
        time: datetime | None = None,
        trace: str | None = None,
    ) -> Self:
        """Make an event.

        Args:
            type: What happened.
            source: Where.
            data: The rest.
            id: A new UUID if None.
            time: Now if None.
            trace: The trace that this code runs in if None; a new one outside of Lambda.
        """
        return cls(
            id=str(uuid.uuid4()) if id is None else id,
            source=source,
            type=type,
            time=datetime.now(UTC) if time is None else time,
            data=data,
            trace=current_trace() if trace is None else trace,
        )

    @classmethod
    def from_http(
        cls,
        headers: Mapping[str, str],
        *,
        type: str,
        source: str,
        data: JsonObject,
    ) -> Self:
        """Make the event that a request reports, with the sender's id and clock.

        Args:
            headers: The request's; case does not matter. `Idempotency-Key` becomes the id and
                `X-Sent-At` (RFC 3339) the time, so a repeated request is a repeated event.
            type: What happened.
            source: Where.
            data: The rest.

        Raises:
            MalformedEventError: A header holds what an id or a time cannot be.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        sent_at = sent.get(TIME_HEADER.lower())
        event = cls.new(
            type=type,
            source=source,
            data=data,
            id=sent.get(ID_HEADER.lower()),
            time=None if sent_at is None else _read_time(f"header {TIME_HEADER}", sent_at),
            trace=current_trace(sent.get(HTTP_HEADER.lower())),
        )
        if event.time > datetime.now(UTC) + _MAX_AHEAD:
            raise MalformedEventError(
                f"header {TIME_HEADER} is in the future: {sent_at}; set the sender's clock"
            )
        return event

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read the event that `to_json` wrote, or that any CloudEvents sender did.

        Raises:
            MalformedEventError: The text is not one.
        """
        return cls.from_object(parse_json(text))

    @classmethod
    def from_object(cls, envelope: object) -> Self:
        """Read an event from parsed JSON.

        EventBridge's own envelope is one too: its rules deliver ours, but its dead letters, and
        rules that say nothing of it, hold that.

        Raises:
            MalformedEventError: It is not one.
        """
        if not isinstance(envelope, dict):
            raise MalformedEventError(f"an event is a JSON object, not {_kind(envelope)}")
        if "detail-type" in envelope:
            envelope = _of_bus(envelope)
        missing = [
            name
            for name in ("specversion", "id", "source", "type", "time", "data")
            if name not in envelope
        ]
        if missing:
            raise MalformedEventError(f"the event has no {', '.join(missing)}")
        if envelope["specversion"] != SPEC_VERSION:
            raise MalformedEventError(
                f"the event's specversion has to be {SPEC_VERSION!r}, "
                f"not {envelope['specversion']!r}"
            )
        trace = envelope.get("trace")
        return cls(
            id=envelope["id"],
            source=envelope["source"],
            type=envelope["type"],
            time=_read_time("the event's time", envelope["time"]),
            data=envelope["data"],
            trace=trace if isinstance(trace, str) else "",
        )

    def to_json(self) -> str:
        """Write the envelope as one line of JSON; its trace's parent is the span around this."""
        return _write_json(
            {
                "specversion": SPEC_VERSION,
                "id": self.id,
                "source": self.source,
                "type": self.type,
                "time": self.time_text,
                "trace": onward_trace(self.trace),
                "data": self.data,
            }
        )

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field of the data, as a text that can be a key: of an item, a group, a device.

        Args:
            name: The field's. A whole number becomes its digits.
            default: What to return if there is no such field. None: there has to be one.

        Raises:
            MalformedEventError: There is no such field, or it is nothing that can be a key.
        """
        value = self.data.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise MalformedEventError(f"{name} has to be a text or a whole number, not {value!r}")
        if len(value.encode()) > _MAX_KEY_BYTES:
            raise MalformedEventError(f"{name} has to have at most {_MAX_KEY_BYTES} bytes")
        return value

    @property
    def data_text(self) -> str:
        """The data as one line of JSON."""
        return _write_json(self.data)

    @property
    def time_text(self) -> str:
        """The time as RFC 3339 in UTC, with microseconds so that texts sort as times do."""
        return self.time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _of_bus(envelope: JsonObject) -> JsonObject:
    """Return the envelope of what `put_event` put on a bus, or anybody else."""
    detail = envelope.get("detail")
    inner: JsonObject = {"id": envelope.get("id"), "data": detail}
    if isinstance(detail, dict) and {"id", "data"} <= detail.keys():
        inner = detail
    return {
        "specversion": SPEC_VERSION,
        "source": envelope.get("source"),
        "type": envelope["detail-type"],
        "time": envelope.get("time"),
        **inner,
    }


def _write_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def parse_json(text: str | bytes) -> object:
    """Parse JSON that can be written again: no NaN, no number beyond a double.

    Raises:
        MalformedEventError: The text is not such JSON.
    """
    try:
        value: object = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise MalformedEventError(f"this is not JSON: {reason}") from error
    return value


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _check_name(name: str, value: object) -> None:
    # Ids and sources travel in HTTP headers and as keys, hence printable ASCII of bounded length.
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_NAME:
        raise MalformedEventError(
            f"the event's {name} has to be a text of 1 to {_MAX_NAME} characters"
        )
    if not (value.isascii() and value.isprintable()):
        raise MalformedEventError(f"the event's {name} has to be printable ASCII, not {value!r}")


def _read_time(what: str, value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise MalformedEventError(
            f"{what} has to be RFC 3339 with a time zone, "
            f"such as 2026-01-31T08:00:00.000000Z, not {value!r}"
        )
    return time


def _kind(value: object) -> str:
    names = {str: "a text", list: "a list", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
