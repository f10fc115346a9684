"""A subscription's RedrivePolicy is used: what cannot reach its queue reaches the dead letters.

The emulator stores the policy and drops the message when the queue is gone or refuses it.
"""

import json
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def _apply() -> None:
    topics = emulator_module("services.sns")
    queues = emulator_module("services.sqs")
    plain_deliver = topics._deliver_to_sqs

    def deliver(endpoint: str, *args: Any, topic_arn: str = "", **kwargs: Any) -> None:
        if not _reachable(queues, endpoint, topic_arn):
            endpoint = _dead_letters(topics, endpoint, topic_arn) or endpoint
        plain_deliver(endpoint, *args, topic_arn=topic_arn, **kwargs)

    topics._deliver_to_sqs = deliver


def _reachable(queues: Any, queue_arn: str, topic_arn: str) -> bool:
    account = topic_arn.split(":")[4]
    return queues._queue_by_arn(queue_arn) is not None and queues.queue_policy_allows(
        queue_arn, "sns.amazonaws.com", topic_arn, account
    )


def _dead_letters(topics: Any, queue_arn: str, topic_arn: str) -> str | None:
    topic = topics._topic_by_arn_any_scope(topic_arn)
    for subscription in topic["subscriptions"]:
        policy = subscription.get("attributes", {}).get("RedrivePolicy")
        if subscription.get("endpoint") == queue_arn and policy:
            parsed = json.loads(policy) if isinstance(policy, str) else policy
            return str(parsed["deadLetterTargetArn"])
    return None


PATCH = Patch(
    name="topic-redrive",
    promise="a topic sends what its subscriber's queue cannot take to the subscription's dead "
    "letters",
    symbols=(
        "ministack.services.sns:_deliver_to_sqs",
        "ministack.services.sns:_topic_by_arn_any_scope",
        "ministack.services.sqs:_queue_by_arn",
        "ministack.services.sqs:queue_policy_allows",
    ),
    apply=_apply,
)
