"""What reaches a bus, and what it keeps."""

import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from patterns._event_route import _ANSWER, _ERROR, _REQUEST
from tests.emulator.patches.observed import messages, shows, waiting
from tests.emulator.templates import Resource, attribute, deployed, ref, resource
from tests.polling import eventually

ID = "6f0c1d5e-3c7b-4a52-9f0e-0b1d7d1f2b01"
TRACE = "Root=1-697e4320-3f1c9d2a7b4e5f60718293a4;Sampled=1"
PUT = "arn:aws:apigateway:us-east-1:events:action/PutEvents"


@pytest.fixture
def name() -> str:
    """A bus' own name, which there is once in an account."""
    return f"orders-{uuid.uuid4().hex[:8]}"


def bus(endpoint: Endpoint, name: str, **more: Resource) -> dict[str, str]:
    """Deploy a bus whose events go into a queue, as they are."""
    return deployed(
        endpoint,
        {
            "Bus": resource("Events::EventBus", Name=name),
            "Queue": resource("SQS::Queue"),
            "Policy": resource(
                "SQS::QueuePolicy",
                Queues=[ref("Queue")],
                PolicyDocument={
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sqs:SendMessage",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Resource": attribute("Queue"),
                        }
                    ]
                },
            ),
            "Rule": resource(
                "Events::Rule",
                EventBusName=ref("Bus"),
                EventPattern={"source": [{"prefix": ""}]},
                Targets=[{"Id": "Target", "Arn": attribute("Queue")}],
            ),
            **more,
        },
    )


def route(name: str) -> dict[str, Resource]:
    """A REST API that puts its requests on the bus, as the pattern has it."""
    request = _REQUEST.replace("SOURCE", '"shop"').replace("TYPE", '"order.placed"')
    return {
        "Api": resource("ApiGateway::RestApi", Name="orders"),
        "Method": resource(
            "ApiGateway::Method",
            RestApiId=ref("Api"),
            ResourceId=attribute("Api", "RootResourceId"),
            HttpMethod="POST",
            AuthorizationType="NONE",
            Integration={
                "Type": "AWS",
                "IntegrationHttpMethod": "POST",
                "Uri": PUT,
                "PassthroughBehavior": "NEVER",
                "RequestTemplates": {"application/json": request.replace("BUS", name)},
                "IntegrationResponses": [
                    {"StatusCode": "202", "ResponseTemplates": {"application/json": _ANSWER}},
                    {
                        "StatusCode": "503",
                        "SelectionPattern": r"[45]\d{2}",
                        "ResponseTemplates": {"application/json": _ERROR},
                    },
                ],
            },
            MethodResponses=[{"StatusCode": code} for code in ("202", "400", "503")],
        ),
        "Deployment": {
            **resource("ApiGateway::Deployment", RestApiId=ref("Api")),
            "DependsOn": ["Method"],
        },
        "Stage": resource(
            "ApiGateway::Stage",
            RestApiId=ref("Api"),
            DeploymentId=ref("Deployment"),
            StageName="prod",
        ),
    }


def answer(url: str, body: bytes, event_id: str = ID) -> tuple[int, dict[str, Any]]:
    """The answer that a POST gets."""
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": event_id,
        "X-Amzn-Trace-Id": TRACE,
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status), json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@shows("bus-routes")
def test_an_api_puts_its_requests_on_a_bus(patched: Endpoint, plain: Endpoint, name: str) -> None:
    """What was posted is the event's data, quotes and all, under the client's id and trace."""
    data = {"item": 'a "green" tea, it\'s good: ü/\\ $id #if', "amount_yen": 1200}
    answers = {}
    for endpoint in (patched, plain):
        names = bus(endpoint, name, **route(name))
        url = endpoint.url_of_api(names["Api"], "prod") + "/"
        answers[endpoint] = answer(url, json.dumps(data).encode())
        if endpoint is plain:
            continue
        (body,) = eventually(lambda: waiting(patched, names["Queue"]))  # noqa: B023 - at once
        event = json.loads(body)
        assert (event["source"], event["detail-type"]) == ("shop", "order.placed")
        assert event["detail"] == {"id": ID, "trace": TRACE, "data": data}

    status, said = answers[patched]
    assert status == 202
    assert said["event"]
    assert answers[plain][0] >= 500


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [("x" * 257, 400), ('"},{"', 202), ("$input.body", 202)],
    ids=["too long", "quotes", "a reference"],
)
def test_no_id_breaks_the_event(patched: Endpoint, name: str, event_id: str, expected: int) -> None:
    """An id that no consumer could take is refused; any other is one, and nothing else."""
    names = bus(patched, name, **route(name))
    url = patched.url_of_api(names["Api"], "prod") + "/"

    status, _ = answer(url, b'{"item": "tea"}', event_id)

    assert status == expected
    if expected == 202:
        (body,) = eventually(lambda: waiting(patched, names["Queue"]))
        assert json.loads(body)["detail"]["data"] == {"item": "tea"}


def test_what_a_bus_does_not_take_is_no_success(patched: Endpoint, name: str) -> None:
    """An entry that failed within an answer of 200 is an error to the caller."""
    resources = route(name)
    templates = resources["Method"]["Properties"]["Integration"]["RequestTemplates"]
    # Nobody but AWS may say that.
    templates["application/json"] = templates["application/json"].replace('"shop"', '"aws.ec2"')
    names = bus(patched, name, **resources)

    status, said = answer(patched.url_of_api(names["Api"], "prod") + "/", b'{"item": "tea"}')

    assert status == 503
    assert "send it again" in said["error"]
    assert messages(patched, names["Queue"]) == []


@shows("archives")
def test_an_archive_of_a_template_replays(patched: Endpoint, plain: Endpoint, name: str) -> None:
    """What went over the bus comes again when it is replayed, as it was."""
    archive = resource("Events::Archive", SourceArn=attribute("Bus"), RetentionDays=1)
    with pytest.raises(Exception, match="Archive"):
        bus(plain, name, Archive=archive)
    names = bus(patched, name, Archive=archive)
    events = patched.client("events")
    known = events.describe_archive(ArchiveName=names["Archive"])
    assert known["RetentionDays"] == 1
    events.put_events(
        Entries=[
            {
                "EventBusName": names["Bus"],
                "Source": "shop",
                "DetailType": "order.placed",
                "Detail": json.dumps({"id": ID}),
            }
        ]
    )
    (first,) = eventually(lambda: waiting(patched, names["Queue"]))

    events.start_replay(
        ReplayName=f"again-{name}",
        EventSourceArn=known["ArchiveArn"],
        EventStartTime=0,
        EventEndTime=2_000_000_000,
        Destination={"Arn": known["EventSourceArn"]},
    )

    both = eventually(lambda: len(waiting(patched, names["Queue"])) == 2 and True)
    assert both
    bodies = [json.loads(body) for body in waiting(patched, names["Queue"])]
    assert {body["detail"]["id"] for body in bodies} == {json.loads(first)["detail"]["id"]}
