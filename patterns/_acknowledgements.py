"""Findings that a correct construct still gets from other tools, each with its reason.

The reasons stand here once; a construct names the ones that hold for it, at the resource they
are about. They travel in the assembly's metadata, where cdk-nag, the CDK's validation and
`hinagata check` read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import IConstruct

DEAD_LETTER_QUEUE = {
    "AwsSolutions-SQS3": "it is a dead-letter queue itself; an alarm watches it",
    "Serverless-SQSRedrivePolicy": "it is a dead-letter queue itself; an alarm watches it",
}
HANDLED_FAILURES = {
    "Serverless-LambdaDLQ": "its caller, its event source mapping, or the on-failure destination "
    "of its asynchronous invocations sees each failure and handles it",
}
TESTED_RUNTIME = {
    "AwsSolutions-L1": "the newest runtime that the tests run on; AWS maintains it",
    "Serverless-LambdaLatestVersion": "the newest runtime that the tests run on; AWS maintains it",
}
SQS_MAPPING = {
    "Serverless-LambdaEventSourceMappingDestination": "a queue's mapping takes no failure "
    "destination; the queue's redrive policy is it",
}
KEY_FAMILIES = dict.fromkeys(
    (
        "AwsSolutions-IAM5[Action::kms:ReEncrypt*]",
        "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]",
    ),
    "both ways of re-encrypting, and of making data keys, on the one key that was given",
)
TRACING_PERMISSION = "X-Ray's PutTraceSegments and PutTelemetryRecords take no resource"

# The CDK's Function depends on its role twice, and cfn-lint takes no acknowledgement, only this.
CFN_LINT_FUNCTION = {"config": {"ignore_checks": ["W3005"]}}


def acknowledge(construct: IConstruct, rules: dict[str, str]) -> None:
    """Records each finding of `rules` (id to reason) as acknowledged at `construct`."""
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in rules.items())
    )


def acknowledge_key(grantee: iam.IGrantable, key: kms.IKey | None) -> None:
    """Acknowledges, at a role that may now use `key`, the families of actions that takes."""
    if key is not None and isinstance(grantee, Construct):
        acknowledge(grantee, KEY_FAMILIES)
