"""Events that go through a bucket: their trace lies in the object's metadata, and outlives it.

What S3 tells of a change names the object and nothing else. So who writes an object puts the
event's envelope into its metadata, where who is told of the object reads it. Who deletes one first
writes a tombstone beside it, with the same: an object that is gone has no metadata any more.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.events import Event, MalformedEventError, parse_json
from pattern_runtime.spans import print_malformed, span
from pattern_runtime.trace import onward_trace

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

TOMBSTONES = "tombstones/"
CREATED, REMOVED = "object.created", "object.removed"
_FIELDS = ("id", "source", "type", "time", "trace")
_GONE = ("404", "NoSuchKey", "NotFound")
_KINDS = {"ObjectCreated": CREATED, "ObjectRemoved": REMOVED}

Handle = Callable[[Event], None]
LambdaHandler = Callable[[dict[str, Any], "LambdaContext"], "PartialItemFailureResponse"]


def put_object(bucket: str, key: str, body: bytes, event: Event) -> None:
    """Write an object, with the event that it comes of in its metadata.

    Args:
        bucket: The bucket's name.
        key: The object's.
        body: What is in it.
        event: Its id, source, type, time and trace go along; not its data.
    """
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, Metadata=_metadata(event))


def delete_object(bucket: str, key: str, event: Event) -> None:
    """Delete an object, and leave a tombstone with the event that deleted it.

    Args:
        bucket: The bucket's name.
        key: The object's; its tombstone lies under `tombstones/`, where a lifecycle rule ends it.
        event: Its id, source, type, time and trace go along.
    """
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key=f"{TOMBSTONES}{key}", Body=b"", Metadata=_metadata(event))
    s3.delete_object(Bucket=bucket, Key=key)


def each_object(handle: Handle) -> LambdaHandler:
    """Make the Lambda handler that calls `handle` for each change of a bucket, told by a queue.

    It is called with the event that the object's metadata names, of type `object.created` or
    `object.removed`, with `bucket`, `key` and `cause` (the type it had) as its data. Every change
    prints a span. What fails is reported, and comes again.

    Args:
        handle: Called with one event; an exception means that it has to come again.

    Example:
        handler = each_object(index)
    """

    @wraps(handle)
    def handler(payload: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

        def handle_message(record: "SQSRecord") -> None:
            for event in _changes(record):
                with span(event):
                    handle(event)

        return process_partial_response(payload, handle_message, processor, context)

    return handler


def _metadata(event: Event) -> dict[str, str]:
    return {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": event.time_text,
        "trace": onward_trace(event.trace),
    }


def _changes(record: "SQSRecord") -> list[Event]:
    try:
        return [_change(each) for each in _told(record.body)]
    except MalformedEventError as error:
        print_malformed(record.message_id, error)
        raise


def _told(body: str) -> list[dict[str, Any]]:
    told = parse_json(body)
    # What S3 sends once, to see whether it may.
    if isinstance(told, dict) and told.get("Event") == "s3:TestEvent":
        return []
    if not isinstance(told, dict) or not isinstance(told.get("Records"), list):
        raise MalformedEventError("the message is no notification of S3")
    records: list[dict[str, Any]] = told["Records"]
    return records


def _change(told: dict[str, Any]) -> Event:
    name = told["eventName"].removeprefix("s3:").partition(":")[0]
    if name not in _KINDS:
        raise MalformedEventError(f"a change of an object is created or removed, not {name}")
    bucket = told["s3"]["bucket"]["name"]
    key = unquote_plus(told["s3"]["object"]["key"])
    found = _read(bucket, key, removed=_KINDS[name] == REMOVED)
    missing = [field for field in _FIELDS if field not in found]
    if missing:
        raise MalformedEventError(f"{key} has no {', '.join(missing)} in its metadata")
    envelope = {**found, "specversion": "1.0", "type": _KINDS[name]}
    data = {"bucket": bucket, "key": key, "cause": found["type"]}
    return Event.from_object(envelope | {"data": data})


def _read(bucket: str, key: str, *, removed: bool) -> dict[str, str]:
    """Return an object's metadata; its tombstone's where it is gone."""
    if not removed:
        found = _head(bucket, key)
        if found is not None:
            return found
    found = _head(bucket, f"{TOMBSTONES}{key}")
    if found is None:
        raise MalformedEventError(f"{key} is gone and has no tombstone, which delete_object leaves")
    return found


def _head(bucket: str, key: str) -> dict[str, str] | None:
    try:
        metadata: dict[str, str] = aws.client("s3").head_object(Bucket=bucket, Key=key)["Metadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    return metadata
