"""Spans of many accounts, kept for a year and found by trace: Firehose, S3 and Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from patterns._acknowledgements import DATA_ACCESS, acknowledge
from patterns._alarms import alarm, operator_alarms
from patterns._asked import as_seconds, in_seconds, seconds, service, stack_of
from patterns._defaults import log_group
from patterns._function import logs_of
from patterns._lake_files import (
    DELIVERS_OBJECTS,
    DELIVERS_TO_BUCKET,
    ERRORS,
    HANDS_OVER,
    RETENTION_DAYS,
    SPANS,
    USES_KEY,
    acknowledge_objects,
    let_in,
    prefixes,
    result_bucket,
    span_bucket,
)
from patterns._lake_query import span_table, trace_by_id, trace_workgroup
from patterns._own import refuse_beside
from patterns.lambda_worker import LambdaWorker
from patterns.reactive_api import ReactiveApi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_athena as athena
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_glue as glue
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from patterns._off import Off

# docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html: 0 to 900 s, 1 to 128 MB.
# Few large files are read faster than many small ones.
_BUFFER_SECONDS = 300
_LONGEST_BUFFER_SECONDS = 900
_BUFFER_MB = 128
_LATE_BUFFERS = 3
# `pattern_runtime` prints a span as one line of JSON with this field; nothing else has it.
_SPANS_ALONE = '{ $.span = "*" }'


class LogLake(Construct):
    """The spans of log groups, kept for more than a year, and a trace of them by one query.

    A subscription hands the lines that are spans, and no others, to Firehose, which writes them
    into a bucket, compressed, by account and day. Athena reads the days that a query names, up to
    a limit, and needs no crawler: it knows the partitions by their form. The query `trace by id`
    finds every hop of a trace. It is for questions of last month, not of the last minute: spans
    are there after some minutes.

    The lakes of several accounts are one: each has its own, the one of the account that asks
    takes what the others deliver (`accounts`), and theirs name its bucket (`bucket`). Each account
    may write under its own prefix alone.

    Example:
        `lake = LogLake(self, "Traces")` and `lake.keeps(worker)`

    Args:
        scope: Parent construct.
        construct_id: Part of the names of its database and its workgroup.
        retention_days: How long spans are kept. None: 400 days.
        infrequent_after_days: After how many days they lie where storing is cheaper and reading
            dearer: 30 or more, and 30 or more before they expire. None: 90, or never if they
            expire before.
        result_days: How long the results of queries are kept. None: 7 days.
        buffer: How long Firehose gathers what it writes into one file, 0 to 15 minutes. None: 5
            minutes.
        age_alarm: How old spans that are not yet written may be. None: three buffers, 5 minutes
            or more.
        scan_limit: What one query may read, 10 MB or more; Athena ends one that reads more. None:
            100 GiB. `Off(reason)` for no limit.
        accounts: Ids of other accounts, whose lakes deliver into this one's bucket.
        readers: Roles that may query it, by Lake Formation: nobody else may then, whatever IAM
            allows. Whoever deploys has to be an administrator of the data lake. None: no
            resources of Lake Formation; who may query is IAM's affair, and `grant_reads` grants
            it.
        key: KMS key for spans and results. None: S3's own.
        versioning: `Off(reason)` to keep no former versions of files, which are billed for 30
            days.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.
        bucket: Your own bucket, or that of another account's lake; how long it keeps what is
            its own affair.

    Attributes:
        bucket: Where spans are kept.
        results: Where the results of queries are.
        stream: The delivery stream.
        role: What it delivers as.
        delivery_log: Its log of failed deliveries.
        database: The database of the table.
        table: The table `spans`.
        workgroup: What queries run in.
        query: The query `trace by id`.
        filters: The subscription of each log group, by the id given to `keeps` or its default.
        alarms: By name: `late`, `throttled`, `unreadable`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    bucket: s3.IBucket
    results: s3.Bucket
    stream: firehose.CfnDeliveryStream
    role: iam.Role
    delivery_log: logs.LogGroup
    database: glue.CfnDatabase
    table: glue.CfnTable
    workgroup: athena.CfnWorkGroup
    query: athena.CfnNamedQuery
    filters: dict[str, logs.CfnSubscriptionFilter]
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention_days: int | None = None,
        infrequent_after_days: int | None = None,
        result_days: int | None = None,
        buffer: cdk.Duration | None = None,
        age_alarm: cdk.Duration | None = None,
        scan_limit: cdk.Size | Off | None = None,
        accounts: Sequence[str] = (),
        readers: Sequence[iam.IRole] | None = None,
        key: kms.IKey | None = None,
        versioning: Off | None = None,
        alarms_to: sns.ITopic | None = None,
        bucket: s3.IBucket | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if bucket is not None:
            refuse_beside(
                "bucket",
                bucket,
                "bucket",
                retention_days=retention_days,
                infrequent_after_days=infrequent_after_days,
                accounts=accounts or None,
                key=key,
                versioning=versioning,
            )
        self._id = construct_id
        self._account = stack_of(self).account
        self._buffer = buffer or in_seconds(_BUFFER_SECONDS)
        _check_buffer(self._buffer)
        self._lent = readers is not None
        self._own_bucket = bucket is not None
        self._key = key if bucket is None else bucket.encryption_key
        kept = RETENTION_DAYS if retention_days is None else retention_days
        self.bucket = bucket or span_bucket(
            self, kept=kept, infrequent=infrequent_after_days, versioning=versioning, key=key
        )
        let_in(self.bucket, self._key, accounts)
        self.results = result_bucket(self, kept=result_days, key=self._key)
        self.role, self.delivery_log, self.stream = self._deliver()
        self._subscribes = self._subscriber()
        self.filters = {}
        self._database = cdk.Names.unique_resource_name(self, separator="_", max_length=128).lower()
        self.database, self.table = span_table(
            self,
            database=self._database,
            location=self.bucket.s3_url_for_object(f"{SPANS}/"),
            accounts=[self._account, *accounts],
            kept=kept,
            lent=self._lent,
        )
        self.workgroup = trace_workgroup(
            self,
            name=cdk.Names.unique_resource_name(self, separator="-", max_length=128),
            results=self.results,
            key=self._key,
            scan_limit=scan_limit,
        )
        self.query = trace_by_id(self, self.database, self.workgroup)
        self.alarms = self._watch(alarms_to or operator_alarms(scope), age_alarm)
        if readers is not None:
            self._lend()
            for reader in readers:
                self.grant_reads(reader)

    def keeps(
        self, source: LambdaWorker | ReactiveApi | logs.ILogGroup, *, name: str | None = None
    ) -> None:
        """Keeps the spans that a worker, an API's functions, or a log group prints.

        A log group has two subscriptions at most, of which this is one.

        Args:
            source: What prints spans with `pattern_runtime`.
            name: The subscription's id. None: the source's.

        Raises:
            ValueError: It is kept already, or its function is your own and has a log group that
                is not known here.
        """
        name = name or source.node.id
        if isinstance(source, LambdaWorker):
            self._keeps(name, self._logs_of(name, source.function))
        elif isinstance(source, ReactiveApi):
            functions = list(dict.fromkeys(source.functions.values()))
            for function in functions:
                of = name if len(functions) == 1 else f"{name}{function.node.id}"
                self._keeps(of, self._logs_of(name, function))
        else:
            self._keeps(name, source)

    def grant_reads(self, role: iam.IRole) -> None:
        """Lets `role` query the table in the workgroup, and read the results.

        Where the lake has `readers`, Lake Formation grants the table; else IAM does.
        """
        catalogue = [
            stack_of(self).format_arn(service="glue", resource=resource)
            for resource in (
                "catalog",
                f"database/{self._database}",
                f"table/{self._database}/{SPANS}",
            )
        ]
        workgroup = stack_of(self).format_arn(
            service="athena", resource="workgroup", resource_name=self.workgroup.ref
        )
        _allow(
            role,
            [
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            workgroup,
        )
        _allow(role, ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"], *catalogue)
        _allow(role, ["s3:GetBucketLocation", "s3:ListBucket"], self.results.bucket_arn)
        _allow(
            role,
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            self.results.arn_for_objects("*"),
        )
        acknowledge_objects(role, self.results, "*")
        if self._lent:
            _allow(role, ["lakeformation:GetDataAccess"], "*")
            acknowledge(role, DATA_ACCESS)
            self._permit(role)
        else:
            self._grant_spans(role)
        if self._key is not None:
            self._key.grant(role, *USES_KEY)

    def _deliver(self) -> tuple[iam.Role, logs.LogGroup, firehose.CfnDeliveryStream]:
        """The delivery stream, what it runs as, and the log of what it could not deliver."""
        failures = log_group(self, "Logs")
        written = logs.CfnLogStream(
            self, "Failures", log_group_name=failures.log_group_name, log_stream_name="delivery"
        )
        role = iam.Role(
            self,
            "Role",
            # So that Firehose delivers as it for nobody else (docs.aws.amazon.com/firehose/latest/
            # dev/controlling-access.html, "Allow Firehose to assume an IAM role").
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"sts:ExternalId": self._account}},
            ),
        )
        objects = [*DELIVERS_OBJECTS, *([HANDS_OVER] if self._own_bucket else [])]
        _allow(
            role,
            objects,
            *(self.bucket.arn_for_objects(each) for each in prefixes(self._account)),
        )
        _allow(role, DELIVERS_TO_BUCKET, self.bucket.bucket_arn)
        known = not cdk.Token.is_unresolved(self._account)
        named = prefixes(self._account if known else "<AWS::AccountId>")
        acknowledge_objects(role, self.bucket, *named)
        failures.grant(role, "logs:PutLogEvents")
        if self._key is not None:
            self._key.grant(role, *USES_KEY)
        stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            # Firehose's own key costs nothing, and what it holds is on its way for minutes.
            delivery_stream_encryption_configuration_input=firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self.bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{SPANS}/account={self._account}/day=!{{timestamp:yyyy-MM-dd}}/",
                error_output_prefix=f"{ERRORS}/account={self._account}/"
                "!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=as_seconds(self._buffer), size_in_m_bs=_BUFFER_MB
                ),
                compression_format="GZIP",
                processing_configuration=firehose.CfnDeliveryStream.ProcessingConfigurationProperty(
                    enabled=True, processors=_lines()
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=failures.log_group_name,
                    log_stream_name=written.ref,
                ),
            ),
        )
        stream.node.add_dependency(role.node.find_child("DefaultPolicy"))
        return role, failures, stream

    def _subscriber(self) -> iam.Role:
        """What CloudWatch Logs hands lines over as."""
        logs_here = stack_of(self).format_arn(service="logs", resource="*")
        role = iam.Role(
            self,
            "Subscriber",
            assumed_by=iam.ServicePrincipal(
                "logs.amazonaws.com",
                conditions={"StringLike": {"aws:SourceArn": logs_here}},
            ),
        )
        _allow(role, ["firehose:PutRecord", "firehose:PutRecordBatch"], self.stream.attr_arn)
        return role

    def _lend(self) -> None:
        """Registers the spans with Lake Formation, which lends its readers access to them."""
        from aws_cdk import aws_lakeformation as lakeformation

        lender = iam.Role(self, "Lender", assumed_by=service("lakeformation.amazonaws.com"))
        self._grant_spans(lender)
        if self._key is not None:
            self._key.grant(lender, "kms:Decrypt")
        location = lakeformation.CfnResource(
            self,
            "Location",
            resource_arn=self.bucket.arn_for_objects(SPANS),
            role_arn=lender.role_arn,
            use_service_linked_role=False,
        )
        location.node.add_dependency(lender.node.find_child("DefaultPolicy"))

    def _permit(self, role: iam.IRole) -> None:
        from aws_cdk import aws_lakeformation as lakeformation

        permissions = lakeformation.CfnPrincipalPermissions
        principal = permissions.DataLakePrincipalProperty(
            data_lake_principal_identifier=role.role_arn
        )
        reader = cdk.Names.node_unique_id(role.node)
        permissions(
            self,
            f"Database{reader}",
            principal=principal,
            resource=permissions.ResourceProperty(
                database=permissions.DatabaseResourceProperty(
                    catalog_id=self._account, name=self.database.ref
                )
            ),
            permissions=["DESCRIBE"],
            permissions_with_grant_option=[],
        )
        permissions(
            self,
            f"Table{reader}",
            principal=principal,
            resource=permissions.ResourceProperty(
                table=permissions.TableResourceProperty(
                    catalog_id=self._account,
                    database_name=self.database.ref,
                    name=self.table.ref,
                )
            ),
            permissions=["DESCRIBE", "SELECT"],
            permissions_with_grant_option=[],
        )

    def _grant_spans(self, role: iam.IRole) -> None:
        _allow(role, ["s3:GetBucketLocation", "s3:ListBucket"], self.bucket.bucket_arn)
        _allow(role, ["s3:GetObject"], self.bucket.arn_for_objects(f"{SPANS}/*"))
        acknowledge_objects(role, self.bucket, f"{SPANS}/*")

    def _keeps(self, name: str, group: logs.ILogGroup) -> None:
        if name in self.filters:
            message = (
                f"{self.node.path} keeps {name} already: one subscription a log group; give "
                "another log group of that id a name of its own, by name="
            )
            raise ValueError(message)
        if group == self.delivery_log:
            message = (
                f"{self.node.path}: {name} is the log of its own deliveries, each of which would "
                "be followed by another: keep the log groups of what prints spans"
            )
            raise ValueError(message)
        made = logs.CfnSubscriptionFilter(
            self,
            f"From{name}",
            log_group_name=group.log_group_name,
            filter_pattern=_SPANS_ALONE,
            destination_arn=self.stream.attr_arn,
            role_arn=self._subscribes.role_arn,
        )
        # CloudWatch Logs sends a test record before it makes the subscription.
        made.node.add_dependency(self._subscribes.node.find_child("DefaultPolicy"))
        self.filters[name] = made

    def _logs_of(self, name: str, function: lambda_.IFunction) -> logs.ILogGroup:
        found = logs_of(function)
        if found is None:
            message = (
                f"{self.node.path}.keeps({name}): its function is your own, and where it logs is "
                "not known here: give its log group"
            )
            raise ValueError(message)
        return found

    def _watch(
        self, alarms_to: sns.ITopic, age_alarm: cdk.Duration | None
    ) -> dict[str, cloudwatch.CfnAlarm]:
        buffered = max(as_seconds(self._buffer), _BUFFER_SECONDS / _LATE_BUFFERS)
        late = _LATE_BUFFERS * buffered if age_alarm is None else as_seconds(age_alarm)
        return {
            name: alarm(
                self,
                name.capitalize(),
                says=f"{self._id}: {says}",
                namespace="AWS/Firehose",
                metric=metric,
                dimensions={"DeliveryStreamName": self.stream.ref},
                above=above,
                statistic=statistic,
                minutes=minutes,
                tells=alarms_to,
            )
            for name, metric, statistic, above, minutes, says in (
                (
                    "late",
                    "DeliveryToS3.DataFreshness",
                    "Maximum",
                    late,
                    3,
                    "spans do not reach the bucket. They are lost after a day: its log says why.",
                ),
                (
                    "throttled",
                    "ThrottledRecords",
                    "Sum",
                    0,
                    3,
                    "more spans come than Firehose takes. Logs tries for a day: ask for a quota.",
                ),
                (
                    "unreadable",
                    "OutputDecompressedRecords.Failed",
                    "Sum",
                    0,
                    1,
                    f"records are no log lines. They lie under {ERRORS}/ in the bucket.",
                ),
            )
        }


def _lines() -> list[firehose.CfnDeliveryStream.ProcessorProperty]:
    """Makes lines of what a subscription sends: many log events, wrapped and compressed."""
    stream = firehose.CfnDeliveryStream
    return [
        stream.ProcessorProperty(
            type=kind,
            parameters=[
                stream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            ],
        )
        for kind, name, value in (
            ("Decompression", "CompressionFormat", "GZIP"),
            ("CloudWatchLogProcessing", "DataMessageExtraction", "true"),
            ("AppendDelimiterToRecord", "Delimiter", "\\n"),
        )
    ]


def _allow(role: iam.IRole, actions: list[str], *resources: str) -> None:
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))


def _check_buffer(buffer: cdk.Duration) -> None:
    given = seconds(buffer)
    if given is not None and not 0 <= given <= _LONGEST_BUFFER_SECONDS:
        message = (
            f"buffer of {given:g} s: Firehose gathers for 0 s to {_LONGEST_BUFFER_SECONDS} s; "
            f"{_BUFFER_SECONDS} s makes files that are read fast"
        )
        raise ValueError(message)
