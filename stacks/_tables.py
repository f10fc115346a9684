"""The table in which handlers keep what they know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_dynamodb as dynamodb

from patterns import Situation, acknowledge

if TYPE_CHECKING:
    import aws_cdk as cdk

_AWS_KEY = Situation(
    "encrypted with AWS's own key; a key of your own has a price each month",
    checkov=("CKV_AWS_119",),
)


def keyed_table(
    stack: cdk.Stack,
    construct_id: str,
    key: str,
    sort_key: str | None = None,
    *,
    bounded: str,
    ttl: str | None = None,
) -> dynamodb.Table:
    """A table on demand, recoverable to any second, kept when its stack goes.

    Args:
        stack: In which it is made.
        construct_id: The table's.
        key: Its partition key, a text.
        sort_key: Its sort key, a text. None: it has none.
        bounded: What bounds who uses it, in a clause: on demand it takes and bills all that comes.
        ttl: Attribute with the second at which an item expires. None: none does.
    """
    text = dynamodb.AttributeType.STRING
    table = dynamodb.Table(
        stack,
        construct_id,
        partition_key=dynamodb.Attribute(name=key, type=text),
        sort_key=dynamodb.Attribute(name=sort_key, type=text) if sort_key else None,
        time_to_live_attribute=ttl,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    )
    acknowledge(table, _AWS_KEY, Situation(bounded, cdk=("Hinagata::FM804",)))
    return table
