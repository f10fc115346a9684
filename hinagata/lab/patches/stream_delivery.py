"""How a stream's mapping has records processed: in order, each until it is done or given up.

The rules are the same for Kinesis and for the stream of a DynamoDB table; what differs is where
the records lie. Each shard of each mapping has a thread of its own while it has records, so that
a slow or failing function delays no other mapping. With a ParallelizationFactor a shard's records
go to so many lanes by their keys, as far as this machine has cores, each in order; the lanes read
on together, so one that retries holds up the others, which on AWS it does not. The batching window
counts as 0. So order is at least AWS's, throughput at most.
"""

import contextvars
import json
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from hinagata.lab.patches.destinations import failure_key, hand_over_if_possible
from hinagata.lab.patches.mapping_concurrency import most_at_once
from hinagata.lab.patches.patch import emulator_module

Record = dict[str, Any]
Mapping = dict[str, Any]

FIRST_PAUSE_SECONDS = 0.1  # doubled with each attempt; AWS does not publish its own pauses
LONGEST_PAUSE_SECONDS = 2.0
DEFAULT_BATCH = 100

# What this module calls; each patch that uses it names them among its own.
SYMBOLS = (
    "ministack.services.lambda_svc:_iter_all_esms",
    "ministack.services.lambda_svc:_esms",
    "ministack.services.lambda_svc:_get_func_record_for_qualifier",
    "ministack.services.lambda_svc:_execute_function",
    "ministack.services.lambda_svc:_apply_filter_criteria",
    "ministack.core.concurrency:spawn_background",
    "ministack.core.responses:request_scope",
)


class MappingGoneError(Exception):
    """The mapping was deleted or disabled while a batch was being retried."""


@dataclass(frozen=True)
class FailureRules:
    """What a mapping says about failures; None means without end."""

    bisect: bool = False
    retries: int | None = None
    record_age_seconds: int | None = None

    @classmethod
    def of(cls, mapping: Mapping) -> "FailureRules":
        """Read them from an event source mapping."""
        return cls(
            bisect=str(mapping.get("BisectBatchOnFunctionError", False)).lower() == "true",
            retries=_bound(mapping.get("MaximumRetryAttempts")),
            record_age_seconds=_bound(mapping.get("MaximumRecordAgeInSeconds")),
        )


def _bound(value: Any) -> int | None:
    return None if value is None or int(value) < 0 else int(value)


@dataclass(frozen=True)
class Outcome:
    """What one invocation did: the index of the first record that failed, None for none."""

    first_failed: int | None
    throttled: bool = False


def deliver(
    records: Sequence[Record],
    rules: FailureRules,
    *,
    invoke: Callable[[Sequence[Record]], Outcome],
    abandon: Callable[[Sequence[Record], str, int], None],
    pause: Callable[[int], None],
    age: Callable[[Record], float],
) -> None:
    """Have a batch processed, in order, until each record is done or abandoned.

    As on AWS: splitting a batch and being throttled do not count as retries, and a partial
    response makes the failed record and all behind it the batch to retry.

    Args:
        records: the batch, oldest first.
        rules: the mapping's.
        invoke: call the function with these records.
        abandon: give these up for this condition after this many invocations.
        pause: wait before the next attempt, given the attempts so far.
        age: of a record, in seconds.
    """
    attempts = 0
    while records:
        if rules.record_age_seconds is not None and age(records[0]) > rules.record_age_seconds:
            abandon(records, "MaximumRecordAgeExceeded", attempts)
            return
        outcome = invoke(records)
        if outcome.first_failed is None:
            return
        if outcome.throttled:
            pause(attempts)
        elif outcome.first_failed > 0:
            records, attempts = records[outcome.first_failed :], 0
        elif rules.bisect and len(records) > 1:
            middle = (len(records) + 1) // 2
            deliver(records[:middle], rules, invoke=invoke, abandon=abandon, pause=pause, age=age)
            records, attempts = records[middle:], 0
        else:
            attempts += 1
            if rules.retries is not None and attempts > rules.retries:
                abandon(records, "RetryAttemptsExhausted", attempts)
                return
            pause(attempts)


def first_failure(sequence_numbers: Sequence[str], response: Any) -> int | None:
    """Return the index of the first record that a partial batch response names, None for success.

    An identifier that is not in the batch fails the whole batch, as on AWS.

    Args:
        sequence_numbers: of the batch, oldest first.
        response: what the function returned.
    """
    failures = response.get("batchItemFailures") if isinstance(response, dict) else None
    if not failures:
        return None
    positions = {number: index for index, number in enumerate(sequence_numbers)}
    return min(positions.get(failure.get("itemIdentifier"), 0) for failure in failures)


def in_lanes(
    records: Sequence[Record], lanes: int, key: Callable[[Record], str]
) -> list[Sequence[Record]]:
    """Return the records of each lane that has any, in order; those of one key share a lane.

    Args:
        records: oldest first.
        lanes: how many there are at most.
        key: of a record.
    """
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(zlib.crc32(key(record).encode()) % lanes, []).append(record)
    return list(found.values())


class StreamSource(Protocol):
    """Where the records of a mapping lie, and how far it has read.

    Attributes:
        service: as ARNs have it.
        batch_info: what a destination record calls the batch.
    """

    service: str
    batch_info: str

    def shards(self, mapping: Mapping) -> Sequence[str]:
        """Return the shards that have records to read."""
        ...

    def read(self, mapping: Mapping, shard: str, at_most: int) -> Sequence[Record]:
        """Return the next records of a shard, at most so many, as the function gets them."""
        ...

    def advance(self, mapping: Mapping, shard: str, number: int) -> None:
        """Take so many records as read."""
        ...

    def sequence_number(self, record: Record) -> str:
        """Return the number by which a partial batch response names a record."""
        ...

    def arrival(self, record: Record) -> float:
        """Return when a record came, in seconds since the epoch."""
        ...

    def key(self, record: Record) -> str:
        """Return what records share that are processed in order, whatever their lanes."""
        ...


