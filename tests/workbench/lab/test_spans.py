"""Spans among the other lines of a log."""

import json

import pytest

from hinagata.lab.spans import Span, Status, read_spans

LINE = {"span": "Ingest", "id": "a", "type": "t", "start": 1.5, "end": 2, "status": "ok"}


def test_a_line_is_a_span() -> None:
    """Every field that the accounting needs is read, what else is there is not."""
    assert read_spans(json.dumps(LINE)) == [
        Span(hop="Ingest", id="a", start=1.5, end=2.0, status=Status.OK, type="t")
    ]


def test_an_error_tells_what_it_was() -> None:
    """The exception's name and message are kept."""
    (span,) = read_spans(json.dumps({**LINE, "status": "error", "error": "KeyError: x"}))

    assert (span.status, span.error, span.handled) == (Status.ERROR, "KeyError: x", False)


def test_a_span_tells_its_place_in_the_trace() -> None:
    """The root and the parent of the header that the event came with, and its own id."""
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    (span,) = read_spans(json.dumps({**LINE, "trace": header, "segment": "ab12"}))

    assert (span.trace, span.parent, span.segment) == (
        "1-5759e988-bd862e3fe1be46a994272793",
        "53995c3f42cd8ad8",
        "ab12",
    )


@pytest.mark.parametrize("trace", ["", "nonsense", None, 7])
def test_a_span_without_a_trace_is_a_span(trace: object) -> None:
    """Only who follows traces has no use for it."""
    (span,) = read_spans(json.dumps({**LINE, "trace": trace}))

    assert (span.trace, span.parent, span.segment) == ("", "", "")


def test_several_lines_of_one_log_event_are_read() -> None:
    """A log event may hold several lines, of which some are spans."""
    text = f"START RequestId: 1\n{json.dumps(LINE)}\n{json.dumps(LINE)}\nEND RequestId: 1\n"

    assert len(read_spans(text)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "",
        'INFO the "span" is not JSON',
        '["span"]',
        '"span"',
        json.dumps({**LINE, "status": "fine"}),
        json.dumps({**LINE, "end": "soon"}),
        json.dumps({**LINE, "end": None}),
        json.dumps({name: value for name, value in LINE.items() if name != "id"}),
    ],
)
def test_any_other_line_is_passed_over(line: str) -> None:
    """A log may hold anything; what is no span is nobody's error."""
    assert read_spans(line) == []
