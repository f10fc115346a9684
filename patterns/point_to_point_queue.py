"""One producer to one consumer, with a buffer between them: SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns._acknowledgements import acknowledge
from patterns._alarms import alarm, operator_alarms
from patterns._defaults import (
    DEAD_LETTER_RETENTION,
    MAX_RECEIVE_COUNT,
    VISIBILITY_TIMEOUTS,
    dead_letter_queue,
    encryption,
    seconds,
    whole_seconds,
)
from patterns._flows import environment_name
from patterns._off import Off

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

# docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
_LONGEST_VISIBILITY_SECONDS = 12 * 3600


class PointToPointQueue(Construct):
    """A queue between one producer and one consumer, that loses nothing it accepted.

    Encrypted, TLS only, with a dead-letter queue that keeps messages longer than the queue does,
    and alarms on the age of the oldest message and on dead letters.

    Example:
        `orders = PointToPointQueue(self, "Orders")`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variable: `Orders` gives ORDERS_QUEUE_URL.
        fifo: Keep the order within a message group and drop repeats sent within five minutes.
        visibility_timeout: How long a received message is hidden. None: six times its consumer's
            timeout plus the batching window, set when a worker consumes it; 30 s until then.
        retention: How long it keeps a message, under 14 days. None: 4 days, over a long weekend.
        max_receive_count: Receives before a message is moved to the dead-letter queue.
        dead_letters: None: a queue of its own, kept 14 days. Your queue, or `Off(reason)`.
        key: KMS key. None: SQS's own keys, which cost nothing.
        age_alarm: Age of the oldest message that raises the alarm. None: 5 minutes.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        queue: Your own queue instead; then nothing of it is changed, and only `alarms_to` and
            `age_alarm` may be given beside it.

    Attributes:
        queue: The queue.
        dead_letters: Its dead-letter queue; None if switched off or the queue is your own.
        alarms: By name.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    queue: sqs.IQueue
    dead_letters: sqs.IQueue | None
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fifo: bool = False,
        visibility_timeout: cdk.Duration | None = None,
        retention: cdk.Duration | None = None,
        max_receive_count: int = MAX_RECEIVE_COUNT,
        dead_letters: sqs.IQueue | Off | None = None,
        key: kms.IKey | None = None,
        age_alarm: cdk.Duration | None = None,
        alarms_to: sns.ITopic | None = None,
        queue: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._id = construct_id
        alarms_to = alarms_to or operator_alarms(self)
        retention = retention or cdk.Duration.days(4)
        self._visibility = seconds(visibility_timeout)
        self._derives_visibility = visibility_timeout is None
        self.fifo = fifo if queue is None else queue.fifo
        self.dead_letters = None
        if queue is not None:
            _refuse_beside(
                queue,
                fifo=fifo,
                visibility_timeout=visibility_timeout,
                dead_letters=dead_letters,
                key=key,
            )
            self.queue = queue
            self._derives_visibility = False
        else:
            _check(retention, max_receive_count, self._visibility)
            if not isinstance(dead_letters, Off):
                self.dead_letters = dead_letters or dead_letter_queue(
                    self, "DeadLetters", owner=construct_id, alarms_to=alarms_to, fifo=fifo, key=key
                )
            self.queue = sqs.Queue(
                self,
                "Queue",
                fifo=fifo or None,
                # A sender's own deduplication id still comes first.
                content_based_deduplication=True if fifo else None,
                visibility_timeout=visibility_timeout,
                retention_period=retention,
                encryption=encryption(key),
                encryption_master_key=key,
                enforce_ssl=True,
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead_letters, max_receive_count=max_receive_count
                )
                if self.dead_letters
                else None,
            )
            if isinstance(dead_letters, Off):
                rules = ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy", "Hinagata::FM201")
                acknowledge(self.queue, dict.fromkeys(rules, dead_letters.reason))
        age = age_alarm or cdk.Duration.minutes(5)
        self.alarms = {
            "age": alarm(
                self,
                "TooOld",
                says=f"{construct_id}: the oldest message has waited for {age.to_human_string()}. "
                "The consumer is slow, capped or failing.",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": self.queue.queue_name},
                above=age.to_seconds(),
                minutes=3,
                tells=alarms_to,
            )
        }

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this queue: `<ID>_QUEUE_URL`."""
        return environment_name(self._id, "QUEUE_URL"), self.queue.queue_url

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` send messages."""
        self.queue.grant_send_messages(grantee)

    def consumed_for(self, timeout: cdk.Duration, window: cdk.Duration | None) -> None:
        """Tells the queue how long its consumer may hold a batch; `LambdaWorker` calls it.

        Raises:
            ValueError: The visibility timeout that was asked for is too short, so that messages
                would come back while they are still being processed.
        """
        held, waited = seconds(timeout), seconds(window) or 0.0
        if held is None:
            return
        bound = VISIBILITY_TIMEOUTS * held + waited
        if bound > _LONGEST_VISIBILITY_SECONDS:
            message = (
                f"{self.node.path}: a consumer timeout of {held:g} s needs a visibility timeout "
                f"of {bound:g} s, and SQS allows 12 hours: shorten the function's timeout"
            )
            raise ValueError(message)
        if self._derives_visibility:
            self._visibility = max(self._visibility or 0.0, bound)
            resource = self.queue.node.default_child
            resource.visibility_timeout = whole_seconds(  # type: ignore[union-attr]  # a CfnQueue
                self._visibility
            ).to_seconds()
        elif self._visibility is not None and self._visibility < bound:
            message = (
                f"{self.node.path}: visibility timeout {self._visibility:g} s is below "
                f"{VISIBILITY_TIMEOUTS} x the consumer's timeout of {held:g} s + window of "
                f"{waited:g} s = {bound:g} s, so messages would return while they are processed: "
                f"leave visibility_timeout out, or give at least {bound:g} s"
            )
            raise ValueError(message)


def _check(retention: cdk.Duration, max_receive_count: int, visibility: float | None) -> None:
    kept = seconds(retention)
    if kept is not None and kept >= DEAD_LETTER_RETENTION.to_seconds():
        message = (
            f"retention of {kept / 86400:g} days: a dead-letter queue keeps 14 days at most and "
            "must outlive its source: give less than 14 days"
        )
        raise ValueError(message)
    if max_receive_count < 1:
        message = (
            f"max_receive_count is {max_receive_count}: a message must be received at least once "
            f"before it is dead; {MAX_RECEIVE_COUNT} is a good number"
        )
        raise ValueError(message)
    if visibility is not None and visibility > _LONGEST_VISIBILITY_SECONDS:
        message = f"visibility timeout of {visibility:g} s: SQS allows 12 hours at most"
        raise ValueError(message)


def _refuse_beside(queue: sqs.IQueue, **settings: object) -> None:
    given = [name for name, value in settings.items() if value]
    if given:
        message = (
            f"queue={queue.node.path} is your own queue, so {', '.join(given)} cannot be set "
            "here: set it where that queue is made"
        )
        raise ValueError(message)
