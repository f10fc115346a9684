"""One producer to one consumer, with a buffer between them: SQS."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from patterns._acknowledgements import (
    NO_DEAD_LETTERS,
    SQS_KEYS,
    acknowledge,
    acknowledge_key,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import as_seconds, days, in_words, minutes, resource_of, seconds
from patterns._defaults import (
    DEAD_LETTER_RETENTION_DAYS,
    MAX_RECEIVE_COUNT,
    VISIBILITY_TIMEOUTS,
    dead_letter_queue,
    encryption,
    watch_dead_letters,
)
from patterns._flows import environment_name
from patterns._off import Off
from patterns._own import refuse_beside

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

# docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
_LONGEST_VISIBILITY_SECONDS = 12 * 3600
_RETENTION_DAYS = 4
_AGE_MINUTES = 5
_DEFAULT_VISIBILITY_SECONDS = 30.0
_DEFAULT_RETENTION_SECONDS = 4 * 86400.0
_MOST_RECEIVES = 1000


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
        max_receive_count: Receives before a message is moved to the dead-letter queue. None: 5.
        dead_letters: None: a queue of its own, kept 14 days. Your queue, which is watched by an
            alarm here too; or `Off(reason)`.
        key: KMS key. None: SQS's own keys, which cost nothing.
        age_alarm: Age of the oldest message that raises the alarm. None: 5 minutes.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        queue: Your own queue instead; then nothing of it is changed but what `FanOut` adds to its
            policy, and only `alarms_to` and `age_alarm` may be given beside it.

    Attributes:
        construct_id: The id it was made with.
        queue: The queue.
        dead_letters: Its dead-letter queue; None if switched off or the queue is your own.
        alarms: By name: `age`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    construct_id: str
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
        max_receive_count: int | None = None,
        dead_letters: sqs.IQueue | Off | None = None,
        key: kms.IKey | None = None,
        age_alarm: cdk.Duration | None = None,
        alarms_to: sns.ITopic | None = None,
        queue: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.construct_id = construct_id
        alarms_to = alarms_to or operator_alarms(scope)
        self._visibility = seconds(visibility_timeout)
        self._derives_visibility = visibility_timeout is None
        self.fifo = fifo if queue is None else queue.fifo
        self.dead_letters = None
        if queue is not None:
            refuse_beside(
                "queue",
                queue,
                "queue",
                fifo=fifo,
                visibility_timeout=visibility_timeout,
                retention=retention,
                max_receive_count=max_receive_count,
                dead_letters=dead_letters,
                key=key,
            )
            self.queue = queue
            self._derives_visibility = False
            self._visibility, kept = _settings(queue)
            key = queue.encryption_master_key
        else:
            retention = retention or days(_RETENTION_DAYS)
            kept = seconds(retention)
            _check(kept, max_receive_count, self._visibility, dead_letters)
            if isinstance(dead_letters, Off):
                pass
            elif dead_letters is None:
                self.dead_letters = dead_letter_queue(
                    self, "DeadLetters", owner=construct_id, alarms_to=alarms_to, fifo=fifo, key=key
                )
            else:
                _check_dead_letters(dead_letters, fifo=fifo, kept=kept)
                self.dead_letters = dead_letters
                watch_dead_letters(
                    self, "DeadLetters", dead_letters, owner=construct_id, alarms_to=alarms_to
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
                    queue=self.dead_letters,
                    max_receive_count=max_receive_count or MAX_RECEIVE_COUNT,
                )
                if self.dead_letters
                else None,
            )
            accepted = [] if key else [SQS_KEYS]
            if isinstance(dead_letters, Off):
                accepted.append(NO_DEAD_LETTERS.because(dead_letters.reason))
            acknowledge(self.queue, *accepted)
        self._key = key
        age = age_alarm or minutes(_AGE_MINUTES)
        _check_age(seconds(age), kept)
        self.alarms = {
            "age": alarm(
                self,
                "TooOld",
                says=f"{construct_id}: the oldest message has waited for {in_words(age)}. "
                "The consumer is slow, capped or failing.",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": self.queue.queue_name},
                above=as_seconds(age),
                minutes=3,
                tells=alarms_to,
            )
        }

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this queue: `<ID>_QUEUE_URL`."""
        return environment_name(self.construct_id, "QUEUE_URL"), self.queue.queue_url

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` send messages."""
        self.queue.grant_send_messages(grantee)
        acknowledge_key(grantee, self._key)

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
            resource = resource_of(self.queue)
            resource.visibility_timeout = math.ceil(self._visibility)  # type: ignore[union-attr]  # a CfnQueue
        elif self._visibility is not None and self._visibility < bound:
            message = (
                f"{self.node.path}: visibility timeout of {self._visibility:g} s is below "
                f"{VISIBILITY_TIMEOUTS} x the consumer's timeout of {held:g} s + window of "
                f"{waited:g} s = {bound:g} s, so messages would return while they are processed: "
                f"leave visibility_timeout out, or give at least {bound:g} s"
            )
            raise ValueError(message)


def _settings(queue: sqs.IQueue) -> tuple[float | None, float | None]:
    """Visibility timeout and retention of a queue made in this app; None where not known."""
    resource = resource_of(queue)
    if not isinstance(resource, sqs.CfnQueue):
        return None, None
    visibility, kept = resource.visibility_timeout, resource.message_retention_period
    return (
        _DEFAULT_VISIBILITY_SECONDS if visibility is None else _known(visibility),
        _DEFAULT_RETENTION_SECONDS if kept is None else _known(kept),
    )


def _known(value: float) -> float | None:
    return None if cdk.Token.is_unresolved(value) else float(value)


def _check(
    kept: float | None,
    max_receive_count: int | None,
    visibility: float | None,
    dead_letters: object,
) -> None:
    if kept is not None and kept >= DEAD_LETTER_RETENTION_DAYS * 86400:
        message = (
            f"retention of {kept / 86400:g} days: a dead-letter queue keeps 14 days at most and "
            "must outlive its source: give less than 14 days"
        )
        raise ValueError(message)
    if max_receive_count is not None and not 1 <= max_receive_count <= _MOST_RECEIVES:
        message = (
            f"max_receive_count={max_receive_count}: a message is received 1 to {_MOST_RECEIVES} "
            f"times before it is dead; {MAX_RECEIVE_COUNT} is a good number"
        )
        raise ValueError(message)
    if max_receive_count is not None and isinstance(dead_letters, Off):
        message = (
            f"max_receive_count={max_receive_count} has no effect without a dead-letter queue: "
            "leave it out, or dead_letters=Off(...)"
        )
        raise ValueError(message)
    if visibility is not None and visibility > _LONGEST_VISIBILITY_SECONDS:
        message = (
            f"visibility_timeout of {visibility:g} s: SQS allows 12 hours at most: leave it out, "
            "and it is derived from the consumer's timeout"
        )
        raise ValueError(message)


def _check_dead_letters(queue: sqs.IQueue, *, fifo: bool, kept: float | None) -> None:
    if queue.fifo != fifo:
        kinds = {True: "a FIFO queue", False: "a standard queue"}
        message = (
            f"dead_letters={queue.node.path} is {kinds[not fifo]} and this is {kinds[fifo]}: SQS "
            "moves messages only between queues of one kind: give one of the same kind, or leave "
            "dead_letters out"
        )
        raise ValueError(message)
    longer = _settings(queue)[1]
    if kept is not None and longer is not None and longer <= kept:
        message = (
            f"dead_letters={queue.node.path} keeps messages {longer / 86400:g} days, not longer "
            f"than this queue's {kept / 86400:g}: age counts from the first send, so they would be "
            "gone before anybody looks: give it a retention of 14 days"
        )
        raise ValueError(message)


def _check_age(age: float | None, kept: float | None) -> None:
    if age is not None and kept is not None and age >= kept:
        message = (
            f"age_alarm of {age:g} s could never fire: the queue forgets a message after "
            f"{kept:g} s: give less"
        )
        raise ValueError(message)
