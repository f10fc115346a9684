"""What cannot be delivered is not lost."""

import uuid

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import messages, shows, waiting
from tests.emulator.templates import allow, attribute, deployed, lets, ref, resource, role
from tests.polling import eventually


@shows("topic-redrive")
def test_a_topic_uses_the_dead_letters_of_a_subscription(
    patched: Endpoint, plain: Endpoint
) -> None:
    """What cannot be delivered because the queue is gone is in the subscription's dead letters."""
    found = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Topic": resource("SNS::Topic"),
                "Queue": resource("SQS::Queue"),
                "DeadLetters": resource("SQS::Queue"),
                "Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Queue")),
                "DeadPolicy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("DeadLetters")),
                "Subscription": resource(
                    "SNS::Subscription",
                    TopicArn=ref("Topic"),
                    Protocol="sqs",
                    Endpoint=attribute("Queue"),
                    RawMessageDelivery=True,
                    RedrivePolicy={"deadLetterTargetArn": attribute("DeadLetters")},
                ),
            },
        )
        endpoint.client("sqs").delete_queue(QueueUrl=names["Queue"])
        endpoint.client("sns").publish(TopicArn=names["Topic"], Message="hello")
        found[endpoint] = waiting(endpoint, names["DeadLetters"])

    assert found == {patched: ["hello"], plain: []}


@shows("rule-dead-letters")
def test_a_rule_uses_the_dead_letters_of_a_target(patched: Endpoint, plain: Endpoint) -> None:
    """A target that is gone, or whose policy lets nobody in, leaves its events in the letters."""
    found = {}
    for endpoint in (patched, plain):
        targets = ("Gone", "Closed")
        names = deployed(
            endpoint,
            {
                "Bus": resource("Events::EventBus", Name=f"shop-{uuid.uuid4().hex[:8]}"),
                **{name: resource("SQS::Queue") for name in targets},
                "DeadLetters": resource("SQS::Queue"),
                "GonePolicy": lets("events.amazonaws.com", "sqs:SendMessage", ref("Gone")),
                "DeadPolicy": lets("events.amazonaws.com", "sqs:SendMessage", ref("DeadLetters")),
                "Rule": resource(
                    "Events::Rule",
                    EventBusName=ref("Bus"),
                    EventPattern={"source": ["shop"]},
                    Targets=[
                        {
                            "Id": name,
                            "Arn": attribute(name),
                            "DeadLetterConfig": {"Arn": attribute("DeadLetters")},
                        }
                        for name in targets
                    ],
                ),
            },
        )
        endpoint.client("sqs").delete_queue(QueueUrl=names["Gone"])
        entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}
        endpoint.client("events").put_events(Entries=[{**entry, "EventBusName": names["Bus"]}])
        found[endpoint] = [
            message["MessageAttributes"]["ERROR_CODE"]["StringValue"]
            for message in messages(endpoint, names["DeadLetters"])
        ]

    assert found == {patched: ["NO_RESOURCE", "NO_PERMISSIONS"], plain: []}


@pytest.mark.long
def test_a_schedule_needs_no_leave_of_its_target(patched: Endpoint) -> None:
    """Unlike a rule it delivers by its role, to a queue whose policy lets nobody in."""
    names = deployed(
        patched,
        {
            "Queue": resource("SQS::Queue"),
            "Role": role(
                allow("sqs:SendMessage", attribute("Queue")), service="scheduler.amazonaws.com"
            ),
            "Schedule": resource(
                "Scheduler::Schedule",
                FlexibleTimeWindow={"Mode": "OFF"},
                ScheduleExpression="at(2026-01-01T00:00:00)",
                Target={"Arn": attribute("Queue"), "RoleArn": attribute("Role")},
            ),
        },
    )

    # The emulator looks every ten seconds.
    assert eventually(lambda: messages(patched, names["Queue"]), within=30)
