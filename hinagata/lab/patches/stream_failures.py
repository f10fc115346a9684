"""A Kinesis stream's event source mapping handles failures as it says, and holds up nobody else.

The emulator stores BisectBatchOnFunctionError, MaximumRetryAttempts, MaximumRecordAgeInSeconds,
ReportBatchItemFailures and the on-failure destination of a Kinesis mapping and ignores them: a
poison record is retried for ever, with everything behind it. And it runs the handler on the one
thread that polls every queue and stream.
"""

import base64
from collections.abc import Sequence
from typing import Any

from hinagata.lab.patches import destinations, stream_delivery
from hinagata.lab.patches.patch import Patch, emulator_module
from hinagata.lab.patches.stream_delivery import Mapping, Record, StreamPoller


class KinesisSource:
    """The records of a Kinesis stream.

    Args:
        functions: the emulator's module.
        streams: the emulator's module.
    """

    service = "kinesis"
    batch_info = "KinesisBatchInfo"

    def __init__(self, functions: Any, streams: Any) -> None:
        self._functions = functions
        self._streams = streams

    def anchor(self, mapping_id: str, source_arn: str, starting: str) -> None:
        """Fix where a new mapping starts to read, so that LATEST means since its creation."""
        stream = self._stream(source_arn)
        if ":kinesis:" in source_arn and stream is not None:
            self._functions._kinesis_positions[mapping_id] = {
                shard_id: 0 if starting == "TRIM_HORIZON" else len(shard["records"])
                for shard_id, shard in stream["shards"].items()
            }

    def shards(self, mapping: Mapping) -> Sequence[str]:
        """Return the shards that have records to read."""
        stream = self._stream(mapping["EventSourceArn"])
        if stream is None or stream["StreamStatus"] != "ACTIVE":
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

    def read(self, mapping: Mapping, shard: str, at_most: int) -> Sequence[Record]:
        """Return the next records of a shard, at most so many, as the function gets them."""
        stream = self._stream(mapping["EventSourceArn"])
        positions = self._functions._kinesis_positions.get(mapping["UUID"])
        if stream is None or positions is None:
            return []
        records = stream["shards"][shard]["records"][positions[shard] :][:at_most]
        return [_as_event(record, shard, mapping["EventSourceArn"]) for record in records]

    def advance(self, mapping: Mapping, shard: str, number: int) -> None:
        """Take so many records as read."""
        positions = self._functions._kinesis_positions.get(mapping["UUID"])
        if positions is not None:
            positions[shard] += number

    def sequence_number(self, record: Record) -> str:
        """Return the number by which a partial batch response names a record."""
        return str(record["kinesis"]["sequenceNumber"])

    def arrival(self, record: Record) -> float:
        """Return when a record came, in seconds since the epoch."""
        return float(record["kinesis"]["approximateArrivalTimestamp"])

    def key(self, record: Record) -> str:
        """Return what records share that are processed in order."""
        return str(record["kinesis"]["partitionKey"])

    def _stream(self, arn: str) -> Any:
        return self._streams._streams.get(arn.rpartition("stream/")[2])


def _as_event(record: Record, shard_id: str, stream_arn: str) -> Record:
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


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    source = KinesisSource(functions, emulator_module("services.kinesis"))
    plain_anchor = functions._init_stream_position

    def anchor(mapping_id: str, source_arn: str, starting: str) -> None:
        source.anchor(mapping_id, source_arn, starting)
        plain_anchor(mapping_id, source_arn, starting)

    functions._init_stream_position = anchor
    functions._poll_kinesis = StreamPoller(source).poll


PATCH = Patch(
    name="stream-failures",
    promise="a Kinesis event source mapping bisects, retries, reports items, ages and abandons "
    "records to its destination as it says, has as many lanes a shard, and delays no other mapping",
    symbols=(
        "ministack.services.lambda_svc:_poll_kinesis",
        "ministack.services.lambda_svc:_init_stream_position",
        "ministack.services.lambda_svc:_kinesis_positions",
        "ministack.services.kinesis:_streams",
        *stream_delivery.SYMBOLS,
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
