"""A job passes as it is, and reaches its phone unless it is none."""

import json
from typing import Any

import pytest

from pattern_runtime import Event, aws
from push_jobs import relay, sender
from tests.fakes.aws import KEYS, FakeAws
from tests.fakes.push import FakePush
from tests.functions.conftest import FakeContext

JOB = {"token": "token-1", "title": "Door", "body": "It is open."}


def queued(*data: dict[str, Any]) -> dict[str, Any]:
    """A batch of a queue, of one job each."""
    return {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "messageId": f"message-{number}",
                "body": Event.new(type="push.job", source="/p", data=each).to_json(),
            }
            for number, each in enumerate(data)
        ]
    }


def test_a_job_passes_as_it_is(fake_aws: FakeAws) -> None:
    """Whatever it holds: what is wrong with it is the sender's business."""
    event = Event.new(type="push.job", source="/p", data={"anything": 1})
    relay.handle(event)
    (sent,) = fake_aws.messages["https://sqs.test/jobs"]

    assert json.loads(sent["MessageBody"])["id"] == event.id
    assert json.loads(sent["MessageBody"])["data"] == {"anything": 1}


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> FakePush:
    """Mobile push in memory."""
    fake = FakePush()
    monkeypatch.setattr(aws, "client", fake.client)
    monkeypatch.setitem(KEYS, "tokens", ("token",))
    return fake


def test_jobs_reach_their_phones(sns: FakePush, context: FakeContext) -> None:
    """Each of a batch, to the endpoint of its token."""
    answer = sender.handler(queued(JOB, {**JOB, "token": "token-2"}), context)

    assert answer == {"batchItemFailures": []}
    assert [each["TargetArn"].rpartition("/")[2] for each in sns.pushed] == ["token-1", "token-2"]


@pytest.mark.parametrize("name", ["token", "title", "body"])
@pytest.mark.parametrize("value", [None, 7, ""])
def test_what_is_no_job_fails_alone(
    sns: FakePush, context: FakeContext, name: str, value: object
) -> None:
    """It ends among the dead letters; its neighbours reach their phones."""
    answer = sender.handler(queued({**JOB, name: value}, JOB), context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert len(sns.pushed) == 1


def test_a_phone_that_is_gone_needs_no_message(sns: FakePush, context: FakeContext) -> None:
    """The job is done: nothing of it would ever arrive."""
    sender.handler(queued(JOB), context)
    for endpoint in sns.endpoints.values():
        endpoint["Enabled"] = "false"

    assert sender.handler(queued(JOB), context) == {"batchItemFailures": []}
    assert len(sns.pushed) == 1
