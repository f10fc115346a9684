"""One event to many: SNS, with a queue for each subscriber."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns._acknowledgements import acknowledge_key
from patterns._alarms import operator_alarms
from patterns._asked import arn_of, service, stack_of
from patterns._defaults import dead_letter_queue
from patterns._flows import environment_name
from patterns._own import refuse_beside
from patterns.point_to_point_queue import PointToPointQueue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FanOut(Construct):
    """A topic that delivers each event to any number of queues.

    A queue for each subscriber, so that a slow one delays nobody and a burst waits; a dead-letter
    queue for each subscription, for what cannot be delivered. A new subscriber changes neither
    the topic nor the others. Encrypted, TLS only; traced unless `fifo`, for which SNS has no
    active tracing.

    Example:
        `orders = FanOut(self, "OrderEvents")` and `orders.delivers_to(billing)`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variable: `OrderEvents` gives
            ORDER_EVENTS_TOPIC_ARN.
        fifo: Keep the order within a message group; subscribers may be FIFO queues.
        key: KMS key. None: the account's AWS-managed key for SNS, which costs nothing a month.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        topic: Your own topic instead; then `fifo`, `key`, TLS and tracing are its own affair.

    Attributes:
        topic: The topic.
        subscriptions: By the id of the subscribed queue.
        undelivered: The dead-letter queue of each subscription, by the same id.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    topic: sns.ITopic
    subscriptions: dict[str, sns.Subscription]
    undelivered: dict[str, sqs.Queue]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fifo: bool = False,
        key: kms.IKey | None = None,
        alarms_to: sns.ITopic | None = None,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if topic is not None:
            refuse_beside("topic", topic, "topic", fifo=fifo, key=key)
        self._id = construct_id
        self._key = key or (topic.master_key if topic is not None else None)
        self._alarms_to = alarms_to or operator_alarms(scope)
        self.subscriptions = {}
        self.undelivered = {}
        self.topic = topic or sns.Topic(
            self,
            "Topic",
            fifo=fifo or None,
            content_based_deduplication=True if fifo else None,
            master_key=key or kms.Alias.from_alias_name(self, "Key", "alias/aws/sns"),
            enforce_ssl=True,
            tracing_config=None if fifo else sns.TracingConfig.ACTIVE,
        )

    def delivers_to(
        self,
        queue: PointToPointQueue,
        *,
        only: Mapping[str, Sequence[str]] | None = None,
        raw: bool = True,
    ) -> None:
        """Subscribes a queue.

        Args:
            queue: Gets each event, or those that `only` lets through.
            only: Message attribute to the values that pass, e.g. `{"type": ["order.paid"]}`; all
                attributes must match. None: everything.
            raw: Deliver the message as it was published, without SNS's envelope.

        Raises:
            ValueError: A FIFO queue on a standard topic, or a queue that is subscribed already.
        """
        if queue.fifo and not self.topic.fifo:
            message = (
                f"{queue.node.path} is a FIFO queue and {self.node.path} a standard topic: SNS "
                "delivers only FIFO topics to FIFO queues; make it FanOut(..., fifo=True), or "
                "subscribe a standard queue"
            )
            raise ValueError(message)
        name = queue.construct_id
        if name in self.subscriptions:
            message = (
                f"{self.node.path} delivers to a queue of id {name!r} already: one subscription a "
                "queue; widen its filter, or give the other queue an id of its own"
            )
            raise ValueError(message)
        for attribute, values in (only or {}).items():
            if isinstance(values, str) or not values:
                message = (
                    f"{self.node.path}.delivers_to({name}): the filter {attribute!r} is "
                    f"{values!r} and would let nothing through: give a list of values, e.g. "
                    f'{{{attribute!r}: ["order.paid"]}}'
                )
                raise ValueError(message)
        # In a stack of its own a subscriber owns its subscription: two stacks may not refer to
        # each other, and the topic's stays as it is.
        inside = stack_of(queue) == stack_of(self)
        undelivered = dead_letter_queue(
            self if inside else queue,
            f"Undelivered{name}" if inside else f"UndeliveredBy{self._id}",
            owner=self._id,
            alarms_to=self._alarms_to,
            fifo=self.topic.fifo,
        )
        self._may_send_to(queue.queue)
        self.undelivered[name] = undelivered
        self.subscriptions[name] = sns.Subscription(
            self if inside else queue,
            f"To{name}" if inside else f"From{self._id}",
            topic=self.topic,
            protocol=sns.SubscriptionProtocol.SQS,
            endpoint=queue.queue.queue_arn,
            raw_message_delivery=raw,
            filter_policy={
                attribute: sns.SubscriptionFilter.string_filter(allowlist=list(values))
                for attribute, values in only.items()
            }
            if only
            else None,
            dead_letter_queue=undelivered,
        )

    def _may_send_to(self, queue: sqs.IQueue) -> None:
        sns_service = service("sns.amazonaws.com")
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[sns_service],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": arn_of(self.topic)}},
            )
        )
        if queue.encryption_master_key is not None:
            queue.encryption_master_key.grant(sns_service, "kms:Decrypt", "kms:GenerateDataKey")

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this topic: `<ID>_TOPIC_ARN`."""
        return environment_name(self._id, "TOPIC_ARN"), arn_of(self.topic)

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` publish."""
        self.topic.grant_publish(grantee)
        acknowledge_key(grantee, self._key)
