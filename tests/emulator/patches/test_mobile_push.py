"""What becomes of a message to a phone."""

import json
import time
import uuid
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import invoked, logged, messages, shows
from tests.emulator.templates import allow, attribute, deployed, function, lets, ref, resource, role
from tests.fakes.http_peer import HttpPeer
from tests.polling import eventually

MESSAGE = json.dumps(
    {
        "default": "hello",
        "GCM": json.dumps({"fcmV1Message": {"message": {"data": {"id": "1"}}}}),
        "APNS": json.dumps({"aps": {"alert": "hello"}}),
    }
)


def phone(endpoint: Endpoint, platform: str = "GCM", **attributes: str) -> tuple[Any, str, str]:
    """A client, an endpoint of a new application, and the token that it was made of."""
    sns = endpoint.client("sns")
    name, token = (f"{word}-{uuid.uuid4().hex[:8]}" for word in ("app", "token"))
    application = sns.create_platform_application(
        Name=name, Platform=platform, Attributes={"PlatformCredential": "key", **attributes}
    )["PlatformApplicationArn"]
    made = sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    return sns, made["EndpointArn"], token


def about(service: HttpPeer, token: str) -> list[Any]:
    """The requests that the push service had about a token."""
    return [
        request
        for request in service.received
        if token in request.path or token in request.body.decode()
    ]


def failures(endpoint: Endpoint, arn: str) -> list[tuple[str, int, int]]:
    """What the application's log of failures says: the token, the answer, the attempts."""
    name = arn.split("/")[2]
    group = f"sns/us-east-1/000000000000/app/GCM/{name}/Failure"
    logs = endpoint.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    deliveries = [line["delivery"] for line in logged(endpoint, group)]
    return [(each["token"], each["statusCode"], each["attempts"]) for each in deliveries]


@shows("mobile-push")
def test_a_message_is_delivered_over_http(
    patched: Endpoint, plain: Endpoint, push_service: HttpPeer
) -> None:
    """Firebase's way and Apple's; the emulator alone takes the message, and that is all."""
    found = {}
    for endpoint in (patched, plain):
        for platform in ("GCM", "APNS"):
            sns, arn, token = phone(endpoint, platform)
            payload = {"GCM": {"fcmV1Message": {"message": {"data": {"id": "1"}}}}}
            payload["APNS"] = {"aps": {"alert": "hello"}}
            sns.publish(
                TargetArn=arn,
                MessageStructure="json",
                Message=json.dumps(
                    {"default": "hello"}
                    | {name: json.dumps(each) for name, each in payload.items()}
                ),
            )
            if endpoint is patched:
                eventually(lambda token=token: about(push_service, token))
            found[endpoint, platform] = (
                [
                    (each.path.replace(token, "TOKEN"), json.loads(each.body))
                    for each in about(push_service, token)
                ],
                f":endpoint/{platform}/" in arn,
                token,
                arn.split("/")[2],
            )

    (requests, named, token, name) = found[patched, "GCM"]
    assert named
    assert requests == [
        (
            f"/v1/projects/{name}/messages:send",
            {"message": {"data": {"id": "1"}, "token": token}},
        )
    ]
    assert found[patched, "APNS"][:2] == ([("/3/device/TOKEN", {"aps": {"alert": "hello"}})], True)
    for platform in ("GCM", "APNS"):
        assert found[plain, platform][:2] == ([], False)


