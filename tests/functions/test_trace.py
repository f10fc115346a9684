"""The tracing header: whose goes first, and what of it travels."""

import re

import pytest

from pattern_runtime.trace import current_trace, new_trace, read_trace

ROOT = "Root=1-697db680-3f1c9d2a7b4e5f60718293a4"


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


def test_lambda_knows_its_trace_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime's header, with the function as parent, goes before the one that was carried."""
    assert current_trace(ROOT) == ROOT

    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-00000000-000000000000000000000001;Sampled=1")

    assert current_trace(ROOT) == "Root=1-00000000-000000000000000000000001;Sampled=1"
