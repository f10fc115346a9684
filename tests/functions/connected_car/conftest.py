"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from collections.abc import Iterator
from importlib import import_module
from unittest.mock import patch

import pytest

from tests.fakes.aws import KEYS, FakeAws
from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "COMMANDS_QUEUE_URL": "https://sqs.test/commands",
    "COMMAND_MAILBOX_TABLE_NAME": "mailbox",
    "DEVICE_GATEWAY_URL": "http://gateway.test/",
    "GATEWAY_TOKEN_SECRET_ARN": "arn:secret",
    "RETRIES_QUEUE_URL": "https://sqs.test/retries",
    "TELEMETRY_STREAM_NAME": "telemetry",
    "VEHICLE_EVENTS_TOPIC_ARN": "arn:topic",
    "VEHICLE_STATE_TABLE_NAME": "vehicle-state",
}
KEYS.update(
    {
        "mailbox": ("vehicle_id", "command_id"),
        "vehicle-state": ("vehicle_id",),
    }
)

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in (
        "command_delivery",
        "commands",
        "gateway_token",
        "ingest",
        "partner_feed",
        "gateway.app",
    ):
        import_module(f"connected_car.{handler}")


@pytest.fixture
def fake_aws(fake_aws: FakeAws) -> Iterator[FakeAws]:
    """Give the fake the gateway's secret, which is read once."""
    from connected_car.gateway_token import gateway_token

    fake_aws.secrets["arn:secret"] = "open-sesame"
    gateway_token.cache_clear()
    yield fake_aws
    gateway_token.cache_clear()
