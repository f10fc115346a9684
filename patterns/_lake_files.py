"""The two buckets of a `LogLake`: spans of several accounts, and the results of queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from patterns._acknowledgements import (
    OBJECTS_OF_ONE_BUCKET,
    PASSING_RESULTS,
    UNLOGGED_LAKE,
    UNVERSIONED_LAKE,
    Situation,
    acknowledge,
)
from patterns._asked import days, resource_of, stack_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from patterns._off import Off

SPANS, ERRORS = "spans", "errors"
RETENTION_DAYS = 400
# What Firehose needs of a bucket (docs.aws.amazon.com/firehose/latest/dev/controlling-access.html,
# "Grant Firehose access to an Amazon S3 destination").
DELIVERS_OBJECTS = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
DELIVERS_TO_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
# Only where the bucket may be another account's.
HANDS_OVER = "s3:PutObjectAcl"
USES_KEY = ["kms:Decrypt", "kms:GenerateDataKey"]
_RESULT_DAYS = 7
_INFREQUENT_DAYS = 90
# Infrequent access bills 30 days at least, and S3 moves nothing into it before its 30th day
# (docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html).
_LEAST_INFREQUENT_DAYS = 30
# What was overwritten or deleted by mistake is noticed within this time.
_OLD_VERSION_DAYS = 30
_UPLOAD_DAYS = 7
_ACCOUNT = re.compile(r"\d{12}")


def span_bucket(
    scope: Construct,
    *,
    kept: int,
    infrequent: int | None,
    versioning: Off | None,
    key: kms.IKey | None,
) -> s3.Bucket:
    """The bucket that spans are kept in.

    Args:
        scope: The lake.
        kept: For how many days.
        infrequent: After how many days they move to where storing is cheaper. None: 90, or never
            if they expire before.
        versioning: Why it keeps no former versions.
        key: KMS key. None: S3's own.

    Raises:
        ValueError: The numbers of days do not go together.
    """
    moved = _moved(kept, infrequent)
    versioned = versioning is None
    rules = [
        s3.LifecycleRule(
            expiration=days(kept),
            noncurrent_version_expiration=days(_OLD_VERSION_DAYS) if versioned else None,
            abort_incomplete_multipart_upload_after=days(_UPLOAD_DAYS),
            transitions=None
            if moved is None
            else [
                s3.Transition(
                    storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=days(moved)
                )
            ],
        )
    ]
    if versioned:
        # Expiry of a version leaves a marker, which a rule with a number of days does not take.
        rules.append(s3.LifecycleRule(expired_object_delete_marker=True))
    made = _bucket(scope, "Bucket", rules, key, versioned=versioned)
    acknowledge(made, UNLOGGED_LAKE)
    if versioning is not None:
        acknowledge(made, UNVERSIONED_LAKE.because(versioning.reason))
    return made


def result_bucket(scope: Construct, *, kept: int | None, key: kms.IKey | None) -> s3.Bucket:
    """The bucket that the results of queries are in.

    Args:
        scope: The lake.
        kept: For how many days. None: 7.
        key: KMS key. None: S3's own.

    Raises:
        ValueError: That is no number of days.
    """
    kept = _RESULT_DAYS if kept is None else kept
    if kept < 1:
        message = f"result_days={kept}: give 1 or more; a query can be asked again"
        raise ValueError(message)
    rule = s3.LifecycleRule(
        expiration=days(kept), abort_incomplete_multipart_upload_after=days(_UPLOAD_DAYS)
    )
    made = _bucket(scope, "Results", [rule], key, versioned=False)
    acknowledge(made, PASSING_RESULTS)
    return made


def _bucket(
    scope: Construct,
    construct_id: str,
    rules: list[s3.LifecycleRule],
    key: kms.IKey | None,
    *,
    versioned: bool,
) -> s3.Bucket:
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        enforce_ssl=True,
        versioned=versioned or None,
        lifecycle_rules=rules,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


def let_in(bucket: s3.IBucket, key: kms.IKey | None, accounts: Sequence[str]) -> None:
    """Lets the lake of each account write into a bucket, under its own prefix alone.

    Args:
        bucket: The bucket.
        key: Its KMS key.
        accounts: Ids of accounts.

    Raises:
        ValueError: One is there twice, or is no account's id.
    """
    _check_accounts(accounts)
    for account in accounts:
        principal = iam.AccountPrincipal(account)
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=[*DELIVERS_OBJECTS, HANDS_OVER],
                resources=[bucket.arn_for_objects(each) for each in prefixes(account)],
            )
        )
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=DELIVERS_TO_BUCKET,
                resources=[bucket.bucket_arn],
            )
        )
        if key is not None:
            key.grant(principal, *USES_KEY)


def prefixes(account: str) -> list[str]:
    """Where the spans of an account lie, and what of it could not be read."""
    return [f"{prefix}/account={account}/*" for prefix in (SPANS, ERRORS)]


def acknowledge_objects(role: iam.IRole, bucket: s3.IBucket, *keys: str) -> None:
    """Acknowledges, at a role, that it may use all objects of a bucket with such keys."""
    resource = resource_of(bucket)
    if resource is not None:
        objects = f"<{stack_of(bucket).get_logical_id(resource)}.Arn>"
    else:
        objects = f"arn:<AWS::Partition>:s3:::{bucket.bucket_name}"
    rules = tuple(f"AwsSolutions-IAM5[Resource::{objects}/{key}]" for key in keys)
    acknowledge(role, Situation(OBJECTS_OF_ONE_BUCKET, cdk=rules))


def _moved(kept: int, infrequent: int | None) -> int | None:
    """The day on which spans move to cheaper storage, if they do."""
    if kept < 1:
        message = (
            f"retention_days={kept}: give 1 or more; {RETENTION_DAYS} answers what is asked a "
            "year later"
        )
        raise ValueError(message)
    if infrequent is None:
        fits = kept >= _INFREQUENT_DAYS + _LEAST_INFREQUENT_DAYS
        return _INFREQUENT_DAYS if fits else None
    if not _LEAST_INFREQUENT_DAYS <= infrequent <= kept - _LEAST_INFREQUENT_DAYS:
        message = (
            f"infrequent_after_days={infrequent}, retention_days={kept}: S3 moves nothing before "
            f"its {_LEAST_INFREQUENT_DAYS}th day, and bills {_LEAST_INFREQUENT_DAYS} days after "
            "it at least: give a number between, or leave it out"
        )
        raise ValueError(message)
    return infrequent


def _check_accounts(accounts: Sequence[str]) -> None:
    if isinstance(accounts, str) or len(set(accounts)) < len(accounts):
        message = f"accounts={accounts!r}: give each account once, in a list"
        raise ValueError(message)
    for account in accounts:
        if not cdk.Token.is_unresolved(account) and not _ACCOUNT.fullmatch(account):
            message = f"accounts: {account!r} is no account: give its id of 12 digits"
            raise ValueError(message)
