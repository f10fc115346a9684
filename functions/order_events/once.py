"""A record of what became of an event: written once for its id, whoever delivers it again."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pattern_runtime import Event, aws

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


def write_once(table: str, event: Event, fields: "dict[str, AttributeValueTypeDef]") -> bool:
    """Write what became of an event, unless it is written already; say whether it was now.

    What is written depends on the event alone: so a replay of all events makes all records again.
    Of copies that a sender made of an event (its id, another time) the first to come is written.

    Args:
        table: Its name; `event_id` is its key.
        event: Its id is the key, and its time comes along.
        fields: The rest.
    """
    item: dict[str, AttributeValueTypeDef] = {
        "event_id": {"S": event.id},
        "time": {"S": event.time_text},
    }
    try:
        aws.client("dynamodb").put_item(
            TableName=table,
            Item=item | fields,
            ConditionExpression="attribute_not_exists(event_id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
