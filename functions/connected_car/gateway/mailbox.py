"""Where commands wait for a car that is not always in reach."""

import time
from datetime import timedelta

from connected_car.conditional_put import put_if
from pattern_runtime import Event, JsonObject, aws, required

TABLE_NAME = required("COMMAND_MAILBOX_TABLE_NAME")

# From the operator's click, not from the arrival here: nobody wants last night's `unlock`.
LIFETIME = timedelta(hours=1)


def leave(event: Event) -> bool:
    """Leave the command for the car; say False, and change nothing, if it was left before."""
    return put_if(
        TableName=TABLE_NAME,
        Item={
            "vehicle_id": {"S": event.data["vehicle_id"]},
            "command_id": {"S": event.id},
            "command": {"S": event.data["command"]},
            "time": {"S": event.time_text},
            "expires_at": {"N": str(int((event.time + LIFETIME).timestamp()))},
        },
        ConditionExpression="attribute_not_exists(command_id)",
    )


def collect(vehicle_id: str) -> list[JsonObject]:
    """Return the car's commands, oldest first; they stay until they expire.

    A car that loses the answer can ask again, and tells by the id what it has done.
    """
    pages = (
        aws.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=TABLE_NAME,
            KeyConditionExpression="vehicle_id = :vehicle_id",
            # DynamoDB deletes what has expired within days, not at once.
            FilterExpression="expires_at > :now",
            ExpressionAttributeValues={
                ":vehicle_id": {"S": vehicle_id},
                ":now": {"N": str(int(time.time()))},
            },
            ConsistentRead=True,
        )
    )
    commands = [
        {"id": item["command_id"]["S"], "command": item["command"]["S"], "time": item["time"]["S"]}
        for page in pages
        for item in page["Items"]
    ]
    return sorted(commands, key=lambda command: command["time"])
