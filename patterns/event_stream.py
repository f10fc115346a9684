"""An ordered flow that can be read again: Kinesis Data Streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from patterns._acknowledgements import OWN_STREAM_KEY, acknowledge, acknowledge_key
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_words, minutes, seconds
from patterns._flows import environment_name
from patterns._own import refuse_beside

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

# docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
_SHORTEST_RETENTION_HOURS = 24
_LONGEST_RETENTION_HOURS = 8760


class EventStream(Construct):
    """A stream that keeps the order of each key and can be replayed.

    Encrypted, with alarms on how far its readers are behind and on refused writes. A shard takes
    1,000 records or 1 MB a second.

    Example:
        `telemetry = EventStream(self, "Telemetry", shards=2)`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variable: `Telemetry` gives TELEMETRY_STREAM_NAME.
        shards: How many shards, paid by the hour. None: 1, unless `on_demand`.
        on_demand: Let Kinesis choose the shards; dearer a record, nothing to size.
        retention: How long records can be read again, 24 h to 365 days. None: 24 h; more costs
            by the shard and hour.
        key: KMS key. None: the AWS-managed key for Kinesis.
        iterator_age_alarm: How far a reader may be behind. None: 1 minute.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        stream: Your own stream instead; only alarms are added to it.

    Attributes:
        construct_id: The id it was made with.
        stream: The stream.
        shards: How many shards; None on demand or for your own stream.
        iterator_age_alarm: How far a reader may be behind; each reader's own alarm takes it too.
        alarms: By name: `iterator_age`, `write_throttles`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    construct_id: str
    stream: kinesis.IStream
    shards: int | None
    iterator_age_alarm: cdk.Duration
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shards: int | None = None,
        on_demand: bool = False,
        retention: cdk.Duration | None = None,
        key: kms.IKey | None = None,
        iterator_age_alarm: cdk.Duration | None = None,
        alarms_to: sns.ITopic | None = None,
        stream: kinesis.IStream | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.construct_id = construct_id
        alarms_to = alarms_to or operator_alarms(scope)
        _check(shards, on_demand=on_demand, retention=retention)
        if stream is not None:
            refuse_beside(
                "stream",
                stream,
                "stream",
                shards=shards,
                on_demand=on_demand,
                retention=retention,
                key=key,
            )
            self.stream, self.shards = stream, None
            key = stream.encryption_key
        else:
            self.shards = None if on_demand else shards or 1
            self.stream = kinesis.Stream(
                self,
                "Stream",
                shard_count=self.shards,
                stream_mode=kinesis.StreamMode.ON_DEMAND
                if on_demand
                else kinesis.StreamMode.PROVISIONED,
                retention_period=retention or cdk.Duration.hours(_SHORTEST_RETENTION_HOURS),
                encryption=kinesis.StreamEncryption.KMS
                if key
                else kinesis.StreamEncryption.MANAGED,
                encryption_key=key,
                # A stream holds data in flight; what must stay is in its consumers' stores.
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )
            if key is not None:
                acknowledge(self.stream, OWN_STREAM_KEY)
        self._key = key
        self.iterator_age_alarm = age = iterator_age_alarm or minutes(1)
        _check_age(seconds(age), seconds(retention))
        dimensions = {"StreamName": self.stream.stream_name}
        self.alarms = {
            "iterator_age": alarm(
                self,
                "ReadersBehind",
                says=f"{construct_id}: readers are {in_words(age)} behind. A record "
                "fails again and again, or the consumer is too slow.",
                namespace="AWS/Kinesis",
                metric="GetRecords.IteratorAgeMilliseconds",
                dimensions=dimensions,
                above=age.to_milliseconds(),
                minutes=3,
                tells=alarms_to,
            ),
            "write_throttles": alarm(
                self,
                "WritesRefused",
                says=f"{construct_id}: writes are refused. A key is hot, or shards are too few.",
                namespace="AWS/Kinesis",
                metric="WriteProvisionedThroughputExceeded",
                dimensions=dimensions,
                above=0,
                statistic="Sum",
                minutes=3,
                tells=alarms_to,
            ),
        }

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this stream: `<ID>_STREAM_NAME`."""
        return environment_name(self.construct_id, "STREAM_NAME"), self.stream.stream_name

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` put records."""
        self.stream.grant_write(grantee)
        acknowledge_key(grantee, self._key)

    @property
    def stream_arn(self) -> str:
        """The stream's ARN."""
        return self.stream.stream_arn

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` read records."""
        self.stream.grant_read(grantee)


def _check(shards: int | None, *, on_demand: bool, retention: cdk.Duration | None) -> None:
    if on_demand and shards is not None:
        message = f"shards={shards} and on_demand=True exclude each other: give one of them"
        raise ValueError(message)
    if shards is not None and shards < 1:
        message = (
            f"shards={shards}: a stream has at least 1 shard: give one for each "
            "1,000 records or 1 MB a second"
        )
        raise ValueError(message)
    kept = seconds(retention)
    if kept is not None and not (
        _SHORTEST_RETENTION_HOURS <= kept / 3600 <= _LONGEST_RETENTION_HOURS
    ):
        message = (
            f"retention of {kept / 3600:g} h: Kinesis keeps records for 24 h to 8760 h (365 days): "
            "give a time between, or leave it out for 24 h"
        )
        raise ValueError(message)


def _check_age(age: float | None, kept: float | None) -> None:
    kept = kept or _SHORTEST_RETENTION_HOURS * 3600
    if age is not None and age >= kept:
        message = (
            f"iterator_age_alarm of {age:g} s could never fire: the stream forgets a record after "
            f"{kept:g} s: give less"
        )
        raise ValueError(message)
