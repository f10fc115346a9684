"""A pipe from a queue."""

import json

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows, waiting
from tests.emulator.templates import Resource, attribute, deployed, function, resource, role
from tests.polling import eventually


def piped(endpoint: Endpoint, target: str, **more: Resource) -> dict[str, str]:
    """A queue with dead letters, and a pipe from it that lets through what is for the shop."""
    pattern = json.dumps({"body": {"for": ["shop"]}})
    return deployed(
        endpoint,
        {
            "Role": role(service="pipes.amazonaws.com"),
            "DeadLetters": resource("SQS::Queue"),
            "Source": resource(
                "SQS::Queue",
                VisibilityTimeout=1,
                RedrivePolicy={
                    "deadLetterTargetArn": attribute("DeadLetters"),
                    "maxReceiveCount": 1,
                },
            ),
            "Pipe": resource(
                "Pipes::Pipe",
                RoleArn=attribute("Role"),
                Source=attribute("Source"),
                Target=attribute(target),
                SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
            ),
            **more,
        },
    )


@pytest.fixture(scope="module")
def sent() -> dict[str, str]:
    """What is sent."""
    return {"shop": json.dumps({"for": "shop"}), "other": json.dumps({"for": "other"})}


@shows("pipe-sources")
def test_a_pipe_moves_messages_from_a_queue(
    patched: Endpoint, plain: Endpoint, sent: dict[str, str]
) -> None:
    """What its filter lets through is at the target; nothing stays in the queue."""
    made = {}
    for endpoint in (patched, plain):
        names = made[endpoint] = piped(endpoint, "Target", Target=resource("SQS::Queue"))
        for body in sent.values():
            endpoint.client("sqs").send_message(QueueUrl=names["Source"], MessageBody=body)
    arrived = eventually(lambda: waiting(patched, made[patched]["Target"]))

    assert [json.loads(each)["body"] for each in arrived] == [sent["shop"]]
    assert not waiting(patched, made[patched]["Source"])
    assert not waiting(plain, made[plain]["Target"])


def test_a_pipe_leaves_what_its_target_refuses(patched: Endpoint, sent: dict[str, str]) -> None:
    """A function that fails does not take the message out of the queue, which gives it up."""
    code = """
        def handler(event, context):
            raise ValueError("closed")
    """
    names = piped(patched, "F", LambdaRole=role(), F=function(code, role_name="LambdaRole"))
    patched.client("sqs").send_message(QueueUrl=names["Source"], MessageBody=sent["shop"])

    assert eventually(lambda: waiting(patched, names["DeadLetters"])) == [sent["shop"]]