@shows("mobile-push")
def test_a_dead_token_ends_its_endpoint(
    patched: Endpoint, plain: Endpoint, push_service: HttpPeer
) -> None:
    """It is disabled; the application's topic, its log and who publishes to it are told."""
    found: dict[Endpoint, list[str]] = {}
    push_service.status, push_service.answer = 404, b'{"error": {"status": "UNREGISTERED"}}'
    try:
        for endpoint in (patched, plain):
            names = deployed(
                endpoint,
                {
                    "Role": role(service="sns.amazonaws.com"),
                    "Topic": resource("SNS::Topic"),
                    "Queue": resource("SQS::Queue"),
                    "Lets": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Queue")),
                    "To": resource(
                        "SNS::Subscription",
                        TopicArn=ref("Topic"),
                        Protocol="sqs",
                        Endpoint=attribute("Queue"),
                        RawMessageDelivery=True,
                    ),
                },
            )
            told = dict.fromkeys(("EventDeliveryFailure", "EventEndpointUpdated"), names["Topic"])
            sns, arn, token = phone(endpoint, **told, FailureFeedbackRoleArn=names["Role"])
            sns.publish(TargetArn=arn, Message="hello")
            if endpoint is patched:
                eventually(lambda q=names["Queue"]: len(messages(patched, q)) == 2)
                with pytest.raises(sns.exceptions.EndpointDisabledException):
                    sns.publish(TargetArn=arn, Message="hello")
            else:
                sns.publish(TargetArn=arn, Message="hello")
            events = [json.loads(each["Body"]) for each in messages(endpoint, names["Queue"])]
            assert all(event["EndpointArn"] == arn for event in events)
            found[endpoint] = sorted(event["EventType"] for event in events)
            assert failures(endpoint, arn) == ([(token, 404, 1)] if endpoint is patched else [])
            enabled = sns.get_endpoint_attributes(EndpointArn=arn)["Attributes"]["Enabled"]
            assert enabled == ("false" if endpoint is patched else "true")
    finally:
        push_service.status, push_service.answer = 200, b"{}"

    assert found == {patched: ["DeliveryFailure", "EndpointUpdated"], plain: []}


@pytest.mark.parametrize(("status", "least"), [(429, 1.0), (503, 0.0)])
def test_what_a_push_service_does_not_take_comes_again(
    patched: Endpoint, push_service: HttpPeer, status: int, least: float
) -> None:
    """Throttled it comes when the service said, failed a little later; then it is there."""
    push_service.status = status
    if least:
        push_service.headers["Retry-After"] = str(int(least))
    try:
        sns, arn, token = phone(patched)
        sns.publish(TargetArn=arn, Message="hello")
        eventually(lambda: about(push_service, token))
    finally:
        push_service.headers.pop("Retry-After", None)
        push_service.status = 200
    throttled = time.monotonic()
    before = len(about(push_service, token))

    eventually(lambda: len(about(push_service, token)) > before)

    assert time.monotonic() - throttled >= least - 0.2
    assert sns.get_endpoint_attributes(EndpointArn=arn)["Attributes"]["Enabled"] == "true"


@shows("mobile-push")
def test_a_message_to_no_endpoint_is_refused(patched: Endpoint, plain: Endpoint) -> None:
    """In the words of SNS, by which a sender knows that there was one."""
    said = {}
    for endpoint in (patched, plain):
        sns, arn, _ = phone(endpoint)
        sns.delete_endpoint(EndpointArn=arn)
        with pytest.raises(sns.exceptions.ClientError) as refused:
            sns.publish(TargetArn=arn.replace(":app/", ":endpoint/"), Message="hello")
        said[endpoint] = "No endpoint found" in str(refused.value)

    assert said == {patched: True, plain: False}


@shows("push-permissions")
def test_policies_about_mobile_push_name_what_it_is_about(
    patched: Endpoint, plain: Endpoint
) -> None:
    """One about the application lets its endpoints be made, and nobody else's."""
    code = """
        import os, boto3
        def handler(event, context):
            sns, done = boto3.client("sns"), []
            for name in ("mine", "other"):
                made = sns.create_platform_application(
                    Name=name, Platform="GCM", Attributes={"PlatformCredential": "key"})
                try:
                    endpoint = sns.create_platform_endpoint(
                        PlatformApplicationArn=made["PlatformApplicationArn"], Token="token")
                    found = sns.get_endpoint_attributes(EndpointArn=endpoint["EndpointArn"])
                    done.append(found["Attributes"]["Token"])
                except sns.exceptions.AuthorizationErrorException:
                    done.append("refused")
            return done
    """
    named = ("app/", "app/GCM/mine", "endpoint/GCM/mine/*")
    actions = ("CreatePlatformApplication", "CreatePlatformEndpoint", "GetEndpointAttributes")
    resources = {
        "Role": role(
            allow(
                [f"sns:{each}" for each in actions],
                [
                    {"Fn::Sub": f"arn:aws:sns:${{AWS::Region}}:${{AWS::AccountId}}:{each}"}
                    for each in named
                ],
            )
        ),
        "F": function(code),
    }

    assert invoked(patched, deployed(patched, resources)["F"]) == ["token", "refused"]
    assert "not authorized" in invoked(plain, deployed(plain, resources)["F"])["errorMessage"]
