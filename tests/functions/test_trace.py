"""The tracing header: whose goes first, and what of it travels."""

import re

import pytest

from pattern_runtime.trace import (
    current_span,
    current_trace,
    new_span,
    new_trace,
    onward_trace,
    read_trace,
)

ROOT = "Root=1-697db680-3f1c9d2a7b4e5f60718293a4"
OTHER = "Root=1-00000000-000000000000000000000001"
PARENT = "53995c3f42cd8ad8"


def test_a_new_trace_is_valid_and_its_own() -> None:
    """X-Ray takes the header, and no two are the same."""
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=1", new_trace())
    assert read_trace(new_trace()) is not None
    assert new_trace() != new_trace()


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (ROOT, ROOT),
        (f"Self=1-697db680-000000000000000000000001;{ROOT}", ROOT),
        (f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0", f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0"),
        (f"Sampled=1; {ROOT}", f"{ROOT};Sampled=1"),
        (f"{ROOT};Parent=nobody", ROOT),
        (f"{ROOT};Lineage=1:a87bd80c:0", f"{ROOT};Lineage=1:a87bd80c:0"),
        ("Parent=53995c3f42cd8ad8", None),
        ("Root=1-2-3", None),
        ("=;;==", None),
        ("", None),
        (None, None),
    ],
)
def test_a_header_keeps_what_travels(header: str | None, kept: str | None) -> None:
    """Fields that X-Ray passes on stay, a load balancer's own go, and no root means no trace."""
    assert read_trace(header) == kept


def test_a_message_keeps_its_trace_in_a_function_with_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Behind a queue Lambda starts a trace of its own; only its lineage goes on."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{OTHER};Parent={PARENT};Lineage=1:a87bd80c:0")

    assert current_trace(ROOT) == f"{ROOT};Lineage=1:a87bd80c:0"


def test_lambda_knows_best_where_it_is_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind an API its header has the function as parent."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{ROOT};Parent={PARENT};Sampled=1")

    assert current_trace(ROOT) == f"{ROOT};Parent={PARENT};Sampled=1"


def test_lambdas_trace_is_that_of_what_starts_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing carried, nothing to go on with."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", OTHER)

    assert current_trace() == current_trace("nonsense") == OTHER


def test_a_trace_starts_where_there_is_none() -> None:
    """Outside of Lambda, and with nothing carried."""
    assert read_trace(current_trace()) is not None


def test_what_is_sent_on_has_the_span_as_its_parent() -> None:
    """Whatever its parent was before; outside of a span it stays as it is."""
    token = current_span.set(new_span())
    try:
        assert onward_trace(f"{ROOT};Parent={PARENT}") == f"{ROOT};Parent={current_span.get()}"
    finally:
        current_span.reset(token)
    assert onward_trace(f"{ROOT};Parent={PARENT}") == f"{ROOT};Parent={PARENT}"
