"""Logs are kept, and paid for, without end.

A log group without a retention keeps each line for ever. The price per gigabyte and month is
small, and it is paid again each month for everything that was ever logged: after some years it is
among the largest lines of a small system's bill. Personal data that a log should not hold at all
stays as long.

A function without a log group of its own logs into `/aws/lambda/<name>`, which Lambda makes on the
first invocation, and that one never expires either. The CDK's `log_retention` sets it by a custom
resource; that counts. Functions that only a deployment runs are left out: they log a few lines a
release. So are log groups of the class `DELIVERY`, whose retention is fixed, and groups that are
made elsewhere.

## How to mend it

Set `RetentionInDays`: 30 to 90 days answer most questions, and what must be kept longer is cheaper
in Amazon S3. Give each function a log group of its own (`LoggingConfig.LogGroup`; in the CDK
`log_group=`).
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.cdk_provider import providers
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology


@check(
    id="FM408",
    title="Logs kept for ever",
    severity=Severity.WARNING,
    reason="Each line that was ever logged is paid for each month, and what should not have been "
    "logged stays.",
    sources=(
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html",
        (
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
            "aws-resource-logs-loggroup.html"
        ),
    ),
    fix="Set RetentionInDays on the log group; give the function a log group of its own.",
)
def endless_logs(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at the retention of each log group, and for the log group of each function."""
    limited = {
        node
        for resource in topology.of_type("Custom::LogRetention")
        if resource.get("RetentionInDays") is not None
        for node in resource.nodes("LogGroupName")
    }
    for group in topology.of_type("AWS::Logs::LogGroup"):
        if group in limited or group.get("LogGroupClass") == "DELIVERY":
            continue
        days = group.numbers("RetentionInDays")
        if days is None:
            yield Unresolved(node=group, property="RetentionInDays")
        elif not days:
            yield Finding(
                node=group, property="RetentionInDays", says="keeps what it is sent for ever"
            )
    left_out = providers(topology) | limited
    for function in topology.of_type("AWS::Lambda::Function"):
        if function in left_out or topology.out(function, Kind.LOGS_TO):
            continue
        if function.get("LoggingConfig", "LogGroup") is None:
            yield Finding(
                node=function,
                property="LoggingConfig.LogGroup",
                says="has no log group: the one that Lambda makes for it keeps its lines for ever",
            )
        else:
            yield Unresolved(node=function, property="LoggingConfig.LogGroup")
