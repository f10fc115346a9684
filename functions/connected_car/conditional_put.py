"""A write to DynamoDB that a repeated or late event cannot spoil."""

from typing import TYPE_CHECKING, Unpack

from botocore.exceptions import ClientError

from pattern_runtime import aws

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import PutItemInputTypeDef


def put_if(**request: "Unpack[PutItemInputTypeDef]") -> bool:
    """Put the item if its condition holds for the one it would replace; say whether it did.

    Args:
        request: DynamoDB's own, with a ConditionExpression.
    """
    try:
        aws.client("dynamodb").put_item(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
