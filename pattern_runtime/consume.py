"""A Lambda handler out of a function of one event."""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from pattern_runtime.events import Event, MalformedEventError, parse_json
from pattern_runtime.idempotency import IDEMPOTENCY_VARIABLE, once
from pattern_runtime.spans import print_malformed, span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
        DynamoDBRecord,
    )
    from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import (
        KinesisStreamRecord,
    )
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

Handle = Callable[[Event], None]
LambdaHandler = Callable[[dict[str, Any], "LambdaContext"], "PartialItemFailureResponse | None"]
# Handles the event unless it was handled before; says whether it did.
_Attempt = Callable[[Event, "LambdaContext"], bool]


class BehindFailureError(Exception):
    """A record that was left alone because one before it, in an ordered batch, failed."""


def each_event(handle: Handle, *, remember: timedelta = timedelta(days=4)) -> LambdaHandler:
    """Make the Lambda handler that calls `handle` for each event of an invocation.

    It takes a batch from an SQS queue (also of SNS messages without raw delivery), a Kinesis
    stream, or the changes of a DynamoDB table whose items keep, as `event`, the event that wrote
    them; and reports the items that failed, each of which its source delivers again; in a FIFO
    queue or a stream nothing runs ahead of a failed item. It takes an asynchronous invocation with
    one event too; there an exception fails the invocation. Every event prints a span.

    If the environment names an IDEMPOTENCY_TABLE_NAME, an event that was handled before is left
    alone. (`id` is the table's key and `expiration` its time to live.)

    Args:
        handle: Called with one event; an exception means that it has to come again.
        remember: How long a handled event is known. At least what the source retains, since it can
            repeat a message for as long; the default is what a queue retains by default.

    Example:
        handler = each_event(store_reading)
    """
    table_name = os.environ.get(IDEMPOTENCY_VARIABLE)
    attempt = _once(handle, table_name, remember) if table_name else _always(handle)

    @wraps(handle)
    def handler(
        payload: dict[str, Any], context: "LambdaContext"
    ) -> "PartialItemFailureResponse | None":
        if isinstance(payload, dict) and "Records" in payload:
            return _handle_batch(payload, context, attempt)
        _run(lambda: Event.from_object(payload), context.aws_request_id, context, attempt)
        return None

    return handler


def _handle_batch(
    payload: dict[str, Any], context: "LambdaContext", attempt: _Attempt
) -> "PartialItemFailureResponse":
    if not payload["Records"]:
        return {"batchItemFailures": []}
    source = payload["Records"][0].get("eventSource")
    if source == "aws:sqs":
        return _handle_queue(payload, context, attempt)
    if source == "aws:kinesis":
        return _handle_stream(payload, context, attempt)
    if source == "aws:dynamodb":
        return _handle_changes(payload, context, attempt)
    raise MalformedEventError(
        "a batch comes from aws:sqs, aws:kinesis or aws:dynamodb, not from "
        f"{source}; connect one of those"
    )


def _handle_queue(
    payload: dict[str, Any], context: "LambdaContext", attempt: _Attempt
) -> "PartialItemFailureResponse":
    in_order = payload["Records"][0].get("eventSourceARN", "").endswith(".fifo")
    # An exception for a batch that failed as a whole would only say again what the report says.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    def handle_message(record: "SQSRecord") -> None:
        if in_order:
            _stop_behind_failure(processor)
        _run(lambda: _from_message(record.body), record.message_id, context, attempt)

    return process_partial_response(payload, handle_message, processor, context)


def _handle_stream(
    payload: dict[str, Any], context: "LambdaContext", attempt: _Attempt
) -> "PartialItemFailureResponse":
    processor = BatchProcessor(EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)

    def handle_record(record: "KinesisStreamRecord") -> None:
        _stop_behind_failure(processor)
        _run(
            lambda: Event.from_json(record.kinesis.data_as_bytes()),
            record.event_id,
            context,
            attempt,
        )

    return process_partial_response(payload, handle_record, processor, context)


def _handle_changes(
    payload: dict[str, Any], context: "LambdaContext", attempt: _Attempt
) -> "PartialItemFailureResponse":
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

    def handle_change(record: "DynamoDBRecord") -> None:
        _stop_behind_failure(processor)
        change = record.raw_event["dynamodb"]
        # Without an image the item was deleted, or expired: nobody's event.
        if "NewImage" in change:
            _run(lambda: _from_item(change["NewImage"]), str(record.event_id), context, attempt)

    return process_partial_response(payload, handle_change, processor, context)


def _from_item(item: dict[str, Any]) -> Event:
    text = item.get("event", {}).get("S")
    if text is None:
        raise MalformedEventError("the item has no text `event`, the event that wrote it")
    return Event.from_json(text)


def _stop_behind_failure(processor: BatchProcessor) -> None:
    # The source repeats everything from the first failed item on: work behind it would be done
    # twice, and out of order.
    if processor.fail_messages:
        raise BehindFailureError


def _run(
    read: Callable[[], Event], message_id: str, context: "LambdaContext", attempt: _Attempt
) -> None:
    try:
        event = read()
    except MalformedEventError as error:
        print_malformed(message_id, error)
        raise
    with span(event) as this:
        if not attempt(event, context):
            this.repeated()


def _from_message(body: str) -> Event:
    value = parse_json(body)
    if isinstance(value, dict) and value.get("Type") == "Notification" and "Message" in value:
        value = parse_json(str(value["Message"]))
    return Event.from_object(value)


def _always(handle: Handle) -> _Attempt:
    def attempt(event: Event, context: "LambdaContext") -> bool:
        handle(event)
        return True

    return attempt


def _once(handle: Handle, table_name: str, remember: timedelta) -> _Attempt:
    run = once(table_name, remember, repeat=lambda _: False)

    def attempt(event: Event, context: "LambdaContext") -> bool:
        def work() -> bool:
            handle(event)
            return True

        return bool(run(event, context, work))

    return attempt
