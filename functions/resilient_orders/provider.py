"""PaymentProvider: stands in for the partner who charges cards, and can be told to fail.

It charges each order once, however often it is asked. While its table has an item with the id
`outage`, it fails every call: that is how an outage is made by hand.
"""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pattern_runtime import Event, JsonObject, aws, required, span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TABLE_NAME = required("CHARGES_TABLE_NAME")
OUTAGE = "outage"
# What no card of the stand-in's customers bears.
LIMIT_YEN = 1_000_000
aws.prepare("dynamodb")


class OutageError(Exception):
    """The provider is down, as it was told to be."""


def handler(request: dict[str, Any], context: "LambdaContext") -> JsonObject:
    """Answer whether the card of an order was charged.

    Args:
        request: The order's event.
        context: Lambda's.
    """
    event = Event.from_object(request)
    with span(event):
        _fail_if_told()
        if event.data["amount_yen"] > LIMIT_YEN:
            return {"accepted": False}
        charge_once(event)
        return {"accepted": True}


def charge_once(event: Event) -> bool:
    """Charge the order unless it was charged before; say whether it was now."""
    try:
        aws.client("dynamodb").put_item(
            TableName=TABLE_NAME,
            Item={"id": {"S": event.id}, "amount_yen": {"N": str(event.data["amount_yen"])}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _fail_if_told() -> None:
    found = aws.client("dynamodb").get_item(TableName=TABLE_NAME, Key={"id": {"S": OUTAGE}})
    if "Item" in found:
        raise OutageError("told to be down")
