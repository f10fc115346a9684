"""A stream's event source mapping handles failures as it says, and holds up nobody else.

The emulator stores BisectBatchOnFunctionError, MaximumRetryAttempts, MaximumRecordAgeInSeconds,
ReportBatchItemFailures and the on-failure destination of a Kinesis mapping and ignores them: a
poison record is retried for ever, with everything behind it. And it runs the handler on the one
thread that polls every queue and stream.

Here each shard of each mapping has a thread of its own. ParallelizationFactor counts as 1 and the
batching window as 0: order is at least AWS's, throughput at most.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

Record = dict[str, Any]

FIRST_PAUSE_SECONDS = 0.1  # doubled with each attempt; AWS does not publish its own pauses
LONGEST_PAUSE_SECONDS = 2.0


class MappingGoneError(Exception):
    """The mapping was deleted or disabled while a batch was being retried."""


@dataclass(frozen=True)
class FailureRules:
    """What a mapping says about failures; None means without end."""

    bisect: bool = False
    retries: int | None = None
    record_age_seconds: int | None = None

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> "FailureRules":
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


def first_failure(records: Sequence[Record], response: Any) -> int | None:
    """Return the index of the first record that a partial batch response names, None for success.

    An identifier that is not in the batch fails the whole batch, as on AWS.
    """
    failures = response.get("batchItemFailures") if isinstance(response, dict) else None
    if not failures:
        return None
    positions = {record["kinesis"]["sequenceNumber"]: i for i, record in enumerate(records)}
    named = [failure.get("itemIdentifier") for failure in failures]
    return min(positions.get(name, 0) for name in named)


class KinesisPoller:
    """Every shard of every Kinesis mapping, each on a thread of its own while it has records."""

    def __init__(self, functions: Any, streams: Any) -> None:
        self._functions = functions
        self._streams = streams
        self._busy: set[tuple[str, str, str]] = set()  # account, mapping, shard
        self._lock = threading.Lock()

    def anchor(self, mapping_id: str, source_arn: str, starting: str) -> None:
        """Fix where a new mapping starts to read, so that LATEST means since its creation."""
        stream = self._streams._streams.get(source_arn.rpartition("stream/")[2])
        if ":kinesis:" in source_arn and stream is not None:
            self._functions._kinesis_positions[mapping_id] = {
                shard_id: 0 if starting == "TRIM_HORIZON" else len(shard["records"])
                for shard_id, shard in stream["shards"].items()
            }

    def poll(self) -> bool:
        """Start a thread for each idle shard with records; whether there was any."""
        started = False
        spawn = emulator_module("core.concurrency").spawn_background
        scope = emulator_module("core.responses").request_scope
        for account, region, mapping in self._functions._iter_all_esms():
            if ":kinesis:" not in mapping.get("EventSourceArn", ""):
                continue
            with scope(account, region):
                for shard_id in self._shards_to_read(mapping):
                    lane = (account, mapping["UUID"], shard_id)
                    with self._lock:
                        if lane in self._busy:
                            continue
                        self._busy.add(lane)
                    spawn(self._read, lane, mapping, shard_id, thread_name="ministack-esm")
                    started = True
        return started

    def _stream(self, mapping: dict[str, Any]) -> Any:
        return self._streams._streams.get(mapping["EventSourceArn"].rpartition("stream/")[2])

    def _shards_to_read(self, mapping: dict[str, Any]) -> list[str]:
        stream = self._stream(mapping)
        if stream is None or stream["StreamStatus"] != "ACTIVE" or not mapping.get("Enabled", True):
            return []
        if mapping["UUID"] not in self._functions._kinesis_positions:
            self.anchor(mapping["UUID"], mapping["EventSourceArn"], mapping["StartingPosition"])
        positions = self._functions._kinesis_positions[mapping["UUID"]]
        return [
            shard_id
            for shard_id, shard in stream["shards"].items()
            # A shard that came by resharding is read from its start: it continues another.
            if len(shard["records"]) > positions.setdefault(shard_id, 0)
        ]

    def _read(self, lane: tuple[str, str, str], mapping: dict[str, Any], shard_id: str) -> None:
        try:
            positions = self._functions._kinesis_positions[mapping["UUID"]]
            shard = self._stream(mapping)["shards"][shard_id]
            while raw := shard["records"][positions[shard_id] :][: mapping.get("BatchSize", 100)]:
                self._deliver(mapping, shard_id, raw)
                positions[shard_id] += len(raw)
        except MappingGoneError:
            pass
        finally:
            with self._lock:
                self._busy.discard(lane)

    def _deliver(self, mapping: dict[str, Any], shard_id: str, raw: list[Record]) -> None:
        functions = self._functions
        arn = mapping["EventSourceArn"]
        records = [self._as_event(record, shard_id, arn) for record in raw]

        def invoke(batch: Sequence[Record]) -> Outcome:
            record, _ = functions._get_func_record_for_qualifier(
                mapping["FunctionName"], mapping.get("Qualifier")
            )
            if record is None:
                raise MappingGoneError
            result = functions._execute_function(record, {"Records": list(batch)})
            if result.get("throttle"):
                return Outcome(0, throttled=True)
            mapping["LastProcessingResult"] = "FAILED" if result.get("error") else "OK"
            if result.get("error"):
                return Outcome(0)
            if "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []):
                return Outcome(first_failure(batch, result.get("body")))
            return Outcome(None)

        def abandon(batch: Sequence[Record], condition: str, attempts: int) -> None:
            self._send_to_destination(mapping, shard_id, batch, condition, attempts)

        def pause(attempts: int) -> None:
            time.sleep(min(FIRST_PAUSE_SECONDS * 2**attempts, LONGEST_PAUSE_SECONDS))
            current = functions._esms.get(mapping["UUID"])
            if current is None or not current.get("Enabled", True):
                raise MappingGoneError

        deliver(
            functions._apply_filter_criteria(records, mapping),
            FailureRules.of(mapping),
            invoke=invoke,
            abandon=abandon,
            pause=pause,
            age=lambda record: time.time() - record["kinesis"]["approximateArrivalTimestamp"],
        )

    def _as_event(self, record: Record, shard_id: str, stream_arn: str) -> Record:
        data = record["Data"]
        if isinstance(data, bytes):
            data = base64.b64encode(data).decode()
        account, region = stream_arn.split(":")[4], stream_arn.split(":")[3]
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": data,
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{account}:role/lambda-role",
            "awsRegion": region,
            "eventSourceARN": stream_arn,
        }

    def _send_to_destination(
        self,
        mapping: dict[str, Any],
        shard_id: str,
        batch: Sequence[Record],
        condition: str,
        attempts: int,
    ) -> None:
        configured = mapping.get("DestinationConfig") or {}
        destination = (configured.get("OnFailure") or {}).get("Destination")
        if not destination:
            return
        body = json.dumps(destination_record(mapping, shard_id, batch, condition, attempts))
        if ":sqs:" in destination:
            queues = emulator_module("services.sqs")
            queue = queues._queue_by_arn(destination)
            if queue is None:
                return
            identity = emulator_module("core.responses").new_uuid()
            message = {"id": identity, "body": body}
            queues._ensure_msg_fields(message)
            queue["messages"].append(message)
            self._functions.esm_wake.set()
        elif ":sns:" in destination:
            topics = emulator_module("services.sns")
            topics._fanout(destination, "", body, "", "", {})


def destination_record(
    mapping: dict[str, Any],
    shard_id: str,
    batch: Sequence[Record],
    condition: str,
    attempts: int,
) -> dict[str, Any]:
    """Return what AWS sends to a stream's on-failure destination: where the records are, not they.

    Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis data stream".
    """
    first, last = batch[0]["kinesis"], batch[-1]["kinesis"]

    def timestamp(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    return {
        "requestContext": {
            "requestId": first["sequenceNumber"],
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
        "timestamp": timestamp(time.time()),
        "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": first["sequenceNumber"],
            "endSequenceNumber": last["sequenceNumber"],
            "approximateArrivalOfFirstRecord": timestamp(first["approximateArrivalTimestamp"]),
            "approximateArrivalOfLastRecord": timestamp(last["approximateArrivalTimestamp"]),
            "batchSize": len(batch),
            "streamArn": mapping["EventSourceArn"],
        },
    }


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    poller = KinesisPoller(functions, emulator_module("services.kinesis"))
    plain_anchor = functions._init_stream_position

    def anchor(mapping_id: str, source_arn: str, starting: str) -> None:
        poller.anchor(mapping_id, source_arn, starting)
        plain_anchor(mapping_id, source_arn, starting)

    functions._init_stream_position = anchor
    functions._poll_kinesis = poller.poll


PATCH = Patch(
    name="stream-failures",
    promise="a Kinesis event source mapping bisects, retries, reports items, ages and abandons "
    "records to its destination as it says, and delays no other mapping",
    symbols=(
        "ministack.services.lambda_svc:_poll_kinesis",
        "ministack.services.lambda_svc:_init_stream_position",
        "ministack.services.lambda_svc:_kinesis_positions",
        "ministack.services.lambda_svc:_iter_all_esms",
        "ministack.services.lambda_svc:_esms",
        "ministack.services.lambda_svc:_get_func_record_for_qualifier",
        "ministack.services.lambda_svc:_execute_function",
        "ministack.services.lambda_svc:_apply_filter_criteria",
        "ministack.services.lambda_svc:esm_wake",
        "ministack.services.kinesis:_streams",
        "ministack.services.sqs:_queue_by_arn",
        "ministack.services.sqs:_ensure_msg_fields",
        "ministack.services.sns:_fanout",
        "ministack.core.concurrency:spawn_background",
        "ministack.core.responses:request_scope",
        "ministack.core.responses:new_uuid",
    ),
    apply=_apply,
)
