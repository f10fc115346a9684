"""FanOut: what it promises, and what it refuses."""

import json
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from patterns import FanOut, PointToPointQueue
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def test_a_subscriber_gets_what_its_filter_lets_through(template: Templates) -> None:
    """A subscription delivers the published message itself, filtered, to the subscriber's queue."""
    stack = template("FanOut")
    subscription = stack.one("SNS::Subscription")

    assert stack.target(subscription["TopicArn"]).path == "Events/Topic/Resource"
    assert stack.target(subscription["Endpoint"]).path == "Invoices/Queue/Resource"
    assert subscription["FilterPolicy"] == {"type": ["order.paid"]}
    assert subscription["RawMessageDelivery"] is True
    assert (
        template("FanOutMore")
        .one("SNS::Subscription", "Events/ToParcels")
        .get("RawMessageDelivery", False)
        is False
    )


def test_only_this_topic_may_send_to_a_subscriber(template: Templates) -> None:
    """A subscriber's queue lets SNS in for this topic alone, as does its dead-letter queue."""
    stack = template("FanOut")
    topic = stack.one("SNS::Topic", "Events")

    for policy in (
        stack.one("SQS::QueuePolicy", "Invoices/Queue"),
        stack.one("SQS::QueuePolicy", "Events/UndeliveredInvoices"),
    ):
        (allow,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        assert allow["Action"] == "sqs:SendMessage"
        assert allow["Principal"] == {"Service": "sns.amazonaws.com"}
        assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": topic.logical_id}}}


def test_a_new_subscriber_changes_nothing_else(template: Templates) -> None:
    """One more subscriber adds resources; every other one stays as it was, to the letter."""
    before, after = template("FanOut").plain(), template("FanOutMore").plain()

    assert {name: after[name] for name in before} == before
    added = {template("FanOutMore").resources[name].path for name in after.keys() - before.keys()}
    assert all("Parcels" in path for path in added)


def test_a_publisher_may_publish_and_nothing_else(template: Templates) -> None:
    """A sender gets the topic's address, and the right to publish to it."""
    stack = template("FanOut")
    seller = stack.one("Lambda::Function", "Seller")
    allowed = stack.may(stack.role(seller))

    assert stack.target(seller.environment["EVENTS_TOPIC_ARN"]).path == "Events/Topic/Resource"
    assert {a for a in allowed if a.startswith("sns:")} == {"sns:Publish"}
    assert allowed["sns:Publish"] == ["Events/Topic/Resource"]


def test_an_ordered_topic_reaches_ordered_queues(template: Templates) -> None:
    """A FIFO topic delivers to FIFO and standard queues; its dead letters keep the order."""
    stack = template("FanOutFifo")
    topic = stack.one("SNS::Topic", "Events")

    assert topic["FifoTopic"] is topic["ContentBasedDeduplication"] is True
    assert stack.one("SQS::Queue", "Events/UndeliveredInvoices")["FifoQueue"] is True
    assert stack.one("SQS::Queue", "Events/UndeliveredParcels")["FifoQueue"] is True
    assert "FifoQueue" not in stack.one("SQS::Queue", "Parcels/Queue").properties


def test_the_key_costs_nothing_unless_you_bring_one(template: Templates) -> None:
    """A topic is encrypted under the AWS-managed key, or yours, which its publishers may use."""
    keyed = template("FanOutKeyed")
    allowed = keyed.may(keyed.role(keyed.one("Lambda::Function", "Seller")))

    assert "alias/aws/sns" in json.dumps(template("FanOut").one("SNS::Topic", "Events").body)
    assert keyed.target(keyed.one("SNS::Topic", "Events")["KmsMasterKeyId"]).path == "Key/Resource"
    assert allowed["kms:Decrypt"] == allowed["kms:GenerateDataKey*"] == ["Key/Resource"]


def test_sns_may_use_a_subscribers_key(template: Templates) -> None:
    """A keyed queue lets SNS use its key, or nothing would ever arrive."""
    policy = template("FanOutKeyed").one("KMS::Key")["KeyPolicy"]
    allowing = [
        s for s in policy["Statement"] if s["Principal"] == {"Service": "sns.amazonaws.com"}
    ]

    assert [s["Action"] for s in allowing] == [["kms:Decrypt", "kms:GenerateDataKey"]]


def test_your_own_topic_gets_the_same_subscribers(template: Templates) -> None:
    """A topic from elsewhere delivers with the same dead letters, and is not made here."""
    stack = template("FanOutOwn")
    arn = "arn:aws:sns:eu-west-1:111122223333:mine"

    assert stack.one("SNS::Subscription")["TopicArn"] == arn
    assert "RedrivePolicy" in stack.one("SNS::Subscription").properties
    assert not stack.all("SNS::Topic", "Events")


def test_a_subscriber_in_another_stack_owns_its_subscription(template: Templates) -> None:
    """Across stacks the subscriber's stack needs the topic's, and never the other way round."""
    topics, subscribers = template("CrossSender"), template("CrossReceiver")

    assert not topics.all("SNS::Subscription")
    assert "Fn::ImportValue" in subscribers.one("SNS::Subscription", "Invoices")["TopicArn"]
    assert subscribers.one("SQS::Queue", "Invoices/UndeliveredByEvents")
    assert "Fn::ImportValue" not in json.dumps(topics.document)


def test_fails_if_a_fifo_queue_subscribes_to_a_standard_topic(stack: cdk.Stack) -> None:
    """SNS delivers to FIFO queues from FIFO topics only."""
    events = FanOut(stack, "Events")

    with refused("Orders is a FIFO queue", "Events a standard topic", "FanOut(..., fifo=True)"):
        events.delivers_to(PointToPointQueue(stack, "Orders", fifo=True))


def test_fails_if_a_queue_is_subscribed_twice(stack: cdk.Stack) -> None:
    """One subscription a queue: two would deliver everything twice."""
    events, orders = FanOut(stack, "Events"), PointToPointQueue(stack, "Orders")
    events.delivers_to(orders)

    with refused("one subscription a queue", "'Orders' already", "widen its filter"):
        events.delivers_to(orders)


@pytest.mark.parametrize("values", [[], "order.paid"])
def test_fails_if_a_filter_lets_nothing_through(stack: cdk.Stack, values: list[str] | str) -> None:
    """A filter is a list of values: an empty one, or a mere string, would pass no message."""
    events, orders = FanOut(stack, "Events"), PointToPointQueue(stack, "Orders")

    with refused("the filter 'type'", repr(values), "give a list of values"):
        events.delivers_to(orders, only={"type": values})


def test_fails_if_your_own_topic_is_to_be_changed(stack: cdk.Stack) -> None:
    """What your own topic is cannot be set beside it."""
    topic = sns.Topic(stack, "Mine")

    with refused("Mine is your own topic", "so key cannot be set", "where that topic is made"):
        FanOut(stack, "Events", topic=topic, key=kms.Key(stack, "Key"))
