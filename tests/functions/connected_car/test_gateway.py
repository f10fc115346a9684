"""The device gateway, in process: what cars and CommandDelivery are answered."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connected_car.gateway.app import app
from pattern_runtime import Event
from tests.fakes.aws import FakeAws
from tests.fakes.caller import Caller
from tests.functions.conftest import lambda_event

Spans = Callable[[], list[dict[str, Any]]]
TOKEN = {"Authorization": "Bearer open-sesame"}


@pytest.fixture
def car(fake_aws: FakeAws) -> Caller:
    """Return somebody who calls a gateway whose AWS is a fake."""
    return Caller(app)


def test_the_gateway_is_healthy_by_itself(car: Caller, fake_aws: FakeAws) -> None:
    """A throttled AWS is no reason to replace the container."""
    fake_aws.throttle("put_record")

    assert car.get("/health").status_code == 200


@pytest.mark.parametrize("kind", ["telemetry", "alarm"])
def test_a_report_goes_to_the_stream(
    kind: str, car: Caller, fake_aws: FakeAws, spans: Spans
) -> None:
    """A car is answered as soon as the stream has its event, which keeps the car's id and clock."""
    sent_at = "2026-01-31T08:00:00.000000Z"
    headers = {"Idempotency-Key": "report-1", "X-Sent-At": sent_at}

    answer = car.post(
        "/vehicles/car-7/telemetry",
        json=lambda_event(kind, sample="connected_car"),
        headers=headers,
    )

    assert (answer.status_code, answer.json()) == (202, {"id": "report-1"})
    (record,) = fake_aws.records["telemetry"]
    event = Event.from_json(record["Data"])
    assert record["PartitionKey"] == "car-7"
    assert (event.type, event.source) == (f"vehicle.{kind}", "/vehicles/car-7")
    assert (event.id, event.time_text) == ("report-1", sent_at)
    assert [(line["span"], line["id"], line["status"]) for line in spans()] == [
        ("Hop", "report-1", "ok")
    ]


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/vehicles/car-7/telemetry", b"", {}),
        ("/vehicles/car-7/telemetry", b"[1]", {}),
        ("/vehicles/car-7/telemetry", b"[" * 60_000, {}),
        ("/vehicles/car-7/telemetry", b'{"kind": "gossip"}', {}),
        ("/vehicles/car%207/telemetry", b"{}", {}),
        ("/vehicles/car-7/telemetry", None, {"X-Sent-At": "now"}),
        ("/vehicles/car-7/telemetry", None, {"X-Sent-At": "2099-01-01T00:00:00Z"}),
        ("/vehicles/car-7/telemetry", None, {"Idempotency-Key": ""}),
        ("/vehicles/car-7/commands", b"", TOKEN),
        ("/vehicles/car-7/commands", b'{"command": "explode"}', TOKEN),
    ],
)
def test_fails_a_wrong_request_with_400(
    path: str, body: bytes | None, headers: dict[str, str], car: Caller, fake_aws: FakeAws
) -> None:
    """The sender is told in one sentence what to mend, and nothing goes on."""
    content = (
        json.dumps(lambda_event("telemetry", sample="connected_car")).encode()
        if body is None
        else body
    )

    answer = car.post(path, content=content, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert not fake_aws.records
    assert not fake_aws.tables


@pytest.mark.parametrize("declared", [True, False])
def test_fails_a_large_body_with_413(declared: bool, car: Caller) -> None:
    """64 KiB is the limit, whether the length is declared or found out on the way."""
    body = b"x" * (64 * 1024 + 1)

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    answer = car.post("/vehicles/car-7/telemetry", content=body if declared else chunks())

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("DELETE", "/vehicles/car-7/commands", 405), ("POST", "/health", 405)],
)
def test_fails_an_unknown_request_in_json(method: str, path: str, status: int, car: Caller) -> None:
    """Even who asks for nothing that exists is answered in the gateway's language."""
    answer = car.request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize("operation", ["put_record", "put_item", "query", "get_secret_value"])
def test_fails_with_503_while_aws_does(operation: str, car: Caller, fake_aws: FakeAws) -> None:
    """A car that could not be served is asked to come again."""
    fake_aws.throttle(operation)
    answers = [
        car.post(
            "/vehicles/car-7/telemetry", json=lambda_event("telemetry", sample="connected_car")
        ),
        car.post(
            "/vehicles/car-7/commands",
            json=lambda_event("command", sample="connected_car"),
            headers=TOKEN,
        ),
        car.get("/vehicles/car-7/commands"),
    ]

    (answer,) = [answer for answer in answers if answer.is_error]
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    "authorization",
    ["", "open-sesame", "Basic open-sesame", "Bearer", "Bearer open", "Bearer open-sesame2"],
)
def test_fails_a_command_without_the_token(
    authorization: str, car: Caller, fake_aws: FakeAws
) -> None:
    """Who cannot show the token is answered 401 before the body is looked at."""
    answer = car.post(
        "/vehicles/car-7/commands", content=b"{", headers={"Authorization": authorization}
    )

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert not fake_aws.tables


def test_a_command_waits_for_its_car(car: Caller, fake_aws: FakeAws, spans: Spans) -> None:
    """A command is there for its own car, once however often it is delivered, oldest first."""
    now = datetime.now(UTC)
    for minutes, key in [(1, "b"), (2, "a"), (1, "b")]:
        answer = car.post(
            "/vehicles/car-7/commands",
            json=lambda_event("command", sample="connected_car"),
            headers=TOKEN
            | {
                "Idempotency-Key": key,
                "X-Sent-At": (now - timedelta(minutes=minutes)).isoformat(),
            },
        )
        assert (answer.status_code, answer.json()) == (202, {"id": key})

    commands = car.get("/vehicles/car-7/commands").json()["commands"]
    assert [(command["id"], command["command"]) for command in commands] == [
        ("a", "lock"),
        ("b", "lock"),
    ]
    assert car.get("/vehicles/car-8/commands").json() == {"commands": []}
    assert [line["status"] for line in spans()] == ["ok", "ok", "repeat"]
    assert fake_aws.secret_reads == 1


def test_an_old_command_is_not_given(car: Caller) -> None:
    """A command that was on its way for too long is no longer what the operator wants."""
    sent_at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    car.post(
        "/vehicles/car-7/commands",
        json=lambda_event("command", sample="connected_car"),
        headers=TOKEN | {"X-Sent-At": sent_at},
    )

    assert car.get("/vehicles/car-7/commands").json() == {"commands": []}
