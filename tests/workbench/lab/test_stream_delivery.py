"""How a stream's batches are retried, split and given up."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hinagata.lab.patches.stream_delivery import (
    FailureRules,
    Outcome,
    deliver,
    destination_record,
    first_failure,
)
from hinagata.lab.patches.stream_failures import KinesisSource

Record = dict[str, Any]
Decide = Callable[[list[str]], Outcome]

DONE = Outcome(None)
FAILED = Outcome(0)
THROTTLED = Outcome(0, throttled=True)


class Consumer:
    """A function that decides by the names of the records it gets, and what became of them."""

    def __init__(self, decide: Decide, age: float = 0.0) -> None:
        self.seen: list[str] = []
        self.abandoned: list[tuple[str, str, int]] = []
        self.pauses: list[int] = []
        self._decide = decide
        self._age = age

    def take(self, names: str, rules: FailureRules) -> None:
        """Have one record a letter delivered."""

        def invoke(batch: Sequence[Record]) -> Outcome:
            letters = [record["name"] for record in batch]
            self.seen.append("".join(letters))
            return self._decide(letters)

        def abandon(batch: Sequence[Record], condition: str, attempts: int) -> None:
            letters = "".join(record["name"] for record in batch)
            self.abandoned.append((letters, condition, attempts))

        deliver(
            [{"name": name} for name in names],
            rules,
            invoke=invoke,
            abandon=abandon,
            pause=self.pauses.append,
            age=lambda record: self._age,
        )


def poison(letters: list[str]) -> Outcome:
    """Fail whenever the record `x` is there."""
    return FAILED if "x" in letters else DONE


def test_a_batch_that_succeeds_is_seen_once() -> None:
    """No failure, no second invocation."""
    consumer = Consumer(lambda letters: DONE)
    consumer.take("abc", FailureRules())

    assert consumer.seen == ["abc"]


def test_bisecting_isolates_the_poison_and_keeps_the_order() -> None:
    """Halves are retried in order until the one bad record is alone; splits are no retries."""
    consumer = Consumer(poison)
    consumer.take("abcdxfgh", FailureRules(bisect=True, retries=2))

    assert consumer.seen == ["abcdxfgh", "abcd", "xfgh", "xf", "x", "x", "x", "f", "gh"]
    assert consumer.abandoned == [("x", "RetryAttemptsExhausted", 3)]


def test_without_bisecting_the_whole_batch_is_given_up() -> None:
    """The price of one bad record is its batch."""
    consumer = Consumer(poison)
    consumer.take("axb", FailureRules(retries=1))

    assert consumer.seen == ["axb", "axb"]
    assert consumer.abandoned == [("axb", "RetryAttemptsExhausted", 2)]


def test_being_throttled_is_no_retry() -> None:
    """A batch that never ran has used up nothing."""
    outcomes = iter([THROTTLED, THROTTLED, THROTTLED, DONE])
    consumer = Consumer(lambda letters: next(outcomes))
    consumer.take("ab", FailureRules(retries=0))

    assert consumer.seen == ["ab"] * 4
    assert not consumer.abandoned


def test_a_partial_response_starts_a_new_batch_at_the_failed_record() -> None:
    """What came before it is done, and the retries count anew."""
    outcomes = iter([Outcome(2), FAILED, Outcome(1), FAILED, FAILED])
    consumer = Consumer(lambda letters: next(outcomes))
    consumer.take("abcd", FailureRules(retries=1))

    assert consumer.seen == ["abcd", "cd", "cd", "d", "d"]
    assert consumer.abandoned == [("d", "RetryAttemptsExhausted", 2)]


def test_a_partial_response_and_bisecting_isolate_together() -> None:
    """A failed record at the head of its batch is split off from what follows."""
    consumer = Consumer(lambda letters: Outcome(letters.index("x") if "x" in letters else None))
    consumer.take("abxcd", FailureRules(bisect=True, retries=0))

    assert consumer.seen == ["abxcd", "xcd", "xc", "x", "c", "d"]
    assert consumer.abandoned == [("x", "RetryAttemptsExhausted", 1)]


def test_a_batch_that_is_too_old_is_given_up_unseen() -> None:
    """Age is looked at before each attempt."""
    consumer = Consumer(poison, age=61)
    consumer.take("ax", FailureRules(record_age_seconds=60))

    assert consumer.seen == []
    assert consumer.abandoned == [("ax", "MaximumRecordAgeExceeded", 0)]


def test_without_a_bound_it_goes_on_until_it_succeeds() -> None:
    """The default of a mapping is to retry for as long as the records are kept."""
    outcomes = iter([FAILED] * 20 + [DONE])
    consumer = Consumer(lambda letters: next(outcomes))
    consumer.take("a", FailureRules.of({"MaximumRetryAttempts": -1}))

    assert len(consumer.seen) == 21
    assert consumer.pauses == list(range(1, 21))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": []}, None),
        ({"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, 0),
    ],
)
def test_a_partial_response_names_the_first_failure(response: Any, expected: int | None) -> None:
    """The lowest sequence number counts; an identifier that is not there fails the whole batch."""
    assert first_failure("123", response) == expected


def test_the_destination_learns_where_the_records_are() -> None:
    """As on AWS: the shard and the sequence numbers, and no data."""
    batch = [
        {
            "kinesis": {
                "sequenceNumber": number,
                "approximateArrivalTimestamp": 0.0,
                "data": "c2VjcmV0",
            }
        }
        for number in ("7", "8")
    ]
    record = destination_record(
        KinesisSource(None, None),
        {"FunctionArn": "arn:f", "EventSourceArn": "arn:s"},
        "shardId-0",
        batch,
        "RetryAttemptsExhausted",
        3,
    )

    assert record["KinesisBatchInfo"] == {
        "shardId": "shardId-0",
        "startSequenceNumber": "7",
        "endSequenceNumber": "8",
        "approximateArrivalOfFirstRecord": "1970-01-01T00:00:00Z",
        "approximateArrivalOfLastRecord": "1970-01-01T00:00:00Z",
        "batchSize": 2,
        "streamArn": "arn:s",
    }
    assert "c2VjcmV0" not in str(record)
