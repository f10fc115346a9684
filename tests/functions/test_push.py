"""Pushing to phones: an endpoint for each token, dead tokens retired, each by the other's word."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pattern_runtime import Event, aws, push_retirement
from pattern_runtime.push import PushGateway
from tests.fakes.aws import KEYS
from tests.fakes.push import ACCOUNT, FakePush

APPLICATION = f"{ACCOUNT}:app/GCM/phones"
ENDPOINT = f"{ACCOUNT}:endpoint/GCM/phones/token-1"
EVENT = Event.new(type="push.job", source="/producers/main", data={}, id="job-1")


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> FakePush:
    """Mobile push in memory, and the environment of what is served by a gateway."""
    fake = FakePush()
    monkeypatch.setattr(aws, "client", fake.client)
    monkeypatch.setattr(aws, "prepare", lambda *_: None)
    monkeypatch.setitem(KEYS, "tokens", ("token",))
    monkeypatch.setenv("PHONES_APPLICATION_ARN", APPLICATION)
    monkeypatch.setenv("PHONES_TABLE_NAME", "tokens")
    monkeypatch.setenv("TOKENS_TABLE_NAME", "tokens")
    return fake


def pushed(token: str = "token-1") -> bool:
    """Whether a message to a token was sent."""
    return PushGateway("PHONES").push(EVENT, token=token, title="Door", body="It is open.")


def status(fake: FakePush, token: str = "token-1") -> str:
    """What the table says of a token."""
    text: str = fake.tables["tokens"][token,]["status"]["S"]
    return text


def test_a_new_token_gets_an_endpoint_once(sns: FakePush) -> None:
    """It is kept in the table, and asked for there the next time."""
    assert pushed()
    assert pushed()

    assert sns.asked == ["token-1"]
    assert [each["TargetArn"] for each in sns.pushed] == [ENDPOINT, ENDPOINT]
    assert status(sns) == "live"


def test_firebase_is_told_what_replaces_a_repeat(sns: FakePush) -> None:
    """In its own words: title and body, the event's id as tag, id and trace for the app."""
    pushed()
    (request,) = sns.pushed
    message = json.loads(json.loads(request["Message"])["GCM"])["fcmV1Message"]["message"]

    assert message["notification"] == {"title": "Door", "body": "It is open."}
    assert message["android"] == {"notification": {"tag": "job-1"}}
    assert message["data"]["id"] == "job-1"
    assert message["data"]["trace"].split(";")[0] == EVENT.trace.split(";")[0]


def test_apple_is_told_what_replaces_a_repeat(
    sns: FakePush, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its own words: an alert, and the event's id to collapse by."""
    monkeypatch.setenv("PHONES_APPLICATION_ARN", f"{ACCOUNT}:app/APNS/phones")
    pushed()
    (request,) = sns.pushed
    message = json.loads(json.loads(request["Message"])["APNS"])

    assert message["aps"] == {"alert": {"title": "Door", "body": "It is open."}}
    attribute = request["MessageAttributes"]["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"]
    assert attribute["StringValue"] == "job-1"


def test_nothing_is_sent_to_a_token_that_is_known_to_be_dead(sns: FakePush) -> None:
    """A retired token costs one look into the table."""
    pushed()
    sns.tables["tokens"]["token-1",]["status"] = {"S": "retired"}
    sns.pushed.clear()

    assert not pushed()
    assert sns.pushed == []


def test_a_disabled_endpoint_retires_its_token(sns: FakePush) -> None:
    """What SNS refuses at the publish says that the token is dead, too."""
    pushed()
    sns.endpoints[ENDPOINT]["Enabled"] = "false"

    assert not pushed()
    assert status(sns) == "retired"


def test_an_endpoint_that_is_gone_is_made_again(sns: FakePush) -> None:
    """Its token may live: somebody deleted it, or the application is another one."""
    pushed()
    sns.endpoints.clear()

    assert pushed()
    assert sns.asked == ["token-1", "token-1"]


def test_what_sns_refuses_otherwise_comes_again(sns: FakePush) -> None:
    """A throttled publish is the queue's business, and retires nobody."""
    sns.throttle("publish")

    with pytest.raises(ClientError):
        pushed()
    assert status(sns) == "live"


def told(**message: str) -> dict[str, Any]:
    """What SNS tells of an endpoint, as it reaches the function."""
    return {"Records": [{"Sns": {"Message": json.dumps(message)}}]}


@pytest.mark.parametrize("kind", ["DeliveryFailure", "EndpointUpdated"])
def test_what_sns_tells_of_a_dead_token_retires_it(sns: FakePush, kind: str) -> None:
    """Whichever of its events comes first."""
    pushed()
    sns.endpoints[ENDPOINT]["Enabled"] = "false"

    push_retirement.handler(told(EventType=kind, EndpointArn=ENDPOINT), None)  # type: ignore[arg-type]  # it is not looked at

    assert status(sns) == "retired"


def test_a_token_that_lives_is_not_retired(sns: FakePush) -> None:
    """A delivery that failed otherwise, an endpoint that was deleted, an event of none."""
    pushed()

    for endpoint in (ENDPOINT, f"{ENDPOINT}-gone", ""):
        push_retirement.handler(told(EventType="DeliveryFailure", EndpointArn=endpoint), None)  # type: ignore[arg-type]  # it is not looked at

    assert status(sns) == "live"


def test_what_cannot_be_asked_is_told_again(sns: FakePush) -> None:
    """Lambda invokes it again, and keeps it in the end."""
    pushed()
    sns.throttle("get_endpoint_attributes")

    with pytest.raises(ClientError):
        push_retirement.handler(told(EndpointArn=ENDPOINT), None)  # type: ignore[arg-type]  # it is not looked at
