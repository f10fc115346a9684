"""The records that a dead letter of a stream points to."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from hinagata.lab.stream_letters import ItemRecords, StreamRecords

LETTER = {
    "KinesisBatchInfo": {
        "streamArn": "arn",
        "shardId": "shard-0",
        "startSequenceNumber": "11",
        "endSequenceNumber": "13",
        "batchSize": 3,
    }
}


class GoneError(Exception):
    """The error of a sequence number that the stream no longer has."""


class FakeKinesis:
    """A shard of ten records from 10 on, read two at a time, the first page empty."""

    exceptions = SimpleNamespace(
        InvalidArgumentException=GoneError, ResourceNotFoundException=GoneError
    )

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone
        self.pages = 0

    def get_shard_iterator(self, **request: str) -> dict[str, str]:
        """Return an iterator that is the next sequence number."""
        if self.gone:
            raise GoneError
        assert request["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
        return {"ShardIterator": f"lag-{request['StartingSequenceNumber']}"}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - the SDK's name
        """Return a page."""
        self.pages += 1
        if ShardIterator.startswith("lag-"):
            return {"Records": [], "NextShardIterator": ShardIterator.removeprefix("lag-")}
        first = int(ShardIterator)
        return {
            "Records": [
                {"SequenceNumber": str(number), "Data": f"record {number}".encode()}
                for number in range(first, min(first + 2, 20))
            ],
            "NextShardIterator": str(first + 2),
        }


def test_the_records_of_the_batch_are_read_and_no_others() -> None:
    """From the first to the last sequence number, over empty pages, and not a page further."""
    kinesis = FakeKinesis()

    assert StreamRecords(cast("Any", kinesis))(LETTER) == ["record 11", "record 12", "record 13"]
    assert kinesis.pages == 3


def test_records_that_are_gone_are_none() -> None:
    """A stream keeps its records for a while only."""
    assert StreamRecords(cast("Any", FakeKinesis(gone=True)))(LETTER) == []


ABOUT_ITEMS = {
    "DDBStreamBatchInfo": {
        "streamArn": "arn:stream",
        "shardId": "shard-0",
        "startSequenceNumber": "11",
        "endSequenceNumber": "12",
        "batchSize": 2,
    }
}


class FakeTableStream:
    """A shard of three records from 11 on, as the SDK parses them."""

    exceptions = SimpleNamespace(
        ResourceNotFoundException=GoneError, TrimmedDataAccessException=GoneError
    )

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone

    def get_shard_iterator(self, **request: str) -> dict[str, str]:
        """Return the only iterator."""
        if self.gone:
            raise GoneError
        assert request["SequenceNumber"] == "11"
        return {"ShardIterator": "it"}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - the SDK's name
        """Return all of them."""
        assert ShardIterator == "it"
        records = [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "ApproximateCreationDateTime": datetime(2026, 1, 1, tzinfo=UTC),
                    "NewImage": {"picture": {"B": b"\x00"}, "tags": {"L": [{"B": b"x"}]}},
                },
            }
            for number in (11, 12, 13)
        ]
        return {"Records": records, "NextShardIterator": "it"}


def test_items_are_as_their_function_gets_them() -> None:
    """Bytes are in base64 and times in seconds, at any depth; only the batch's records are read."""
    first, second = ItemRecords(FakeTableStream()).read(ABOUT_ITEMS)

    assert first == {
        "eventName": "INSERT",
        "eventSourceARN": "arn:stream",
        "dynamodb": {
            "SequenceNumber": "11",
            "ApproximateCreationDateTime": 1767225600.0,
            "NewImage": {"picture": {"B": "AA=="}, "tags": {"L": [{"B": "eA=="}]}},
        },
    }
    assert second["dynamodb"]["SequenceNumber"] == "12"


def test_items_that_are_gone_are_none() -> None:
    """A table's stream keeps its records for a day."""
    assert ItemRecords(FakeTableStream(gone=True)).read(ABOUT_ITEMS) == []
