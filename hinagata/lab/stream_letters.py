"""The records of a stream that a dead letter only points to."""

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from hinagata.lab.dead_letters import event_id, parsed

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_kinesis.type_defs import RecordTypeDef

# A reader that lags gets empty pages; a stretch of one batch is no longer than a few.
PAGES = 20


class StreamRecords:
    """Looks up the records of an abandoned batch.

    Lambda sends to a stream's on-failure destination where the records are, not the records.
    """

    def __init__(self, kinesis: "KinesisClient") -> None:
        self._kinesis = kinesis

    def __call__(self, letter: Mapping[str, object]) -> list[str]:
        """Return the data of each record, or as many as the stream still has."""
        return [record["Data"].decode(errors="replace") for record in self.read(letter)]

    def read(self, letter: Mapping[str, object]) -> "list[RecordTypeDef]":
        """Return each record, or as many as the stream still has."""
        batch = cast("Mapping[str, Any]", letter["KinesisBatchInfo"])
        errors = self._kinesis.exceptions
        try:
            iterator = self._kinesis.get_shard_iterator(
                StreamARN=batch["streamArn"],
                ShardId=batch["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=batch["startSequenceNumber"],
            )["ShardIterator"]
        except (errors.InvalidArgumentException, errors.ResourceNotFoundException):
            return []
        last, size = int(batch["endSequenceNumber"]), int(batch["batchSize"])
        found: list[RecordTypeDef] = []
        for _ in range(PAGES):
            page = self._kinesis.get_records(ShardIterator=iterator)
            found += [record for record in page["Records"] if int(record["SequenceNumber"]) <= last]
            if len(found) >= size or not page.get("NextShardIterator"):
                break
            iterator = page["NextShardIterator"]
        return found


class LetterRecords:
    """Looks up the events that a letter about a stream, or a table's stream, only points to.

    Args:
        client: makes the SDK's client of a service.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def __call__(self, letter: Mapping[str, object]) -> list[str]:
        """Return the data of each record; of an item, each text in it that is an event."""
        if "DDBStreamBatchInfo" not in letter:
            return StreamRecords(self._client("kinesis"))(letter)
        items = ItemRecords(self._client("dynamodbstreams")).read(letter)
        return [text for item in items for text in events_in(item)]


class ItemRecords:
    """Looks up the records of a table's stream of an abandoned batch.

    Args:
        streams: the client `dynamodbstreams`.
    """

    def __init__(self, streams: Any) -> None:
        self._streams = streams

    def read(self, letter: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return each record as the function gets it, or as many as the stream still has."""
        batch = cast("Mapping[str, Any]", letter["DDBStreamBatchInfo"])
        errors = self._streams.exceptions
        try:
            iterator = self._streams.get_shard_iterator(
                StreamArn=batch["streamArn"],
                ShardId=batch["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=batch["startSequenceNumber"],
            )["ShardIterator"]
        except (errors.ResourceNotFoundException, errors.TrimmedDataAccessException):
            return []
        last, size = int(batch["endSequenceNumber"]), int(batch["batchSize"])
        found: list[dict[str, Any]] = []
        for _ in range(PAGES):
            page = self._streams.get_records(ShardIterator=iterator)
            found += [
                _as_event(record, batch["streamArn"])
                for record in page["Records"]
                if int(record["dynamodb"]["SequenceNumber"]) <= last
            ]
            if len(found) >= size or not page.get("NextShardIterator"):
                break
            iterator = page["NextShardIterator"]
        return found


def events_in(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in the item of a record that are events."""
    images = record["dynamodb"]
    for value in (images.get("NewImage") or images.get("OldImage") or {}).values():
        if event_id(parsed(value.get("S", ""))) is not None:
            yield value["S"]


def _as_event(record: Mapping[str, Any], stream: str) -> dict[str, Any]:
    event: dict[str, Any] = _plain({**record, "eventSourceARN": stream})
    return event


def _plain(value: Any) -> Any:
    """Return what the SDK has parsed as the JSON that it was."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.timestamp()
    return value