class StreamPoller:
    """Every shard of every mapping of a kind of stream."""

    def __init__(self, source: StreamSource) -> None:
        self._source = source
        self._functions = emulator_module("services.lambda_svc")
        self._busy: set[tuple[str, str, str]] = set()  # account, mapping, shard
        self._lock = threading.Lock()

    def poll(self) -> bool:
        """Start a thread for each idle shard with records; whether there was any."""
        started = False
        spawn = emulator_module("core.concurrency").spawn_background
        scope = emulator_module("core.responses").request_scope
        for account, region, mapping in self._functions._iter_all_esms():
            if f":{self._source.service}:" not in mapping.get("EventSourceArn", ""):
                continue
            if not enabled(mapping):
                continue
            with scope(account, region):
                for shard in self._source.shards(mapping):
                    lane = (account, mapping["UUID"], shard)
                    with self._lock:
                        if lane in self._busy:
                            continue
                        self._busy.add(lane)
                    spawn(self._read, lane, mapping, shard, thread_name="ministack-esm")
                    started = True
        return started

    def _read(self, lane: tuple[str, str, str], mapping: Mapping, shard: str) -> None:
        number = min(int(mapping.get("ParallelizationFactor") or 1), most_at_once())
        at_most = number * batch_size(mapping)
        try:
            with ThreadPoolExecutor(number, thread_name_prefix="ministack-esm") as pool:
                while enabled(mapping) and (records := self._source.read(mapping, shard, at_most)):
                    lanes = in_lanes(records, number, self._source.key)
                    under_way = [
                        # Each has the account and region of the mapping.
                        pool.submit(
                            contextvars.copy_context().run, self._in_order, mapping, shard, each
                        )
                        for each in lanes
                    ]
                    for each in under_way:
                        each.result()
                    self._source.advance(mapping, shard, len(records))
        except MappingGoneError:
            pass
        finally:
            with self._lock:
                self._busy.discard(lane)

    def _in_order(self, mapping: Mapping, shard: str, records: Sequence[Record]) -> None:
        size = batch_size(mapping)
        for start in range(0, len(records), size):
            self._deliver(mapping, shard, records[start : start + size])

    def _deliver(self, mapping: Mapping, shard: str, records: Sequence[Record]) -> None:
        source = self._source

        def abandon(batch: Sequence[Record], condition: str, attempts: int) -> None:
            configured = mapping.get("DestinationConfig") or {}
            destination = (configured.get("OnFailure") or {}).get("Destination")
            if destination:
                document = destination_record(source, mapping, shard, batch, condition, attempts)
                if ":s3:" in destination:
                    # A bucket alone gets the records themselves.
                    document["payload"] = json.dumps({"Records": list(batch)})
                key = failure_key(mapping["UUID"], shard)
                hand_over_if_possible(destination, json.dumps(document), key=key)

        def pause(attempts: int) -> None:
            time.sleep(min(FIRST_PAUSE_SECONDS * 2**attempts, LONGEST_PAUSE_SECONDS))
            current = self._functions._esms.get(mapping["UUID"])
            if current is None or not enabled(current):
                raise MappingGoneError

        deliver(
            self._functions._apply_filter_criteria(records, mapping),
            FailureRules.of(mapping),
            invoke=lambda batch: self._invoke(mapping, batch),
            abandon=abandon,
            pause=pause,
            age=lambda record: time.time() - source.arrival(record),
        )

    def _invoke(self, mapping: Mapping, batch: Sequence[Record]) -> Outcome:
        record, _ = self._functions._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
        if record is None:
            raise MappingGoneError
        result = self._functions._execute_function(record, {"Records": list(batch)})
        if result.get("throttle"):
            return Outcome(0, throttled=True)
        mapping["LastProcessingResult"] = "FAILED" if result.get("error") else "OK"
        if result.get("error"):
            return Outcome(0)
        if "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []):
            numbers = [self._source.sequence_number(each) for each in batch]
            return Outcome(first_failure(numbers, result.get("body")))
        return Outcome(None)


def enabled(mapping: Mapping) -> bool:
    """Return whether a mapping is to be read; a template may say so in words."""
    return str(mapping.get("Enabled", True)).lower() != "false"


def batch_size(mapping: Mapping) -> int:
    """Return how many records a mapping takes at once."""
    return int(mapping.get("BatchSize", DEFAULT_BATCH))


def destination_record(
    source: StreamSource,
    mapping: Mapping,
    shard: str,
    batch: Sequence[Record],
    condition: str,
    attempts: int,
) -> dict[str, Any]:
    """Return what AWS sends to a stream's on-failure destination: where the records are, not they.

    Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis data stream"
    and the page of the same name for DynamoDB.
    """
    first, last = batch[0], batch[-1]
    return {
        "requestContext": {
            "requestId": source.sequence_number(first),
            "functionArn": mapping["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": _timestamp(time.time()),
        source.batch_info: {
            "shardId": shard,
            "startSequenceNumber": source.sequence_number(first),
            "endSequenceNumber": source.sequence_number(last),
            "approximateArrivalOfFirstRecord": _timestamp(source.arrival(first)),
            "approximateArrivalOfLastRecord": _timestamp(source.arrival(last)),
            "batchSize": len(batch),
            "streamArn": mapping["EventSourceArn"],
        },
    }


def _timestamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
