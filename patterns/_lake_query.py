"""What a `LogLake` is asked with: a table that knows its partitions, a workgroup and a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue

from patterns._lake_files import SPANS
from patterns._off import Off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

_SCAN_LIMIT_BYTES = 100 * 1024**3
# docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
_LEAST_SCAN_LIMIT_BYTES = 10_000_000
_DESCRIPTION_LIMIT = 1024
# The fields of the line that `pattern_runtime` prints.
_COLUMNS = {
    "span": "string",
    "id": "string",
    "type": "string",
    "trace": "string",
    "segment": "string",
    "sent": "double",
    "start": "double",
    "end": "double",
    "status": "string",
    "error": "string",
}
# DISTINCT, for CloudWatch Logs and Firehose deliver at least once.
_TRACE_BY_ID = """\
SELECT DISTINCT span, segment, regexp_extract(trace, 'Parent=([0-9a-f]+)', 1) AS parent,
  start, "end", status, error, type, id, account
FROM spans
WHERE regexp_extract(trace, 'Root=([0-9a-f-]+)', 1) = ? AND day BETWEEN ? AND ?
ORDER BY start
"""


def span_table(
    scope: Construct,
    *,
    database: str,
    location: str,
    accounts: Sequence[str],
    kept: int,
    lent: bool,
) -> tuple[glue.CfnDatabase, glue.CfnTable]:
    """A database, and its table of spans, partitioned by account and day.

    Args:
        scope: The lake.
        database: Name of the database.
        location: Where spans lie, as s3://.
        accounts: Ids of the accounts whose spans lie there.
        kept: For how many days.
        lent: Whether Lake Formation says who may read it.
    """
    catalog = cdk.Aws.ACCOUNT_ID
    made = glue.CfnDatabase(
        scope,
        "Database",
        catalog_id=catalog,
        database_input=glue.CfnDatabase.DatabaseInputProperty(
            name=database,
            # Else everybody whom IAM allows would have each of its tables.
            create_table_default_permissions=[] if lent else None,
        ),
    )
    table = glue.CfnTable(
        scope,
        "Table",
        catalog_id=catalog,
        database_name=made.ref,
        table_input=glue.CfnTable.TableInputProperty(
            name=SPANS,
            table_type="EXTERNAL_TABLE",
            partition_keys=[
                glue.CfnTable.ColumnProperty(name=name, type="string")
                for name in ("account", "day")
            ],
            # Without a template of locations, Athena takes account=<account>/day=<day>/ below it.
            parameters={
                "classification": "json",
                "compressionType": "gzip",
                "projection.enabled": "true",
                "projection.account.type": "enum",
                "projection.account.values": ",".join(accounts),
                "projection.day.type": "date",
                "projection.day.format": "yyyy-MM-dd",
                "projection.day.range": f"NOW-{kept}DAYS,NOW",
                "projection.day.interval": "1",
                "projection.day.interval.unit": "DAYS",
            },
            storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                location=location,
                columns=[
                    glue.CfnTable.ColumnProperty(name=name, type=kind)
                    for name, kind in _COLUMNS.items()
                ],
                input_format="org.apache.hadoop.mapred.TextInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                serde_info=glue.CfnTable.SerdeInfoProperty(
                    serialization_library="org.openx.data.jsonserde.JsonSerDe",
                    # One line that was cut must not fail every query of its day.
                    parameters={"ignore.malformed.json": "true"},
                ),
            ),
        ),
    )
    return made, table


def trace_workgroup(
    scope: Construct,
    *,
    name: str,
    results: s3.IBucket,
    key: kms.IKey | None,
    scan_limit: cdk.Size | Off | None,
) -> athena.CfnWorkGroup:
    """What queries run in: with a limit, and results that lie where it says, encrypted.

    Args:
        scope: The lake.
        name: Its name.
        results: Where results go.
        key: KMS key of the results. None: S3's own.
        scan_limit: What one query may read. None: 100 GiB.

    Raises:
        ValueError: The limit is less than Athena takes.
    """
    encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
        encryption_option="SSE_KMS" if key else "SSE_S3", kms_key=key.key_arn if key else None
    )
    return athena.CfnWorkGroup(
        scope,
        "Workgroup",
        name=name,
        # No tool has a rule about it, so the reason stands where a reader of it sees it.
        description=f"No limit to what a query reads: {scan_limit.reason}"[:_DESCRIPTION_LIMIT]
        if isinstance(scan_limit, Off)
        else None,
        # What it would keep is the history of queries.
        recursive_delete_option=True,
        work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=_limit(scan_limit),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=f"s3://{results.bucket_name}/",
                encryption_configuration=encryption,
            ),
        ),
    )


def trace_by_id(
    scope: Construct, database: glue.CfnDatabase, workgroup: athena.CfnWorkGroup
) -> athena.CfnNamedQuery:
    """The query that finds every span of a trace."""
    return athena.CfnNamedQuery(
        scope,
        "TraceById",
        name="trace by id",
        description="Every span of a trace. Give the root of its id ('1-...'), and the first and "
        "the last day ('2026-01-31', UTC, as written: one more on each side) that it reads.",
        database=database.ref,
        work_group=workgroup.ref,
        query_string=_TRACE_BY_ID,
    )


def _limit(scan_limit: cdk.Size | Off | None) -> int | None:
    """The bytes that a query may read; None for no limit."""
    if isinstance(scan_limit, Off):
        return None
    given = _SCAN_LIMIT_BYTES if scan_limit is None else int(scan_limit.to_bytes())
    if given < _LEAST_SCAN_LIMIT_BYTES:
        message = (
            f"scan_limit of {given} bytes: Athena takes {_LEAST_SCAN_LIMIT_BYTES} or more: give "
            "more, or Off(reason) for no limit"
        )
        raise ValueError(message)
    return given
