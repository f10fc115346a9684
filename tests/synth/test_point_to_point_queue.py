"""PointToPointQueue: what it promises, and what it refuses."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from patterns import LambdaWorker, Off, PointToPointQueue
from tests.synth.exhibits import own_queue
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def test_a_queue_is_one_statement(template: Templates) -> None:
    """The smallest use makes a queue and its dead-letter queue, both watched, and no role."""
    stack = template("Queue")

    assert {q.path for q in stack.all("SQS::Queue")} == {
        "Orders/Queue/Resource",
        "Orders/DeadLetters/Resource",
    }
    assert len(stack.all("CloudWatch::Alarm", "Orders")) == 2
    assert not stack.all("IAM::Role")


def test_a_message_is_kept_for_four_days_and_dead_ones_for_fourteen(template: Templates) -> None:
    """Retention is 4 days over a long weekend, and 14 in the dead-letter queue after 5 receives."""
    queue = template("Queue").one("SQS::Queue", "Orders/Queue")
    dead = template("Queue").one("SQS::Queue", "Orders/DeadLetters")

    assert queue["MessageRetentionPeriod"] == 4 * 86400
    assert dead["MessageRetentionPeriod"] == 14 * 86400
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead.logical_id, "Arn"]},
        "maxReceiveCount": 5,
    }


def test_an_old_message_raises_an_alarm(template: Templates) -> None:
    """A message that has waited five minutes raises an alarm that says why it may."""
    stack = template("Queue")
    alarm = stack.alarm("Orders", "ApproximateAgeOfOldestMessage")

    assert alarm["Threshold"] == 300
    assert "Orders: the oldest message has waited for 5 minutes" in alarm["AlarmDescription"]
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == "QueueName"
    assert stack.target(dimension["Value"]).path == "Orders/Queue/Resource"


def test_every_setting_reaches_the_template(template: Templates) -> None:
    """Each argument of a queue has its effect."""
    stack = template("QueueFull")
    queue = stack.one("SQS::Queue", "Orders/Queue")
    dead = stack.one("SQS::Queue", "Orders/DeadLetters")

    assert queue["FifoQueue"] is dead["FifoQueue"] is True
    assert queue["ContentBasedDeduplication"] is True
    assert queue["VisibilityTimeout"] == 600
    assert queue["MessageRetentionPeriod"] == 7 * 86400
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    assert stack.target(queue["KmsMasterKeyId"]).type == "AWS::KMS::Key"
    assert stack.target(dead["KmsMasterKeyId"]).type == "AWS::KMS::Key"
    assert stack.alarm("Orders", "ApproximateAgeOfOldestMessage")["Threshold"] == 3600
    assert {str(a["AlarmActions"]) for a in stack.all("CloudWatch::Alarm", "Orders")} == {
        "['arn:aws:sns:eu-west-1:111122223333:pager']"
    }


def test_a_sender_may_send_and_not_receive(template: Templates) -> None:
    """A sender may send, with the queue's key; a worker may receive and not send."""
    stack = template("QueueFull")
    sender = stack.may(stack.role(stack.one("Lambda::Function", "Seller")))
    worker = stack.may(stack.role(stack.one("Lambda::Function", "Billing")))

    assert sender["sqs:SendMessage"] == ["Orders/Queue/Resource"]
    assert sender["kms:GenerateDataKey*"] == ["Key/Resource"]
    assert {a for a in sender if a.startswith("sqs:")} == {
        "sqs:SendMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    }
    assert {a for a in worker if a.startswith("sqs:")} == {
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueUrl",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    assert worker["kms:Decrypt"] == ["Key/Resource"]
    assert "kms:GenerateDataKey*" not in worker


def test_a_sender_is_told_the_url(template: Templates) -> None:
    """A queue of id `Orders` gives its sender ORDERS_QUEUE_URL."""
    stack = template("QueueFull")
    seller = stack.one("Lambda::Function", "Seller")

    url = seller.environment["ORDERS_QUEUE_URL"]

    assert stack.target(url).path == "Orders/Queue/Resource"


def test_a_second_consumer_grows_the_visibility_timeout(template: Templates) -> None:
    """It is six times the slowest consumer's timeout, whichever consumed first, and its window."""
    stack = template("WorkerFull")

    # Billing, first at Orders: 6 x 45 s + 20 s; Audit, first at Returns: 6 x 120 s.
    assert stack.one("SQS::Queue", "Orders/Queue")["VisibilityTimeout"] == 720
    assert stack.one("SQS::Queue", "Returns/Queue")["VisibilityTimeout"] == 720


def test_your_own_queue_stays_as_it_is(template: Templates) -> None:
    """Your own queue gets an alarm on its age and a worker, nothing else."""
    stack = template("QueueOwn")
    alarm = stack.alarm("Orders", "ApproximateAgeOfOldestMessage")

    assert stack.target(alarm["Dimensions"][0]["Value"]).path == "Mine/Resource"
    assert not stack.all("SQS::Queue", "Orders")
    assert stack.one("SQS::Queue", "Mine")["VisibilityTimeout"] == 600
    mapping = stack.one("Lambda::EventSourceMapping", "Billing")
    assert stack.target(mapping["EventSourceArn"]).path == "Mine/Resource"


def test_your_own_dead_letter_queue_is_watched_too(template: Templates) -> None:
    """A dead-letter queue that you bring has the alarm that ours has."""
    stack = template("QueueOwn")
    alarm = stack.alarm("Returns", "ApproximateNumberOfMessagesVisible")

    assert stack.target(alarm["Dimensions"][0]["Value"]).path == "Lost/Resource"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"retention": cdk.Duration.days(14)}, ["retention of 14 days", "less than 14 days"]),
        ({"max_receive_count": 0}, ["max_receive_count=0", "1 to 1000", "5 is a good number"]),
        ({"max_receive_count": 1001}, ["max_receive_count=1001", "1 to 1000"]),
        (
            {"max_receive_count": 3, "dead_letters": Off("none")},
            ["max_receive_count=3", "no effect", "leave it out"],
        ),
        (
            {"visibility_timeout": cdk.Duration.hours(13)},
            ["visibility_timeout of 46800 s", "12 hours", "leave it out"],
        ),
        (
            {"age_alarm": cdk.Duration.days(4)},
            ["age_alarm of 345600 s", "never fire", "345600 s", "give less"],
        ),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, settings: dict[str, Any], words: list[str]
) -> None:
    """A value that SQS refuses, or that switches a guard off unseen, is an error at once."""
    with refused(*words):
        PointToPointQueue(stack, "Orders", **settings)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"fifo": True}, "fifo"),
        ({"visibility_timeout": cdk.Duration.minutes(1)}, "visibility_timeout"),
        ({"retention": cdk.Duration.days(1)}, "retention"),
        ({"max_receive_count": 2}, "max_receive_count"),
        ({"dead_letters": Off("none")}, "dead_letters"),
    ],
)
def test_fails_if_your_own_queue_is_to_be_changed(
    stack: cdk.Stack, settings: dict[str, Any], name: str
) -> None:
    """A setting beside your own queue would do nothing, so it is refused by name."""
    with refused("Mine is your own queue", f"so {name} cannot be set", "where that queue is made"):
        PointToPointQueue(stack, "Orders", queue=sqs.Queue(stack, "Mine"), **settings)


