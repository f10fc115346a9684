"""What the tests of the handlers share: a fake AWS, their context, their real events."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from pattern_runtime import aws
from tests.fakes.aws import FakeAws
from tests.fakes.http_peer import HttpPeer

FUNCTIONS = Path(__file__).parents[2] / "functions"

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_SECRET_ACCESS_KEY": "test",
}


class FakeContext(LambdaContext):
    """Lambda's context, as far as anybody here looks at it."""

    _aws_request_id = "request-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return what is left of a short timeout."""
        return 3000


@pytest.fixture
def context() -> FakeContext:
    """Return the context of one invocation."""
    return FakeContext()


@pytest.fixture(autouse=True)
def _hop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "Hop")
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    monkeypatch.delenv("IDEMPOTENCY_TABLE_NAME", raising=False)


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """Put a fake behind every client of the code under test."""
    fake = FakeAws()
    monkeypatch.setattr(aws, "client", fake.client)
    return fake


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    """Start somebody to send HTTP requests to."""
    with HttpPeer() as running:
        yield running


@pytest.fixture
def spans(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the spans that were printed since the last call."""

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if "span" in line]

    return read


def lambda_event(name: str, *, sample: str) -> dict[str, Any]:
    """Read a Lambda event, or a request body, that lies beside a sample's handlers."""
    file = FUNCTIONS / sample / "events" / f"{name}.json"
    event: dict[str, Any] = json.loads(file.read_text())
    return event
