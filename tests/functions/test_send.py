"""Sending: the envelope, and what the service itself needs to know beside it."""

import json
import re
from typing import Any

import pytest

from pattern_runtime import (
    Event,
    NotTakenError,
    aws,
    invoke,
    publish,
    put_event,
    put_record,
    send_to_queue,
)
from tests.fakes.aws import FakeAws
from tests.functions.conftest import lambda_event


@pytest.fixture
def event() -> Event:
    """Return the event that is sent."""
    return Event.from_object(lambda_event("direct", sample="connected_car"))


def test_a_queue_gets_the_event_and_its_trace(fake_aws: FakeAws, event: Event) -> None:
    """The trace goes along as SQS's own attribute, by which X-Ray joins sender and receiver."""
    send_to_queue("https://sqs.test/q", event)

    (message,) = fake_aws.messages["https://sqs.test/q"]
    assert Event.from_json(message["MessageBody"]) == event
    assert message["MessageSystemAttributes"]["AWSTraceHeader"] == {
        "DataType": "String",
        "StringValue": event.trace,
    }


def test_a_topic_gets_the_event_and_its_type(fake_aws: FakeAws, event: Event) -> None:
    """The type is an attribute too, since subscriptions filter by attributes."""
    publish("arn:topic", event)

    (message,) = fake_aws.published["arn:topic"]
    assert Event.from_json(message["Message"]) == event
    assert message["MessageAttributes"]["type"]["StringValue"] == "vehicle.telemetry"


@pytest.mark.parametrize("send", [send_to_queue, publish])
def test_what_keeps_an_order_gets_the_group_and_what_a_repeat_is_known_by(
    fake_aws: FakeAws, event: Event, send: Any
) -> None:
    """Both fit SQS's letters, whatever is in them, and are the same for the same."""
    send("there", event, group="/cars/ü 7")
    send("there", event, group="/cars/ü 7")

    first, again = (fake_aws.messages | fake_aws.published)["there"]
    assert first == again
    assert re.fullmatch(r"[0-9a-f]{64}", first["MessageGroupId"])
    assert re.fullmatch(r"[0-9a-f]{64}", first["MessageDeduplicationId"])


def test_an_invoked_function_gets_the_event_and_is_not_waited_for(
    fake_aws: FakeAws, event: Event
) -> None:
    """The payload is the envelope."""
    invoke("shipping", event)

    (payload,) = fake_aws.invoked["shipping"]
    assert Event.from_json(payload) == event


def test_a_stream_gets_the_event_under_its_key(fake_aws: FakeAws, event: Event) -> None:
    """The key decides which events stay in order."""
    put_record("telemetry", event, "car-7")

    (record,) = fake_aws.records["telemetry"]
    assert Event.from_json(record["Data"]) == event
    assert record["PartitionKey"] == "car-7"


def test_a_bus_gets_what_rules_match_and_what_makes_the_envelope(
    fake_aws: FakeAws, event: Event
) -> None:
    """Type and source are the bus' own fields; id, trace and data are the detail."""
    put_event("orders", event)

    (entry,) = fake_aws.events
    assert entry["EventBusName"] == "orders"
    assert (entry["DetailType"], entry["Source"], entry["Time"]) == (
        event.type,
        event.source,
        event.time,
    )
    assert json.loads(entry["Detail"]) == {
        "id": event.id,
        "trace": event.trace,
        "data": event.data,
    }
    assert entry["TraceHeader"] == event.trace


def test_an_event_that_the_bus_did_not_take_is_an_error(fake_aws: FakeAws, event: Event) -> None:
    """The bus answers 200 and tells of each entry what became of it."""
    fake_aws.throttle("put_events")

    with pytest.raises(NotTakenError, match="ThrottlingException"):
        put_event("orders", event)


def test_a_client_is_made_once_with_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a process share a client that gives up in seconds, not in the SDK's minutes."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")

    client = aws.client("sqs")

    config: Any = client.meta.config
    assert aws.client("sqs") is client
    assert config.connect_timeout <= 5
    assert config.read_timeout <= 5
    assert config.retries["total_max_attempts"] <= 3