def test_fails_if_dead_letters_are_of_another_kind(stack: cdk.Stack) -> None:
    """SQS moves messages only between queues of one kind."""
    with refused("Lost is a standard queue and this is a FIFO queue", "give one of the same kind"):
        PointToPointQueue(stack, "Orders", fifo=True, dead_letters=own_queue(stack, "Lost"))


def test_fails_if_dead_letters_do_not_outlive_the_queue(stack: cdk.Stack) -> None:
    """Your own dead-letter queue must keep messages for longer than the queue."""
    lost = sqs.Queue(stack, "Lost")

    with refused("Lost keeps messages 4 days", "not longer", "retention of 14 days"):
        PointToPointQueue(stack, "Orders", dead_letters=lost)


def test_fails_if_the_visibility_timeout_is_below_the_bound(stack: cdk.Stack, code: str) -> None:
    """A visibility timeout under six times the consumer's timeout is refused when it consumes."""
    orders = PointToPointQueue(stack, "Orders", visibility_timeout=cdk.Duration.seconds(100))
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)

    with refused("timeout of 100 s is below 6 x", "of 30 s", "at least 180 s"):
        worker.consumes(orders)


def test_fails_if_your_own_queues_visibility_timeout_is_below_the_bound(
    stack: cdk.Stack, code: str
) -> None:
    """The bound holds for your own queue as well, where it is made in the same app."""
    orders = PointToPointQueue(stack, "Orders", queue=sqs.Queue(stack, "Mine"))
    worker = LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code)

    with refused("timeout of 30 s is below 6 x", "at least 180 s"):
        worker.consumes(orders)
