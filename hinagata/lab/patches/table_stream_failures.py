"""The event source mapping of a table's stream handles failures as it says.

The emulator stores BisectBatchOnFunctionError, MaximumRetryAttempts and ReportBatchItemFailures of
a DynamoDB mapping and ignores them, so that a poison record is retried until it is too old, with
everything behind it; and it runs the handler on the one thread that polls every queue and stream.
"""

import json
from collections.abc import Sequence
from typing import Any

from hinagata.lab.patches import destinations, stream_delivery
from hinagata.lab.patches.patch import Patch, emulator_module
from hinagata.lab.patches.stream_delivery import Mapping, Record, StreamPoller

# The emulator keeps one sequence of records a table; this is what its own records call it.
_SHARD = "shardId-00000000000000000000-00000000"


class TableSource:
    """The records of the stream of a table.

    Args:
        functions: the emulator's module.
        tables: the emulator's module.
    """

    service = "dynamodb"
    batch_info = "DDBStreamBatchInfo"

    def __init__(self, functions: Any, tables: Any) -> None:
        self._functions = functions
        self._tables = tables

    def shards(self, mapping: Mapping) -> Sequence[str]:
        """Return the shards that have records to read."""
        name = _table(mapping)
        table = self._tables._tables.get(name)
        if not table or table.get("LatestStreamArn") != mapping["EventSourceArn"]:
            return []
        return [_SHARD] if self._tables.stream_end_position(name) > self._position(mapping) else []

    def read(self, mapping: Mapping, shard: str, at_most: int) -> Sequence[Record]:  # noqa: ARG002
        """Return the next records, at most so many, as the function gets them."""
        records: Sequence[Record] = self._tables.stream_records_since(
            _table(mapping), self._position(mapping), at_most
        )
        return records

    def advance(self, mapping: Mapping, shard: str, number: int) -> None:  # noqa: ARG002
        """Take so many records as read."""
        with self._functions._dynamodb_stream_positions_lock:
            positions = self._functions._dynamodb_stream_positions
            if mapping["UUID"] in positions:
                positions[mapping["UUID"]] += number

    def sequence_number(self, record: Record) -> str:
        """Return the number by which a partial batch response names a record."""
        return str(record["dynamodb"]["SequenceNumber"])

    def arrival(self, record: Record) -> float:
        """Return when a record came, in seconds since the epoch."""
        return float(record["dynamodb"]["ApproximateCreationDateTime"])

    def key(self, record: Record) -> str:
        """Return what records share that are processed in order: the item."""
        return json.dumps(record["dynamodb"]["Keys"], sort_keys=True)

    def _position(self, mapping: Mapping) -> int:
        name = _table(mapping)
        horizon = self._tables.stream_start_position(name)
        with self._functions._dynamodb_stream_positions_lock:
            positions: Any = self._functions._dynamodb_stream_positions
            if mapping["UUID"] not in positions:
                latest = mapping.get("StartingPosition", "LATEST") != "TRIM_HORIZON"
                end = self._tables.stream_end_position(name)
                positions[mapping["UUID"]] = end if latest else horizon
            # What has expired since the last look is gone.
            position = positions[mapping["UUID"]] = max(positions[mapping["UUID"]], horizon)
        return int(position)


def _table(mapping: Mapping) -> str:
    return str(mapping["EventSourceArn"]).split("/")[1]


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    source = TableSource(functions, emulator_module("services.dynamodb"))
    functions._poll_dynamodb_streams = StreamPoller(source).poll


PATCH = Patch(
    name="table-stream-failures",
    promise="the event source mapping of a table's stream bisects, retries, reports items, ages "
    "and abandons records to its destination as it says, has as many lanes, and delays no other "
    "mapping",
    symbols=(
        "ministack.services.lambda_svc:_poll_dynamodb_streams",
        "ministack.services.lambda_svc:_dynamodb_stream_positions",
        "ministack.services.lambda_svc:_dynamodb_stream_positions_lock",
        "ministack.services.dynamodb:_tables",
        "ministack.services.dynamodb:stream_start_position",
        "ministack.services.dynamodb:stream_end_position",
        "ministack.services.dynamodb:stream_records_since",
        *stream_delivery.SYMBOLS,
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
