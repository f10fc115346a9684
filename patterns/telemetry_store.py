"""The newest value of each item of each device, and a building's in one query: DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from patterns._acknowledgements import (
    AWS_KEY_OF_TABLE,
    NO_RECOVERY,
    UNBOUNDED_TABLE,
    UNPROTECTED_TABLE,
    acknowledge,
    acknowledge_key,
)
from patterns._alarms import alarm, alarm_over, operator_alarms
from patterns._asked import minutes
from patterns._flows import environment_name
from patterns._off import Off
from patterns._own import refuse_beside

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

# What a new table on demand takes at once (docs.aws.amazon.com/amazondynamodb/latest/
# developerguide/on-demand-capacity-mode.html, "Initial throughput").
_MAX_WRITE_UNITS = 4_000
_MAX_READ_UNITS = 12_000
# Room for what comes while capacity is added, which takes minutes.
_BUSY_PERCENT = 70
_WRITES = ("PutItem", "UpdateItem", "BatchWriteItem")
_QUERIES = ("Query",)
# Without a sort key there is nothing to query: items are read by their keys.
_GETS = ("GetItem", "BatchGetItem")


class TelemetryStore(Construct):
    """A table with one item for each data item of each device, under its building's key.

    A write is as small as the data item that changed, and all of a building is one query. Kept
    when its stack goes, recoverable to any second of the last 35 days, bounded in what it takes
    and bills; alarms watch refused calls and DynamoDB's own errors.

    Example:
        `store = TelemetryStore(self, "Current")`, `ingest.writes(store)`, `api.reads(store)`

    Args:
        scope: Parent construct.
        construct_id: Also names the variable of what uses it: `Current` gives
            CURRENT_TABLE_NAME.
        partition_key: Name of the key that is read as a whole, a text.
        sort_key: Name of the key within it, a text: `device#item`. None: no sort key; then items
            are read by their keys.
        ttl: Attribute with the second (since 1970) at which an item expires. None: none does.
        max_write_units: Write units a second, above which it refuses. None: 4,000, what a new
            table takes at once. `Off(reason)` for no ceiling.
        max_read_units: Read units a second, likewise. None: 12,000.
        min_write_units: Provision these, and scale from them to the maximum at 70 % use; cheaper
            than on demand where the load is steady, and billed by the hour. None: on demand.
        min_read_units: Likewise for reading; both or neither.
        changes: Keep a stream of all changes for a day; `worker.consumes(store)` reads it, with a
            dead-letter queue for what fails.
        change_age_alarm: How far a reader of the changes may be behind. None: 1 minute.
        key: KMS key. None: DynamoDB's own, which costs nothing a month.
        recovery: `Off(reason)` for no point-in-time recovery, which is billed by the GB.
        protection: `Off(reason)` to let the table go with its stack.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        table: Your own table instead, with these keys; only alarms are added to it.

    Attributes:
        construct_id: The id it was made with.
        table: The table.
        iterator_age_alarm: How far a reader of the changes may be behind.
        alarms: By name: `write_throttles`, `read_throttles`, `system_errors`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    construct_id: str
    table: dynamodb.ITable
    iterator_age_alarm: cdk.Duration
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        partition_key: str = "building_id",
        sort_key: str | None = "device_item",
        ttl: str | None = None,
        max_write_units: int | Off | None = None,
        max_read_units: int | Off | None = None,
        min_write_units: int | None = None,
        min_read_units: int | None = None,
        changes: bool = False,
        change_age_alarm: cdk.Duration | None = None,
        key: kms.IKey | None = None,
        recovery: Off | None = None,
        protection: Off | None = None,
        alarms_to: sns.ITopic | None = None,
        table: dynamodb.ITable | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.construct_id = construct_id
        self._changes = changes or (table is not None and table.table_stream_arn is not None)
        if change_age_alarm is not None and not self._changes:
            message = (
                "change_age_alarm without changes: no stream has an age to watch: give "
                "changes=True, or leave it out"
            )
            raise ValueError(message)
        self.iterator_age_alarm = change_age_alarm or minutes(1)
        self._names = _names(partition_key, sort_key, ttl)
        if table is not None:
            refuse_beside(
                "table",
                table,
                "table",
                ttl=ttl,
                max_write_units=max_write_units,
                max_read_units=max_read_units,
                min_write_units=min_write_units,
                min_read_units=min_read_units,
                changes=changes,
                key=key,
                recovery=recovery,
                protection=protection,
            )
            self.table = table
            self._key = table.encryption_key
        else:
            write = _bounds("write", min_write_units, max_write_units, _MAX_WRITE_UNITS)
            read = _bounds("read", min_read_units, max_read_units, _MAX_READ_UNITS)
            if (min_write_units is None) != (min_read_units is None):
                message = (
                    f"min_write_units={min_write_units}, min_read_units={min_read_units}: a table "
                    "is provisioned for both or for neither: give both, or leave both out"
                )
                raise ValueError(message)
            self._key = key
            self.table = self._make(
                ttl, write, read, changes=changes, recovery=recovery, protection=protection
            )
        self.alarms = self._watch(alarms_to or operator_alarms(scope))

    def _make(
        self,
        ttl: str | None,
        write: tuple[int | None, int | Off],
        read: tuple[int | None, int | Off],
        *,
        changes: bool,
        recovery: Off | None,
        protection: Off | None,
    ) -> dynamodb.Table:
        provisioned = write[0] is not None
        partition, *sort = (
            dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
            for name in self._names
        )
        made = dynamodb.Table(
            self,
            # This id alone leaves no trace in the logical id: a table that was made without this
            # construct, under the same id, stays the same.
            "Default",
            partition_key=partition,
            sort_key=sort[0] if sort else None,
            time_to_live_attribute=ttl,
            billing_mode=dynamodb.BillingMode.PROVISIONED
            if provisioned
            else dynamodb.BillingMode.PAY_PER_REQUEST,
            write_capacity=write[0],
            read_capacity=read[0],
            max_write_request_units=None if provisioned else _ceiling(write),
            max_read_request_units=None if provisioned else _ceiling(read),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if changes else None,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if self._key else None,
            encryption_key=self._key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=recovery is None
            ),
            deletion_protection=protection is None,
            removal_policy=cdk.RemovalPolicy.RETAIN
            if protection is None
            else cdk.RemovalPolicy.DESTROY,
        )
        if write[0] is not None and read[0] is not None:
            # Both maxima are numbers: _bounds() refuses Off beside a minimum.
            made.auto_scale_write_capacity(
                min_capacity=write[0], max_capacity=_ceiling(write) or write[0]
            ).scale_on_utilization(target_utilization_percent=_BUSY_PERCENT)
            made.auto_scale_read_capacity(
                min_capacity=read[0], max_capacity=_ceiling(read) or read[0]
            ).scale_on_utilization(target_utilization_percent=_BUSY_PERCENT)
        if self._key is None:
            acknowledge(made, AWS_KEY_OF_TABLE)
        if recovery is not None:
            acknowledge(made, NO_RECOVERY.because(recovery.reason))
        if protection is not None:
            acknowledge(made, UNPROTECTED_TABLE.because(protection.reason))
        unbounded = [most for _, most in (write, read) if isinstance(most, Off)]
        if unbounded:
            acknowledge(made, UNBOUNDED_TABLE.because(unbounded[0].reason))
        return made

    def _watch(self, alarms_to: sns.ITopic) -> dict[str, cloudwatch.CfnAlarm]:
        dimensions = {"TableName": self.table.table_name}
        says = "{}: {} are refused. One partition key is hot, or the table's maximum is too low."
        made = {
            f"{kind}_throttles": alarm(
                self,
                f"{kind.capitalize()}sRefused",
                says=says.format(self.construct_id, f"{kind}s"),
                namespace="AWS/DynamoDB",
                metric=f"{kind.capitalize()}ThrottleEvents",
                dimensions=dimensions,
                above=0,
                statistic="Sum",
                minutes=3,
                tells=alarms_to,
            )
            for kind in ("write", "read")
        }
        return made | {
            "system_errors": alarm_over(
                self,
                "SystemErrors",
                says=f"{self.construct_id}: DynamoDB itself fails. Callers try again; nothing is "
                "lost as long as their sources keep what they send.",
                namespace="AWS/DynamoDB",
                metric="SystemErrors",
                dimensions=dimensions,
                # The metric exists for each operation alone (docs.aws.amazon.com/amazondynamodb/
                # latest/developerguide/metrics-dimensions.html).
                over=("Operation", (*_WRITES, *self._read_actions())),
                above=0,
                minutes=3,
                tells=alarms_to,
            )
        }

    def _read_actions(self) -> tuple[str, ...]:
        return _QUERIES if len(self._names) > 1 else _GETS

    def address(self) -> tuple[str, str]:
        """The environment variable of what uses this table: `<ID>_TABLE_NAME`."""
        return environment_name(self.construct_id, "TABLE_NAME"), self.table.table_name

    def grant_writes(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` put and update items, alone and in batches."""
        self._grant(grantee, _WRITES)
        if self._key is not None:
            self._key.grant_encrypt_decrypt(grantee)
            acknowledge_key(grantee, self._key)

    def grant_reads(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` query a partition; without a sort key, get items by their keys."""
        self._grant(grantee, self._read_actions())
        if self._key is not None:
            self._key.grant_decrypt(grantee)

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` read the stream of changes."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            resource_arns=[self.stream_arn],
        )
        if self._key is not None:
            self._key.grant_decrypt(grantee)

    @property
    def stream_arn(self) -> str:
        """The ARN of the stream of changes.

        Raises:
            ValueError: The table has none.
        """
        arn = self.table.table_stream_arn if self._changes else None
        if arn is None:
            message = (
                f"{self.node.path} has no stream of changes to consume: make it with changes=True, "
                "or give your own table a stream"
            )
            raise ValueError(message)
        return arn

    def _grant(self, grantee: iam.IGrantable, operations: tuple[str, ...]) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"dynamodb:{operation}" for operation in operations],
            resource_arns=[self.table.table_arn],
        )


def _names(partition_key: str, sort_key: str | None, ttl: str | None) -> tuple[str, ...]:
    names = (partition_key,) if sort_key is None else (partition_key, sort_key)
    for name in names:
        if not name.strip():
            message = f"key name {name!r}: a key needs a name, e.g. 'building_id'"
            raise ValueError(message)
    if len(set(names)) < len(names) or ttl in names:
        message = (
            f"partition_key={partition_key!r}, sort_key={sort_key!r}, ttl={ttl!r}: each is an "
            "attribute of its own: give them different names"
        )
        raise ValueError(message)
    return names


def _bounds(
    kind: str, least: int | None, most: int | Off | None, usual: int
) -> tuple[int | None, int | Off]:
    bound = usual if most is None else most
    if isinstance(bound, Off):
        if least is not None:
            message = (
                f"max_{kind}_units=Off beside min_{kind}_units={least}: what scales needs a "
                "ceiling: give a number"
            )
            raise ValueError(message)
        return least, bound
    if bound < 1 or (least is not None and not 1 <= least <= bound):
        message = (
            f"min_{kind}_units={least}, max_{kind}_units={bound}: give 1 or more, and no minimum "
            "above the maximum"
        )
        raise ValueError(message)
    return least, bound


def _ceiling(bounds: tuple[int | None, int | Off]) -> int | None:
    return None if isinstance(bounds[1], Off) else bounds[1]
