"""The house's opinion about each service, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs

from patterns._acknowledgements import (
    AWS_KEY_OF_LOGS,
    DEAD_LETTER_QUEUE,
    SQS_KEYS,
    acknowledge,
)
from patterns._alarms import alarm
from patterns._asked import days

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

# Long enough to look into last month's incident; "kept for ever" is a cost nobody decided on.
LOG_RETENTION = logs.RetentionDays.ONE_MONTH
# The longest that SQS keeps a message. Age counts from the first send, so a dead-letter queue
# must keep longer than its source (docs.aws.amazon.com/AWSSimpleQueueService/latest/
# SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html).
DEAD_LETTER_RETENTION_DAYS = 14
MAX_RECEIVE_COUNT = 5
# AWS's advice for a queue that Lambda polls: six times the function's timeout, plus the batching
# window (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
VISIBILITY_TIMEOUTS = 6


def log_group(scope: Construct, construct_id: str) -> logs.LogGroup:
    """A log group that forgets after a month and goes with its stack."""
    group = logs.LogGroup(
        scope,
        construct_id,
        retention=LOG_RETENTION,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    acknowledge(group, AWS_KEY_OF_LOGS)
    return group


def encryption(key: kms.IKey | None) -> sqs.QueueEncryption:
    """SQS's own keys (free, and SNS may write), or the given key."""
    return sqs.QueueEncryption.SQS_MANAGED if key is None else sqs.QueueEncryption.KMS


def dead_letter_queue(
    scope: Construct,
    construct_id: str,
    *,
    owner: str,
    alarms_to: sns.ITopic,
    fifo: bool = False,
    key: kms.IKey | None = None,
) -> sqs.Queue:
    """A queue for what could not be processed: kept 14 days, watched by an alarm.

    Args:
        scope: The pattern it belongs to.
        construct_id: Id below `scope`.
        owner: The pattern's name, for the person whom the alarm tells.
        alarms_to: Topic that the alarm tells.
        fifo: For a FIFO source.
        key: KMS key. None: SQS's own keys.
    """
    queue = sqs.Queue(
        scope,
        construct_id,
        fifo=fifo or None,
        retention_period=days(DEAD_LETTER_RETENTION_DAYS),
        encryption=encryption(key),
        encryption_master_key=key,
        enforce_ssl=True,
    )
    acknowledge(queue, DEAD_LETTER_QUEUE, *([] if key else [SQS_KEYS]))
    watch_dead_letters(scope, construct_id, queue, owner=owner, alarms_to=alarms_to)
    return queue


def watch_dead_letters(
    scope: Construct, construct_id: str, queue: sqs.IQueue, *, owner: str, alarms_to: sns.ITopic
) -> None:
    """An alarm that tells as soon as a message lies in a dead-letter queue."""
    alarm(
        scope,
        f"{construct_id}NotEmpty",
        says=f"{owner}: messages lie in the dead-letter queue {construct_id}. "
        "Read one, mend the cause, then redrive.",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue.queue_name},
        above=0,
        tells=alarms_to,
    )
