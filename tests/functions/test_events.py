"""The envelope: what goes in comes out, and nothing else gets in."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pattern_runtime import Event, MalformedEventError
from pattern_runtime.trace import new_trace
from tests.functions.conftest import lambda_event

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=256)
TIMES = st.datetimes(
    min_value=datetime(1900, 1, 1),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.builds(
    Event,
    id=NAMES,
    source=NAMES,
    type=NAMES,
    time=TIMES,
    data=st.dictionaries(st.text(), JSON, max_size=4),
    trace=st.builds(new_trace),
)


@given(EVENTS)
def test_an_event_survives_the_wire(event: Event) -> None:
    """Any event is equal to itself after a journey as JSON, and is one line of it."""
    text = event.to_json()

    assert Event.from_json(text) == event
    assert Event.from_json(text.encode()) == event
    assert "\n" not in text


@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_fails_clearly_on_any_other_input(text: str | bytes) -> None:
    """Whatever is not an event is refused as such, never with another exception."""
    with pytest.raises(MalformedEventError):
        Event.from_json(text)


@given(st.lists(TIMES, min_size=2, max_size=5))
def test_texts_of_times_sort_as_times(times: list[datetime]) -> None:
    """A store that only compares texts still knows which event is newer."""
    events = [Event.new(type="t", source="s", data={}, time=time) for time in times]

    by_text = sorted(events, key=lambda event: event.time_text)

    assert [event.time for event in by_text] == sorted(times)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": ""}, "the event's id has to be a text of 1 to 256 characters"),
        ({"id": 7}, "the event's id has to be a text of 1 to 256 characters"),
        ({"id": "x" * 257}, "the event's id has to be a text of 1 to 256 characters"),
        ({"id": "a\nb"}, r"the event's id has to be printable ASCII, not 'a\nb'"),
        ({"source": None}, "the event's source has to be a text of 1 to 256 characters"),
        ({"specversion": "0.3"}, "the event's specversion has to be '1.0', not '0.3'"),
        ({"data": [1]}, "the event's data has to be a JSON object, not a list"),
        ({"time": 12}, "not 12"),
        ({"time": "yesterday"}, "not 'yesterday'"),
        ({"time": "2026-01-31T08:00:00"}, "has to be RFC 3339 with a time zone"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "is out of range"),
    ],
)
def test_fails_with_one_sentence_for_each_fault(change: dict[str, Any], sentence: str) -> None:
    """The refusal says which part of the envelope is wrong, and what it may be."""
    with pytest.raises(MalformedEventError) as refusal:
        Event.from_object(lambda_event("direct", sample="connected_car") | change)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize("part", ["specversion", "id", "source", "type", "time", "data"])
def test_fails_on_a_missing_part(part: str) -> None:
    """A part that is not there is named."""
    envelope = lambda_event("direct", sample="connected_car")
    del envelope[part]

    with pytest.raises(MalformedEventError, match=f"the event has no {part}"):
        Event.from_object(envelope)


@pytest.mark.parametrize("text", ["NaN", '{"a": Infinity}', '{"a": 1e999}', "[" * 100_000, b"\xff"])
def test_fails_on_json_that_could_not_be_written_again(text: str | bytes) -> None:
    """What Python's parser takes and JSON does not have is refused at the door."""
    with pytest.raises(MalformedEventError, match="this is not JSON"):
        Event.from_json(text)


@pytest.mark.parametrize("trace", [None, 7, "", "Root=nonsense"])
def test_an_unreadable_trace_costs_no_event(trace: object) -> None:
    """Tracing is an aid: without a readable header the event goes on under a new one."""
    event = Event.from_object(lambda_event("direct", sample="connected_car") | {"trace": trace})

    assert event.trace.startswith("Root=1-")


def test_a_request_gives_the_event_its_id_time_and_trace() -> None:
    """The sender's id and clock travel on, however the headers are spelled."""
    headers = {
        "idempotency-KEY": "order-1",
        "x-sent-AT": "2026-01-31T17:00:00.5+09:00",
        "x-amzn-TRACE-id": "Self=1-697db680-000000000000000000000001;"
        "Root=1-697db680-3f1c9d2a7b4e5f60718293a4",
    }

    event = Event.from_http(headers, type="t", source="/s", data={})

    assert event.id == "order-1"
    assert event.time_text == "2026-01-31T08:00:00.500000Z"
    assert event.trace == "Root=1-697db680-3f1c9d2a7b4e5f60718293a4"


def test_a_request_without_headers_makes_a_new_event() -> None:
    """A sender who says nothing gets a new id and the time of arrival."""
    before = datetime.now(UTC)

    one, other = (Event.from_http({}, type="t", source="/s", data={}) for _ in range(2))

    assert one.id != other.id
    assert one.trace != other.trace
    assert before <= one.time <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Sent-At", "1769846400"),
        ("X-Sent-At", "2099-01-01T00:00:00Z"),
        ("Idempotency-Key", ""),
        ("Idempotency-Key", "caf\u00e9"),
    ],
)
def test_fails_on_a_header_that_cannot_be(name: str, value: str) -> None:
    """A wrong id, a wrong time and a clock that is far ahead are the sender's to mend."""
    with pytest.raises(MalformedEventError):
        Event.from_http({name: value}, type="t", source="/s", data={})


@pytest.mark.parametrize(("value", "key"), [("c-1", "c-1"), (7, "7"), ("Jos\u00e9", "Jos\u00e9")])
def test_a_field_is_a_key_as_it_was_sent(value: object, key: str) -> None:
    """A text as it is, a whole number by its digits."""
    event = Event.new(type="order.placed", source="/orders", data={"customer": value})

    assert event.text("customer") == key
    assert event.text("order", default=event.id) == event.id


@pytest.mark.parametrize("value", [None, "", True, 1.5, [], {}, "a\nb", "\ud800", "x" * 1025])
def test_fails_a_field_that_can_be_no_key(value: object) -> None:
    """In one sentence, which names the field."""
    event = Event.new(type="order.placed", source="/orders", data={"customer": value})

    with pytest.raises(MalformedEventError, match=r"^customer has to "):
        event.text("customer")
