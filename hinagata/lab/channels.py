"""Devices that put their events into a stream or a queue themselves, with an AWS client."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.lab.endpoint import Endpoint
from hinagata.lab.messages import Message

STREAM = "AWS::Kinesis::Stream"
QUEUE = "AWS::SQS::Queue"
CHANNELS = (STREAM, QUEUE)

# Where the services say that it was too much (Kinesis API reference, "PutRecord"; SQS API
# reference, "Common error types"), and what HTTP calls it.
_TOO_MUCH = (
    "ProvisionedThroughputExceededException",
    "RequestThrottled",
    "ThrottlingException",
)
_TAKEN, _TOO_MANY_REQUESTS = 200, 429


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Where the events of a source are put.

    Attributes:
        url: what it is called, for people.
        put: puts an envelope there: with what it keeps its order, and the event's id.
    """

    url: str
    put: Callable[[str, str, str], object]


def channel(type_: str, physical_id: str, endpoint: Endpoint) -> Channel:
    """Return the channel that a deployed resource is.

    Args:
        type_: its CloudFormation type, one of `CHANNELS`.
        physical_id: the stream's name, or the queue's URL.
        endpoint: where it is.
    """
    if type_ == STREAM:
        kinesis = endpoint.client("kinesis")
        return Channel(
            url=f"stream {physical_id}",
            put=lambda envelope, group, _: kinesis.put_record(
                StreamName=physical_id, Data=envelope.encode(), PartitionKey=group
            ),
        )
    sqs = endpoint.client("sqs")
    ordered = physical_id.endswith(".fifo")

    def send(envelope: str, group: str, name: str) -> object:
        # A queue that keeps its order knows a repeat by the event's id.
        more = {"MessageGroupId": group, "MessageDeduplicationId": name} if ordered else {}
        return sqs.send_message(QueueUrl=physical_id, MessageBody=envelope, **more)

    return Channel(url=physical_id, put=send)


class Putter:
    """What a worker puts the events of a source with.

    Args:
        channel: where to.
        trace: returns the root of a message's trace.
    """

    def __init__(self, channel: Channel, trace: Callable[[str, float], str]) -> None:
        self._channel = channel
        self._trace = trace

    def call(self, message: Message, sent_at: float) -> tuple[int | None, str]:
        """Return the status of the answer, if any, and why the attempt failed, if it did."""
        try:
            self._channel.put(self._envelope(message, sent_at), message.group, message.id)
        except ClientError as error:
            return _status(error), str(error)
        except BotoCoreError as error:
            return None, f"{type(error).__name__}: {error}"
        return _TAKEN, ""

    def close(self) -> None:
        """Leave the client to the others."""

    def _envelope(self, message: Message, sent_at: float) -> str:
        """Return a message in the words of CloudEvents 1.0, with the sender's id and clock."""
        moment = datetime.fromtimestamp(sent_at, UTC).isoformat(timespec="microseconds")
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": message.id,
            "source": message.path,
            "type": message.event,
            "time": moment.replace("+00:00", "Z"),
            "trace": f"Root={self._trace(message.id, sent_at)};Sampled=1",
            "data": json.loads(message.body or b"{}"),
        }
        return json.dumps(event, separators=(",", ":"))


def _status(error: ClientError) -> int:
    if error.response["Error"]["Code"] in _TOO_MUCH:
        return _TOO_MANY_REQUESTS
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
