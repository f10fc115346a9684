"""SQS and SNS: queues, topics, subscriptions, and the policies that open them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.json_text import read_json
from hinagata.topology.edges.target import is_function, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, alternatives

if TYPE_CHECKING:
    from hinagata.topology.world import World

QUEUE = "AWS::SQS::Queue"
TOPIC = "AWS::SNS::Topic"


def dead_letters(source: Node, via: Node, world: World) -> Iterator[Edge]:
    """Yields the edges to the dead-letter queue of a redrive policy.

    Args:
        source: What messages come from that are not delivered.
        via: The resource that has the policy.
        world: Where to look for the queue.
    """
    for policy in alternatives(via.get("RedrivePolicy")):
        # It may be a mapping, or the same as a text of JSON.
        mapping = read_json(policy) if isinstance(policy, str) else policy
        queue_arn = walk(mapping, "deadLetterTargetArn")
        for queue, _ in targets_of(queue_arn, world, named=QUEUE):
            yield Edge(source, queue, Kind.DEAD_LETTER, via)


def _queue(queue: Node, world: World) -> Iterator[Edge]:
    yield from dead_letters(queue, queue, world)


def _topic(topic: Node, world: World) -> Iterator[Edge]:
    for subscription in topic.items("Subscription") or ():
        yield from _delivers(topic, walk(subscription, "Endpoint"), topic, world)


def _subscription(subscription: Node, world: World) -> Iterator[Edge]:
    topics = [topic for topic, _ in targets(subscription, world, "TopicArn")]
    if not topics and (given := world.given(subscription, "TopicArn")):
        topics.append(given)
    for topic in topics:
        yield from _delivers(topic, subscription.get("Endpoint"), subscription, world)
        yield from dead_letters(topic, subscription, world)


def _delivers(topic: Node, endpoint: Value, via: Node, world: World) -> Iterator[Edge]:
    for target, through in targets_of(endpoint, world):
        kind = Kind.INVOKES_ASYNC if is_function(target) else Kind.DELIVERS
        yield Edge(topic, target, kind, via, through)


def permits(property_: str, type_: str) -> Builder:
    """Returns the builder of a resource policy that names what it opens in one property."""

    def build(policy: Node, world: World) -> Iterator[Edge]:
        for resource, _ in targets(policy, world, property_, named=type_):
            yield Edge(policy, resource, Kind.PERMITS, policy)

    return build


BUILDERS: dict[str, Builder] = {
    QUEUE: _queue,
    TOPIC: _topic,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::TopicInlinePolicy": permits("TopicArn", TOPIC),
    "AWS::SNS::TopicPolicy": permits("Topics", TOPIC),
    "AWS::SQS::QueueInlinePolicy": permits("Queue", QUEUE),
    "AWS::SQS::QueuePolicy": permits("Queues", QUEUE),
}
