"""Keeps the newest of what devices report, and shows a building."""

from typing import Any

from pattern_runtime import Event, aws, each_event, required

CURRENT_TABLE_NAME = required("CURRENT_TABLE_NAME")
aws.prepare("dynamodb")


def store(event: Event) -> None:
    """Write one data item under its building; a repeat writes the same again."""
    aws.client("dynamodb").put_item(
        TableName=CURRENT_TABLE_NAME,
        Item={
            "building_id": {"S": event.data["building"]},
            "device_item": {"S": f"{event.data['device']}#temperature"},
            "value": {"N": str(event.data["temperature"])},
        },
    )


def show(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the number of data items of a building: one query."""
    found = aws.client("dynamodb").query(
        TableName=CURRENT_TABLE_NAME,
        KeyConditionExpression="building_id = :building",
        ExpressionAttributeValues={":building": {"S": request["pathParameters"]["building"]}},
    )
    return {"statusCode": 200, "body": str(found["Count"])}


handler = each_event(store)
