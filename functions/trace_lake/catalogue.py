"""Catalogue: enter what came into the album, and strike out what went."""

from pattern_runtime import Event, aws, each_object, required

TABLE_NAME = required("ENTRIES_TABLE_NAME")
aws.prepare("s3", "dynamodb")


def handle(event: Event) -> None:
    """Note one change of the album: done twice, it is the same."""
    aws.client("dynamodb").put_item(
        TableName=TABLE_NAME,
        Item={
            "event_id": {"S": event.id},
            "change": {"S": f"{event.type} {event.data['key']}"},
            "trace": {"S": event.trace},
        },
    )


handler = each_object(handle)
