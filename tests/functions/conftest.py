"""What the tests of the handlers share: their environment, a fake AWS, their real events."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.fakes.aws import FakeAws
from tests.fakes.http_peer import HttpPeer

FUNCTIONS = Path(__file__).parents[2] / "functions"

ENVIRONMENT = {
    "ALBUM_BUCKET_NAME": "album",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_SECRET_ACCESS_KEY": "test",
    "CHARGES_TABLE_NAME": "charges",
    "COMMANDS_QUEUE_URL": "https://sqs.test/commands",
    "COMMAND_MAILBOX_TABLE_NAME": "mailbox",
    "CURRENT_TABLE_NAME": "current",
    "DEVELOPMENT_STATE_MACHINE_ARN": "arn:aws:states:::stateMachine:development",
    "DEVICE_GATEWAY_URL": "http://gateway.test/",
    "ENTRIES_TABLE_NAME": "entries",
    "GATEWAY_TOKEN_SECRET_ARN": "arn:secret",
    "INVOICES_TABLE_NAME": "invoices",
    "JOBS_QUEUE_URL": "https://sqs.test/jobs",
    "MESSAGES_TABLE_NAME": "messages",
    "ORDERS_QUEUE_URL": "https://sqs.test/orders",
    "ORDER_BOOK_TABLE_NAME": "order-book",
    "PAYMENT_BREAKER_RULES": (
        '{"failure_percent": 50, "minimum_calls": 4, "window_seconds": 30, "hold_seconds": 0,'
        ' "patience_seconds": 1, "drain_rate": 10}'
    ),
    "PAYMENT_BREAKER_STATE_MACHINE_ARN": "arn:aws:states:::stateMachine:payment-breaker",
    "PAYMENT_BREAKER_TABLE_NAME": "payment-breaker",
    "PAYMENT_PROVIDER_FUNCTION_NAME": "provider",
    "PHONES_APPLICATION_ARN": "arn:aws:sns:ap-northeast-1:123456789012:app/GCM/phones",
    "PHONES_TABLE_NAME": "tokens",
    "PHOTOS_TAKEN_TOPIC_ARN": "arn:photos",
    "POINTS_TABLE_NAME": "points",
    "REGISTER_TABLE_NAME": "register",
    "RETRIES_QUEUE_URL": "https://sqs.test/retries",
    "TELEMETRY_STREAM_NAME": "telemetry",
    "VEHICLE_EVENTS_TOPIC_ARN": "arn:topic",
    "VEHICLE_STATE_TABLE_NAME": "vehicle-state",
}

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    from connected_car import (
        command_delivery,
        commands,
        gateway_token,
        ingest,
        partner_feed,
    )
    from connected_car.gateway import app
    from hvac_platform import ingest as hvac_ingest
    from hvac_platform import screen as hvac_screen
    from order_events import billing, loyalty, notifications
    from pattern_runtime import aws
    from push_jobs import relay, sender
    from resilient_orders import intake, payment, provider

__all__ = [
    "app",
    "billing",
    "command_delivery",
    "commands",
    "hvac_ingest",
    "hvac_screen",
    "ingest",
    "intake",
    "loyalty",
    "notifications",
    "partner_feed",
    "payment",
    "provider",
    "relay",
    "sender",
]


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
    for name in ("reservations", "shipments"):
        monkeypatch.setenv(f"{name.upper()}_TABLE_NAME", name)


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """Put a fake behind every client of the code under test."""
    fake = FakeAws()
    fake.secrets["arn:secret"] = "open-sesame"
    monkeypatch.setattr(aws, "client", fake.client)
    gateway_token.gateway_token.cache_clear()
    yield fake
    gateway_token.gateway_token.cache_clear()


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


def lambda_event(name: str, *, sample: str = "connected_car") -> dict[str, Any]:
    """Read a Lambda event, or a request body, that the sample's documentation shows."""
    file = FUNCTIONS / sample / "events" / f"{name}.json"
    event: dict[str, Any] = json.loads(file.read_text())
    return event
