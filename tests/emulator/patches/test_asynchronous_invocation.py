"""What becomes of an event for a function that fails, whoever sends it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import logged, messages, shows, stored, waiting
from tests.emulator.templates import (
    Resource,
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)
from tests.polling import eventually

FAILS = """
    import json
    def handler(event, context):
        print(json.dumps({"request": context.aws_request_id}))
        raise ValueError("closed")
"""

RULE = resource(
    "Events::Rule",
    EventPattern={"source": ["shop"]},
    Targets=[{"Id": "F", "Arn": attribute("F")}],
)
SUBSCRIPTION = resource(
    "SNS::Subscription", TopicArn=ref("Topic"), Protocol="lambda", Endpoint=attribute("F")
)
IOT_RULE = resource(
    "IoT::TopicRule",
    TopicRulePayload={
        "Sql": "SELECT * FROM 'cars/+'",
        "Actions": [{"Lambda": {"FunctionArn": attribute("F")}}],
    },
)


def from_bus(endpoint: Endpoint, names: dict[str, str]) -> None:
    """Put an event on the bus."""
    entry = {"Source": "shop", "DetailType": "sold", "Detail": json.dumps({"id": names["F"]})}
    endpoint.client("events").put_events(Entries=[entry])


def from_topic(endpoint: Endpoint, names: dict[str, str]) -> None:
    """Publish to the topic."""
    endpoint.client("sns").publish(TopicArn=names["Topic"], Message="sold")


def from_device(endpoint: Endpoint, names: dict[str, str]) -> None:
    """Publish as a device."""
    endpoint.client("iot-data").publish(topic="cars/1", payload=b'{"speed": 1}')


def failing(endpoint: Endpoint, **more: Resource) -> dict[str, str]:
    """A function that fails, a queue for what it could not do, and what sends it events."""
    return deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "Failures": resource("SQS::Queue"),
            "F": function(FAILS, LoggingConfig={"LogGroup": ref("Logs")}),
            "Invoke": resource(
                "Lambda::EventInvokeConfig",
                FunctionName=ref("F"),
                Qualifier="$LATEST",
                DestinationConfig={"OnFailure": {"Destination": attribute("Failures")}},
            ),
            **more,
        },
    )


def tries(endpoint: Endpoint, names: dict[str, str], number: int) -> list[Any]:
    """The attempts so far, once there are so many."""
    found = logged(endpoint, names["Logs"])
    return found if len(found) >= number else []


@shows("asynchronous-invocation")
@pytest.mark.parametrize(
    ("source", "send"),
    [
        ({"Rule": RULE}, from_bus),
        ({"Topic": resource("SNS::Topic"), "Subscription": SUBSCRIPTION}, from_topic),
        ({"Rule": IOT_RULE}, from_device),
    ],
    ids=["bus", "topic", "device"],
)
def test_an_event_is_tried_three_times_and_then_kept(
    patched: Endpoint,
    plain: Endpoint,
    source: dict[str, Resource],
    send: Callable[[Endpoint, dict[str, str]], None],
) -> None:
    """Whatever sends it: three attempts with one request id, then a record at the destination."""
    made = {endpoint: failing(endpoint, **source) for endpoint in (patched, plain)}
    for endpoint, names in made.items():
        send(endpoint, names)
    record = json.loads(eventually(lambda: waiting(patched, made[patched]["Failures"]))[0])
    attempts = tries(patched, made[patched], 3)

    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "ValueError"
    assert [each["request"] for each in attempts] == [record["requestContext"]["requestId"]] * 3

    # By now the others have had as long as the three attempts took.
    assert len(eventually(lambda: tries(plain, made[plain], 1))) == 1
    assert not waiting(plain, made[plain]["Failures"])
    for endpoint, names in made.items():
        if "Rule" in source and send is from_bus:
            endpoint.client("events").disable_rule(Name=names["Rule"])


@shows("asynchronous-invocation")
def test_a_bucket_takes_what_failed(patched: Endpoint, plain: Endpoint) -> None:
    """As the destination it has an object of each event that was given up, under the function."""
    made = {
        endpoint: failing(endpoint, Failures=resource("S3::Bucket"))
        for endpoint in (patched, plain)
    }
    for endpoint, names in made.items():
        endpoint.client("lambda").invoke(
            FunctionName=names["F"], InvocationType="Event", Payload=b'{"id": 7}'
        )
    names = made[patched]
    key, record = eventually(lambda: stored(patched, names["Failures"]))[0]

    assert key.startswith(f"aws/lambda/async/{names['F']}/")
    assert record["requestPayload"] == {"id": 7}

    eventually(lambda: tries(plain, made[plain], 3))
    assert not stored(plain, made[plain]["Failures"])


@shows("asynchronous-invocation")
def test_a_throttled_event_waits(patched: Endpoint, plain: Endpoint) -> None:
    """Being throttled is no attempt: when the function may run again, the event is processed."""
    code = """
        def handler(event, context):
            print('{"done": true}')
    """
    made = {}
    for endpoint in (patched, plain):
        names = made[endpoint] = failing(
            endpoint, F=function(code, LoggingConfig={"LogGroup": ref("Logs")})
        )
        functions = endpoint.client("lambda")
        functions.put_function_concurrency(FunctionName=names["F"], ReservedConcurrentExecutions=0)
        functions.invoke(FunctionName=names["F"], InvocationType="Event", Payload=b"{}")
    given_up = eventually(lambda: waiting(plain, made[plain]["Failures"]))
    assert "TooManyRequestsException" in given_up[0]

    assert not waiting(patched, made[patched]["Failures"])
    patched.client("lambda").delete_function_concurrency(FunctionName=made[patched]["F"])
    assert eventually(lambda: logged(patched, made[patched]["Logs"])) == [{"done": True}]


@shows("asynchronous-invocation")
def test_dead_letters_are_the_event_itself(patched: Endpoint, plain: Endpoint) -> None:
    """A function's dead-letter queue, named in its template, gets the event and why it failed."""
    made = {}
    for endpoint in (plain, patched):
        names = made[endpoint] = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Failures": resource("SQS::Queue"),
                "F": function(
                    FAILS,
                    LoggingConfig={"LogGroup": ref("Logs")},
                    DeadLetterConfig={"TargetArn": attribute("Failures")},
                ),
            },
        )
        endpoint.client("lambda").invoke(
            FunctionName=names["F"], InvocationType="Event", Payload=b'{"id": 7}'
        )
    letter = eventually(lambda: messages(patched, made[patched]["Failures"]))[0]

    assert json.loads(letter["Body"]) == {"id": 7}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "closed"
    assert set(letter["MessageAttributes"]) == {"RequestID", "ErrorCode", "ErrorMessage"}

    eventually(lambda: tries(plain, made[plain], 3))
    assert not waiting(plain, made[plain]["Failures"])


def test_success_has_a_destination_too(patched: Endpoint) -> None:
    """A bus as the destination for success gets the answer of the function."""
    code = """
        def handler(event, context):
            return {"sold": event["id"]}
    """
    names = deployed(
        patched,
        {
            "Role": role(),
            "Bus": resource("Events::EventBus", Name="results"),
            "Seen": resource("SQS::Queue"),
            "Policy": lets("events.amazonaws.com", "sqs:SendMessage", ref("Seen")),
            "Rule": resource(
                "Events::Rule",
                EventBusName=ref("Bus"),
                EventPattern={"source": ["lambda"]},
                Targets=[{"Id": "Seen", "Arn": attribute("Seen")}],
            ),
            "F": function(code),
            "Invoke": resource(
                "Lambda::EventInvokeConfig",
                FunctionName=ref("F"),
                Qualifier="$LATEST",
                DestinationConfig={"OnSuccess": {"Destination": attribute("Bus")}},
            ),
        },
    )
    patched.client("lambda").invoke(
        FunctionName=names["F"], InvocationType="Event", Payload=b'{"id": 7}'
    )
    event = json.loads(eventually(lambda: waiting(patched, names["Seen"]))[0])

    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["detail"]["responsePayload"] == {"sold": 7}
