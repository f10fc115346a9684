"""A Lambda handler out of a function of many events, for work that is cheaper together."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from pattern_runtime.events import Event
from pattern_runtime.spans import print_malformed, span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

T = TypeVar("T")

BatchHandler = Callable[[dict[str, Any], "LambdaContext"], dict[str, Any]]


def each_batch(read: Callable[[Event], T], handle: Callable[[Sequence[T]], None]) -> BatchHandler:
    """Make the Lambda handler that calls `handle` with all events of a Kinesis batch at once.

    If `handle` raises, the whole batch comes again, from its first record on; so it has to bear
    repeats. If `read` refuses an event, those before it are handled, and the batch comes again
    from that event on, until its retries end. Every event that is handled prints a span.

    Args:
        read: Makes of an event what `handle` takes; a ValueError means that it is none.
        handle: Called with what was read, in the order of the stream.

    Example:
        handler = each_batch(read_report, store)
    """

    def handler(payload: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        records = payload["Records"]
        taken: list[tuple[Event, T]] = []
        failed: str | None = None
        for record in records:
            try:
                event = Event.from_json(base64.b64decode(record["kinesis"]["data"]))
                taken.append((event, read(event)))
            except ValueError as error:
                print_malformed(record["eventID"], error)
                failed = record["kinesis"]["sequenceNumber"]
                break
        if taken and not _handled(taken, handle):
            failed = records[0]["kinesis"]["sequenceNumber"]
        return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}

    return handler


def _handled(taken: Sequence[tuple[Event, T]], handle: Callable[[Sequence[T]], None]) -> bool:
    try:
        with ExitStack() as spans:
            for event, _ in taken:
                spans.enter_context(span(event))
            handle([item for _, item in taken])
    except Exception:  # noqa: BLE001 - whatever it is, each event's span says it, and all come again
        return False
    return True
