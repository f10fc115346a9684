"""What is in a dead letter, and how it goes back to where it came from."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hinagata.lab.dead_letters import event_id, parsed
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.redrive_ways import Way
from hinagata.lab.stream_letters import ItemRecords, StreamRecords, events_in

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef


class FailedAgainError(Exception):
    """What a letter holds was processed once more, and failed: the letter stays."""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is in a letter.

    Attributes:
        events: the ids of its events, as far as it tells.
        back_to: what it goes back to.
        sends: how: one call for each event, or for what only goes together.
        says: what the letter itself says of the failure.
        kept: why it cannot go back; empty if it can.
    """

    events: tuple[str, ...]
    back_to: str
    sends: tuple[Callable[[], object], ...] = ()
    says: str = ""
    kept: str = ""


class Parcels:
    """Opens dead letters of an endpoint.

    Args:
        endpoint: where they lie, and where they go back to.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sqs = endpoint.client("sqs")

    def open(self, way: Way, message: MessageTypeDef) -> Parcel:
        """Return what is in a letter; nothing is sent yet.

        Args:
            way: the queue that it lies in.
            message: the letter.
        """
        letter = parsed(message["Body"])
        if "KinesisBatchInfo" in letter:
            return self._records(letter)
        if "DDBStreamBatchInfo" in letter:
            return self._items(letter)
        if "requestPayload" in letter:
            return self._invocation(letter)
        name = _source_of(way, message)
        event = event_id(_unwrapped(letter))
        events = () if event is None else (event,)
        if name is None:
            return Parcel(
                events=events,
                back_to="",
                kept=f"it does not tell which of {', '.join(way.sources)} it comes from",
            )
        target = way.sources[name]
        if ":stateMachine:" in target:
            return self._execution(way, name, letter, message["MessageId"])
        if not target.startswith("http"):
            send = self._invoke(target, message["Body"].encode())
        else:
            request = {"QueueUrl": target, **_copy(message)}

            def send() -> object:
                return self._sqs.send_message(**request)

        return Parcel(events=events, back_to=name, sends=(send,))

    def _records(self, letter: Mapping[str, Any]) -> Parcel:
        batch = letter["KinesisBatchInfo"]
        kinesis = self._endpoint.client("kinesis")
        records = StreamRecords(kinesis).read(letter)
        lost = int(batch["batchSize"]) - len(records)
        events = (event_id(parsed(each["Data"].decode(errors="replace"))) for each in records)
        return Parcel(
            events=tuple(event for event in events if event is not None),
            back_to=str(batch["streamArn"]).rpartition("/")[2],
            sends=tuple(
                _later(
                    kinesis.put_record,
                    StreamARN=batch["streamArn"],
                    Data=record["Data"],
                    PartitionKey=record["PartitionKey"],
                )
                for record in records
            ),
            says=_condition(letter),
            kept=f"{lost} of its {batch['batchSize']} records are gone from the stream"
            if lost > 0
            else "",
        )

    def _items(self, letter: Mapping[str, Any]) -> Parcel:
        batch = letter["DDBStreamBatchInfo"]
        function = str(letter["requestContext"]["functionArn"])
        records = ItemRecords(self._endpoint.client("dynamodbstreams")).read(letter)
        lost = int(batch["batchSize"]) - len(records)
        events = (event_id(parsed(text)) for record in records for text in events_in(record))
        return Parcel(
            events=tuple(event for event in events if event is not None),
            back_to=function.partition(":function:")[2],
            sends=(lambda: self._process(function, {"Records": records}),),
            says=_condition(letter),
            kept=f"{lost} of its {batch['batchSize']} records are gone from the table's stream"
            if lost > 0
            else "",
        )

    def _process(self, function: str, batch: Mapping[str, Any]) -> None:
        """Have a function process a batch: nobody but its mapping can put one on the stream."""
        answer = self._endpoint.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(batch).encode()
        )
        said = parsed(answer["Payload"].read().decode(errors="replace"))
        if "FunctionError" in answer or said.get("batchItemFailures"):
            raise FailedAgainError(function)

    def _execution(self, way: Way, name: str, state: Mapping[str, Any], message_id: str) -> Parcel:
        begun_with = {key: value for key, value in state.items() if key not in way.written}
        event = event_id(begun_with)
        states = self._endpoint.client("stepfunctions")

        def start() -> None:
            # Named after the letter: what was started just before an interruption is not again.
            with contextlib.suppress(states.exceptions.ExecutionAlreadyExists):
                states.start_execution(
                    stateMachineArn=way.sources[name],
                    name=message_id,
                    input=json.dumps(begun_with),
                )

        return Parcel(
            events=() if event is None else (event,),
            back_to=name,
            sends=(start,),
            says=_failure(state[key] for key in way.written if key in state),
        )

    def _invocation(self, letter: Mapping[str, Any]) -> Parcel:
        # The qualifier is part of the ARN, so an alias's event goes back to the alias.
        function = str(letter["requestContext"]["functionArn"])
        answer = letter.get("responsePayload") or {}
        error = f"{answer.get('errorType')}: {answer.get('errorMessage')}"
        payload = letter["requestPayload"]
        event = event_id(payload) if isinstance(payload, dict) else None
        return Parcel(
            events=() if event is None else (event,),
            back_to=function.partition(":function:")[2],
            sends=(self._invoke(function, json.dumps(payload).encode()),),
            says=error if "errorType" in answer else _condition(letter),
        )

    def _invoke(self, function: str, payload: bytes) -> Callable[[], object]:
        return _later(
            self._endpoint.client("lambda").invoke,
            FunctionName=function,
            InvocationType="Event",
            Payload=payload,
        )


def _source_of(way: Way, message: MessageTypeDef) -> str | None:
    """Return the name of what a letter goes back to; None if it does not tell."""
    if len(way.sources) == 1:
        return next(iter(way.sources))
    # SQS says it of what it moved itself.
    arn = message["Attributes"].get("DeadLetterQueueSourceArn", "")
    queue = arn.rpartition(":")[2]
    return next(
        (name for name, url in way.sources.items() if queue and url.endswith(f"/{queue}")), None
    )


def _copy(message: MessageTypeDef) -> dict[str, Any]:
    """Return what a letter is sent with: the same body, attributes, trace and group."""
    attributes = message["Attributes"]
    copied: dict[str, Any] = {"MessageBody": message["Body"]}
    if "MessageAttributes" in message:
        copied["MessageAttributes"] = message["MessageAttributes"]
    trace = attributes.get("AWSTraceHeader")
    if trace is not None:
        copied["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": trace}
        }
    if "MessageGroupId" in attributes:
        copied["MessageGroupId"] = attributes["MessageGroupId"]
    if "MessageDeduplicationId" in attributes:
        # Of the letter: the original's own may be remembered still, and swallow the copy; and a
        # copy that was made just before an interruption is not made twice.
        copied["MessageDeduplicationId"] = message["MessageId"]
    return copied


def _later(call: Callable[..., object], **request: Any) -> Callable[[], object]:
    return lambda: call(**request)


def _unwrapped(letter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event in an SNS notification, or what there is."""
    if letter.get("Type") == "Notification" and isinstance(letter.get("Message"), str):
        return parsed(letter["Message"])
    return letter


def _failure(written: Iterable[object]) -> str:
    """Return what a workflow's `Catch` wrote of an error; of a function, its type and message."""
    for found in written:
        if isinstance(found, dict) and "Error" in found:
            cause = str(found.get("Cause", ""))
            return f"{found['Error']}: {parsed(cause).get('errorMessage', cause)}"
    return ""


def _condition(letter: Mapping[str, Any]) -> str:
    context = letter.get("requestContext", {})
    tries = context.get("approximateInvokeCount", "?")
    return f"{context.get('condition', 'unknown')} after {tries} invocations"
