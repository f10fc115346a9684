"""The span: one line for each event on each hop."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from pattern_runtime import Event, span
from tests.functions.conftest import lambda_event

Spans = Callable[[], list[dict[str, Any]]]


def test_a_span_tells_the_journey(spans: Spans) -> None:
    """The line names the hop, the event and its trace, when it was sent and when it was handled."""
    event = Event.from_object(lambda_event("direct", sample="connected_car"))

    with span(event):
        pass

    (line,) = spans()
    assert line == {
        "span": "Hop",
        "id": event.id,
        "type": "vehicle.telemetry",
        "trace": event.trace,
        "segment": line["segment"],
        "sent": event.time.timestamp(),
        "start": line["start"],
        "end": line["end"],
        "status": "ok",
    }
    assert line["sent"] < line["start"] <= line["end"]


def test_spans_make_a_tree(spans: Spans) -> None:
    """What a span sends on names it as its parent, and stays in the trace of its beginning."""
    first = Event.from_object(lambda_event("direct", sample="connected_car"))

    with span(first):
        second = Event.from_json(first.to_json())
    with span(second):
        pass
    with span(second):
        third = Event.from_json(second.to_json())
    with span(third):
        pass

    lines = spans()
    parents = [re.findall("Parent=([0-9a-f]{16})", line["trace"]) for line in lines]
    ids = [line["segment"] for line in lines]
    assert len(set(ids)) == 4
    assert parents[1:] == [[ids[0]], [ids[0]], [ids[2]]]
    assert len({line["trace"][:40] for line in lines}) == 1


def test_a_repeat_is_called_one(spans: Spans) -> None:
    """A hop that had seen the event says so."""
    with span(Event.from_object(lambda_event("direct", sample="connected_car"))) as this:
        this.repeated()

    assert [line["status"] for line in spans()] == ["repeat"]


def test_an_error_is_named_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception makes an error of the span, stays on one short line, and is not swallowed."""
    with (
        pytest.raises(ValueError, match="two"),
        span(Event.from_object(lambda_event("direct", sample="connected_car"))),
    ):
        raise ValueError("two\nlines" + "!" * 5000)

    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert len(text) < 2000
    assert json.loads(text)["status"] == "error"
    assert json.loads(text)["error"].startswith("ValueError: two\nlines")
