"""Ingest: keep each vehicle's newest state, and tell everybody what it reported."""

from connected_car.conditional_put import put_if
from pattern_runtime import Event, aws, each_event, publish, required

TABLE_NAME = required("VEHICLE_STATE_TABLE_NAME")
TOPIC_ARN = required("VEHICLE_EVENTS_TOPIC_ARN")
aws.prepare("dynamodb", "sns")


def handle(event: Event) -> None:
    """Keep the state that the event reports, then publish the event."""
    keep_newest(event)
    # Also of an old or repeated event: the first attempt may have ended before this line.
    publish(TOPIC_ARN, event)


def keep_newest(event: Event) -> bool:
    """Store the event as its vehicle's state unless a newer one is there; say whether it was."""
    return put_if(
        TableName=TABLE_NAME,
        Item={
            "vehicle_id": {"S": event.data["vehicle_id"]},
            "event_id": {"S": event.id},
            "type": {"S": event.type},
            "time": {"S": event.time_text},
            "data": {"S": event.data_text},
        },
        # The texts of times sort as the times do.
        ConditionExpression="attribute_not_exists(vehicle_id) OR #time < :time",
        ExpressionAttributeNames={"#time": "time"},
        ExpressionAttributeValues={":time": {"S": event.time_text}},
    )


handler = each_event(handle)
