"""What queues, topics and subscriptions say."""

from __future__ import annotations

import json

from hinagata.topology.reading import topology_of
from tests.workbench.topology.edges.reading import (
    ALIAS,
    FUNCTION,
    QUEUE,
    TOPIC,
    arn,
    lines,
    read,
    ref,
    resource,
)


def test_a_queue_names_its_dead_letter_queue() -> None:
    """As a mapping, as a text of JSON, or by an imported ARN."""
    outside = "arn:aws:sqs:eu-west-1:123456789012:dead"
    topology = read(
        Dead=resource("SQS::Queue", QueueName="dead"),
        Orders=resource("SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Dead")}),
        Written=resource("SQS::Queue", RedrivePolicy=json.dumps({"deadLetterTargetArn": outside})),
        Imported=resource("SQS::Queue", RedrivePolicy={"deadLetterTargetArn": f"{outside}-else"}),
        Broken=resource("SQS::Queue", RedrivePolicy="{"),
    )

    assert lines(topology) == [
        "Orders dead_letter Dead",
        "Written dead_letter Dead",
        f"Imported dead_letter {outside}-else",
    ]


def test_a_topic_delivers_to_queues_and_invokes_functions() -> None:
    """What a subscription cannot deliver goes to its own dead-letter queue."""
    topology = read(
        News=TOPIC,
        Orders=QUEUE,
        Dead=QUEUE,
        Work=FUNCTION,
        Live=ALIAS,
        ToOrders=resource(
            "SNS::Subscription",
            TopicArn=ref("News"),
            Protocol="sqs",
            Endpoint=arn("Orders"),
            RedrivePolicy={"deadLetterTargetArn": arn("Dead")},
        ),
        ToWork=resource(
            "SNS::Subscription", TopicArn=ref("News"), Protocol="lambda", Endpoint=ref("Live")
        ),
        ToSomebody=resource(
            "SNS::Subscription", TopicArn=ref("News"), Protocol="email", Endpoint="a@b.example"
        ),
    )

    assert lines(topology) == [
        "News invokes_async Work via ToWork through Live",
        "News delivers Orders via ToOrders",
        "News dead_letter Dead via ToOrders",
        "Live versions Work",
    ]


def test_a_topic_may_hold_its_subscriptions_itself() -> None:
    """Then it is the one that declares them."""
    topology = read(
        News=resource("SNS::Topic", Subscription=[{"Protocol": "sqs", "Endpoint": arn("Orders")}]),
        Orders=QUEUE,
    )

    assert lines(topology) == ["News delivers Orders"]


def test_policies_open_queues_and_topics() -> None:
    """Each that they are attached to."""
    topology = read(
        News=TOPIC,
        Orders=QUEUE,
        Letters=QUEUE,
        QueuePolicy=resource("SQS::QueuePolicy", Queues=[ref("Orders"), ref("Letters")]),
        TopicPolicy=resource("SNS::TopicPolicy", Topics=[ref("News")]),
        Inline=resource("SNS::TopicInlinePolicy", TopicArn=ref("News")),
    )

    assert lines(topology) == [
        "QueuePolicy permits Orders",
        "QueuePolicy permits Letters",
        "TopicPolicy permits News",
        "Inline permits News",
    ]


def test_a_topic_that_only_the_deployment_knows_still_delivers() -> None:
    """A parameter names it; what is delivered is retried and lost like any other."""
    template = {
        "Parameters": {"News": {"Type": "String"}},
        "Resources": {
            "Orders": QUEUE,
            "Subscription": resource(
                "SNS::Subscription", TopicArn=ref("News"), Protocol="sqs", Endpoint=arn("Orders")
            ),
        },
    }

    assert lines(topology_of(Shop=template)) == ["Shop/News delivers Orders via Subscription"]
