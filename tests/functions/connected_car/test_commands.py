"""A command's way: from the operator's request to the gateway that the car calls."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from connected_car import command_delivery, commands
from pattern_runtime import Event
from tests.fakes.aws import FakeAws
from tests.fakes.http_peer import HttpPeer
from tests.functions.conftest import FakeContext, lambda_event

Spans = Callable[[], list[dict[str, Any]]]
QUEUE = "https://sqs.test/commands"


def ask(request: dict[str, Any]) -> Any:
    """Send CommandApi a request."""
    return commands.handler(request, FakeContext())


@pytest.mark.parametrize("kind", ["api_gateway_rest", "api_gateway_http"])
def test_a_command_is_taken_from_both_kinds_of_api(
    kind: str, fake_aws: FakeAws, spans: Spans
) -> None:
    """The operator is answered with the id that the command keeps on its whole way."""
    answer = ask(lambda_event(kind, sample="connected_car"))

    (message,) = fake_aws.messages[QUEUE]
    event = Event.from_json(message["MessageBody"])
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"id": event.id}
    assert event.id == "6f0c1d5e-3c7b-4a52-9f0e-0b1d7d1f2a03"
    assert event.time_text == "2026-01-31T08:00:00.000000Z"
    assert (event.type, event.source) == ("vehicle.command", "/vehicles/car-7")
    assert event.data == {"vehicle_id": "car-7", "command": "lock"}
    assert [(line["span"], line["id"], line["status"]) for line in spans()] == [
        ("Hop", event.id, "ok")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"body": None},
        {"body": "lock"},
        {"body": '{"command": "explode"}'},
        {"body": "!", "isBase64Encoded": True},
        {"pathParameters": None},
        {"pathParameters": {"vehicle_id": "../x"}},
        {"headers": {"X-Sent-At": "now"}},
        {"headers": {"Idempotency-Key": ""}},
    ],
)
def test_fails_a_wrong_request_with_400(change: dict[str, Any], fake_aws: FakeAws) -> None:
    """The operator is told what to mend, and nothing is sent."""
    answer = ask(lambda_event("api_gateway_rest", sample="connected_car") | change)

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"]
    assert not fake_aws.messages


def test_a_request_without_headers_is_taken(fake_aws: FakeAws) -> None:
    """Id and time are the operator's to give, not to owe."""
    answer = ask(lambda_event("api_gateway_rest", sample="connected_car") | {"headers": None})

    assert answer["statusCode"] == 202
    assert len(fake_aws.messages[QUEUE]) == 1


def test_fails_with_503_while_the_queue_does(fake_aws: FakeAws, spans: Spans) -> None:
    """An operator whose command was not taken is asked to send it again."""
    fake_aws.throttle("send_message")

    answer = ask(lambda_event("api_gateway_rest", sample="connected_car"))

    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "1"
    assert [line["status"] for line in spans()] == ["error"]


@pytest.fixture
def gateway(peer: HttpPeer, monkeypatch: pytest.MonkeyPatch) -> HttpPeer:
    """Return the device gateway, as seen from CommandDelivery."""
    monkeypatch.setattr(command_delivery, "GATEWAY_URL", peer.url)
    return peer


@pytest.mark.usefixtures("fake_aws")
def test_a_command_is_brought_to_the_gateway(gateway: HttpPeer, context: FakeContext) -> None:
    """The gateway gets the command with the token, and with the event's own id, time and trace."""
    answer = command_delivery.handler(lambda_event("sqs_command", sample="connected_car"), context)

    assert answer == {"batchItemFailures": []}
    (request,) = gateway.received
    assert request.path == "/vehicles/car-7/commands"
    assert json.loads(request.body) == lambda_event("command", sample="connected_car")
    assert request.headers["Authorization"] == "Bearer open-sesame"
    assert request.headers["Idempotency-Key"] == "6f0c1d5e-3c7b-4a52-9f0e-0b1d7d1f2a03"
    assert request.headers["X-Sent-At"] == "2026-01-31T08:00:00.000000Z"
    assert request.headers["X-Amzn-Trace-Id"].startswith("Root=1-697db680-")


@pytest.mark.parametrize("status", [301, 400, 401, 503])
def test_fails_a_delivery_that_was_not_taken(
    status: int, gateway: HttpPeer, fake_aws: FakeAws, context: FakeContext, spans: Spans
) -> None:
    """Any answer but a yes brings the command again; the token is read once and never shown."""
    gateway.status = status
    gateway.headers["Location"] = f"{gateway.url}/elsewhere"
    batch = lambda_event("sqs_command", sample="connected_car")

    answers = [command_delivery.handler(batch, context) for _ in range(2)]

    failure = {"itemIdentifier": batch["Records"][0]["messageId"]}
    assert answers == [{"batchItemFailures": [failure]}] * 2
    lines = spans()
    assert lines[0]["error"] == f"CommandNotDeliveredError: the gateway answered {status}"
    assert "open-sesame" not in json.dumps(lines)
    assert fake_aws.secret_reads == 1
    assert [request.path for request in gateway.received] == ["/vehicles/car-7/commands"] * 2
