"""FM209: fan-out straight into functions."""

from __future__ import annotations

from typing import Any

from hinagata.checks.failure_modes.fm209_fan_out_into_functions import fan_out_into_functions
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, ref, resource, said


def subscription(endpoint: Any, protocol: str = "lambda") -> dict[str, Any]:
    """A subscription to the topic."""
    return resource(
        "SNS::Subscription", TopicArn=ref("Topic"), Protocol=protocol, Endpoint=endpoint
    )


def fanned_out(first: Any = None, second: Any = None, **more: Any) -> dict[str, Any]:
    """A topic with two functions subscribed."""
    return t.template(
        Topic=resource("SNS::Topic"),
        Mail=first or t.function(),
        ToMail=subscription(arn("Mail")),
        Stock=second or t.function(),
        ToStock=subscription(arn("Stock")),
        **more,
    )


FOUND = fanned_out()
CLEAN = t.template(
    Topic=resource("SNS::Topic"),
    MailQueue=resource("SQS::Queue"),
    ToMail=subscription(arn("MailQueue"), "sqs"),
    StockQueue=resource("SQS::Queue"),
    ToStock=subscription(arn("StockQueue"), "sqs"),
)
UNKNOWN = fanned_out(ToElsewhere=subscription(t.UNKNOWN))
UNKNOWN["Resources"]["ToStock"] = subscription(t.UNKNOWN)


def test_finds_two_functions_on_a_topic() -> None:
    """Two functions with nothing between are found at the topic."""
    found = finding(fan_out_into_functions, FOUND)

    assert found.node.name == "Topic"
    assert "Mail and Stock" in found.says


def test_is_content_with_a_queue_for_each() -> None:
    """Queues take the burst."""
    assert said(fan_out_into_functions, CLEAN) == []


def test_does_not_count_an_unknown_subscriber() -> None:
    """What is subscribed only after the deployment is not counted."""
    assert said(fan_out_into_functions, UNKNOWN) == []


def test_leaves_out_a_topic_that_feeds_a_queue_too() -> None:
    """Who knows queues chose the functions with open eyes."""
    mixed = fanned_out(Queue=resource("SQS::Queue"), ToQueue=subscription(arn("Queue"), "sqs"))

    assert said(fan_out_into_functions, mixed) == []


def test_leaves_out_functions_that_are_bounded_and_keep_their_failures() -> None:
    """A reservation and a dead-letter queue do much of what a queue would."""
    bounded = t.function(
        ReservedConcurrentExecutions=5, DeadLetterConfig={"TargetArn": arn("Letters")}
    )

    assert said(fan_out_into_functions, fanned_out(bounded, Letters=resource("SQS::Queue"))) == []
