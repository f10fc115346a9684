"""What is dead, why, and back with it to where it came from.

A letter is copied to its source, then deleted: if that is interrupted, it lies there twice, which
consumers have to bear anyway, and never nowhere.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.assembly.synthesis import synthesize
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.dead_letters import BATCH, HIDDEN_SECONDS, event_id, parsed
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.hops import read_hops
from hinagata.lab.observation import SpanReader
from hinagata.lab.spans import Span, Status
from hinagata.lab.stream_letters import ItemRecords, StreamRecords
from hinagata.lab.workflow_letters import workflow_letters
from hinagata.suggestion import suggest
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.node import Role
from hinagata.topology.reading import read_topology

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

    from hinagata.samples import Sample
    from hinagata.topology.graph import Topology
    from hinagata.topology.node import Node

_ONWARD = (Kind.POLLS, Kind.DELIVERS, Kind.INVOKES_ASYNC)
_FUNCTION = "AWS::Lambda::Function"
_LOG_GROUP = "AWS::Logs::LogGroup"
# Logs come later than letters, and clocks differ a little.
_EARLIER_SECONDS = 60.0
_NO_SPAN = "no span tells: the function may have crashed or run into its timeout; see its log"
_FIFO = ".fifo"


class FailedAgainError(Exception):
    """What a letter holds was processed once more, and failed: the letter stays."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A dead-letter queue, and what its letters come from.

    Attributes:
        hop: the construct id of the hop that gave the letters up.
        queue: the URL of the dead-letter queue.
        name: what to call the queue.
        sources: for each name of a queue, function or workflow that letters go back to, its URL,
            name or ARN; of a stream's letters and an invocation's, the letter itself says where.
        written: the names that a workflow itself wrote into its letters.
    """

    hop: str
    queue: str
    name: str
    sources: Mapping[str, str]
    written: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that a hop gave up.

    Attributes:
        hop: the construct id of the hop.
        queue: what the queue that it lies in is called.
        message_id: the queue's name for it.
        events: the ids of its events, as far as it tells.
        received: how often it was received, over all queues.
        sent_at: when it was first sent, in seconds since the epoch.
        why: the last error that the hop told of it.
        back_to: what it goes back to.
        kept: why it cannot go back; empty if it can.
    """

    hop: str
    queue: str
    message_id: str
    events: tuple[str, ...]
    received: int
    sent_at: float
    why: str
    back_to: str
    kept: str = ""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is in a letter, and how it goes back: one call for each event in it."""

    events: tuple[str, ...]
    back_to: str
    sends: tuple[Callable[[], object], ...] = ()
    says: str = ""
    kept: str = ""


class Redrive:
    """The dead letters of an architecture on an endpoint.

    Args:
        endpoint: where it runs.
        ways: its dead-letter queues.
        log_groups: where its hops write.
    """

    def __init__(
        self, endpoint: Endpoint, ways: Sequence[Way], *, log_groups: Sequence[str] = ()
    ) -> None:
        self._endpoint = endpoint
        self._ways = ways
        self._log_groups = log_groups
        self._sqs = endpoint.client("sqs")

    def read(self) -> list[Letter]:
        """Return every dead letter, and leave it where it is."""
        found: list[tuple[Way, MessageTypeDef, Parcel]] = []
        for way in self._ways:
            held: dict[str, str] = {}
            try:
                found += [
                    (way, message, self._parcel(way, message))
                    for message in self._receive(way.queue, held, HIDDEN_SECONDS)
                ]
            finally:
                self._release(way.queue, held.values())
        errors = self._errors(min((_sent_at(each) for _, each, _ in found), default=0.0))
        return [
            Letter(
                hop=way.hop,
                queue=way.name,
                message_id=message["MessageId"],
                events=parcel.events,
                received=int(message["Attributes"]["ApproximateReceiveCount"]),
                sent_at=_sent_at(message),
                why=_why(way.hop, parcel, errors),
                back_to=parcel.back_to,
                kept=parcel.kept,
            )
            for way, message, parcel in found
        ]

    def unseen(self, letters: Sequence[Letter]) -> int:
        """Return how many letters lie behind others of their group, where nobody can read them.

        SQS shows ten messages of a FIFO queue's group, and more only when those are gone.

        Args:
            letters: those that were read; letters of other queues do not count.
        """
        seen = Counter(letter.queue for letter in letters)
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        unseen = 0
        for way in self._ways:
            if way.queue.endswith(_FIFO) and seen[way.name]:
                depths = self._sqs.get_queue_attributes(QueueUrl=way.queue, AttributeNames=names)
                depth = sum(map(int, depths["Attributes"].values()))
                unseen += max(0, depth - seen[way.name])
        return unseen

    def send_back(
        self,
        letters: Sequence[Letter],
        *,
        per_second: float,
        progress: Callable[[int], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> set[str]:
        """Send letters back, each queue's in its order, and return the ids of those that went.

        Args:
            letters: those that were read, and with them what lies behind them in FIFO queues;
                what dies again meanwhile is not sent in circles.
            per_second: how many events a second, at most.
            progress: told how many letters went so far.
            now: a clock.
            wait: lets time pass.
        """
        wanted = {letter.message_id for letter in letters if not letter.kept}
        read = {letter.message_id for letter in letters}
        in_order = {letter.queue for letter in letters if letter.message_id in wanted}
        gone: set[str] = set()

        def is_wanted(way: Way, message: MessageTypeDef) -> bool:
            if message["MessageId"] in wanted:
                return True
            if not way.queue.endswith(_FIFO) or way.name not in in_order:
                return False
            # What nobody could read yet goes too, unless it is a copy that has died again: that
            # is told by its deduplication id, which is the id of the letter.
            again = message["Attributes"].get("MessageDeduplicationId") in gone
            return message["MessageId"] not in read and not again

        turn = now()
        for way in self._ways:
            held: dict[str, str] = {}
            # Long enough for what one receive brings, with as many events as a letter may have.
            hidden = HIDDEN_SECONDS + int(BATCH / per_second)
            try:
                for message in self._receive(way.queue, held, hidden):
                    if not is_wanted(way, message):
                        continue
                    try:
                        for send in self._parcel(way, message).sends:
                            wait(max(0.0, turn - now()))
                            turn = max(turn, now()) + 1 / per_second
                            send()
                    except FailedAgainError:
                        continue
                    self._sqs.delete_message(
                        QueueUrl=way.queue, ReceiptHandle=message["ReceiptHandle"]
                    )
                    del held[message["MessageId"]]
                    gone.add(message["MessageId"])
                    progress(len(gone))
            finally:
                self._release(way.queue, held.values())
        return gone

    def _receive(self, url: str, held: dict[str, str], hidden: int) -> Iterator[MessageTypeDef]:
        """Yield each message of a queue once; `held` names those that are hidden."""
        seen: set[str] = set()
        while messages := self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=hidden,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            held |= {each["MessageId"]: each["ReceiptHandle"] for each in messages}
            new = [each for each in messages if each["MessageId"] not in seen]
            if not new:
                return  # the first come again: the queue was read to its end
            seen |= {each["MessageId"] for each in new}
            yield from new

    def _release(self, url: str, receipts: Iterable[str]) -> None:
        handles = list(receipts)
        for start in range(0, len(handles), BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for index, handle in enumerate(handles[start : start + BATCH])
                ],
            )

    def _parcel(self, way: Way, message: MessageTypeDef) -> Parcel:
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
        events = (event_id(parsed(text)) for record in records for text in _texts(record))
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

    def _errors(self, since: float) -> dict[tuple[str, str], str]:
        """Return the last error of each event at each hop."""
        if not since:
            return {}
        reader = SpanReader(
            self._endpoint.client("logs"), self._log_groups, since=since - _EARLIER_SECONDS
        )
        failed = (span for span in reader.read() if span.status is Status.ERROR)
        ordered: list[Span] = sorted(failed, key=lambda span: span.end)
        return {(span.hop, span.id): span.error for span in ordered}


def redrive_of(sample: Sample, *, project: Path, endpoint: Endpoint) -> Redrive:
    """Return the redrive of a sample that runs on an endpoint.

    Args:
        sample: the sample.
        project: the folder with the app, which is synthesized if it has changed.
        endpoint: where the sample's stack was deployed.

    Raises:
        HinagataError: the stack is not there.
    """
    topology = read_topology(synthesize(project).directory)
    physical = _physical(topology, sample.stack, endpoint)
    groups = {name for node, name in physical.items() if node.type == _LOG_GROUP}
    groups |= {f"/aws/lambda/{name}" for node, name in physical.items() if node.type == _FUNCTION}
    return Redrive(endpoint, ways_of(topology, physical), log_groups=sorted(groups))


def only(ways: Sequence[Letter], hop: str | None) -> list[Letter]:
    """Return the letters of a hop, or all of them.

    Raises:
        UsageError: the hop has none, and others do.
    """
    hops = list(dict.fromkeys(letter.hop for letter in ways))
    if hop is not None and hops and hop not in hops:
        raise UsageError(f"{hop} has no dead letters; expected {suggest(hop, hops)}")
    return [letter for letter in ways if hop is None or letter.hop == hop]


def ways_of(topology: Topology, physical: Mapping[Node, str]) -> list[Way]:
    """Return the dead-letter queues of an architecture.

    Args:
        topology: the architecture.
        physical: the endpoint's name of each resource that is there.
    """
    ways: list[Way] = []
    for queue, hop in read_hops(topology).dead_letter_queues.items():
        if queue in physical:
            backs = [
                back for edge in topology.into(queue, *FAILURE) for back in _backs(edge, topology)
            ]
            ways.append(
                Way(
                    hop=hop,
                    queue=physical[queue],
                    name=queue.name,
                    sources={node.name: physical[node] for node in backs if node in physical},
                )
            )
    known = {way.queue for way in ways}
    ways += (
        Way(
            hop=found.machine.name,
            queue=physical[found.queue],
            name=found.queue.name,
            sources={found.machine.name: physical[found.machine]},
            written=found.written,
        )
        for found in workflow_letters(topology)
        if {found.queue, found.machine} <= physical.keys() and physical[found.queue] not in known
    )
    return ways


def _backs(edge: Edge, topology: Topology) -> Iterator[Node]:
    """Yield what dead letters go back to: a queue, or what was not reached."""
    if edge.source.role is Role.QUEUE or edge.source.type == _FUNCTION:
        yield edge.source
    for onward in topology.out(edge.source, *_ONWARD):
        # A subscription's letters go to its own queue, or every subscriber would see them again.
        if onward.via is edge.via and onward.target is not edge.target:
            yield onward.target


def _physical(topology: Topology, stack: str, endpoint: Endpoint) -> dict[Node, str]:
    """Return the endpoint's name of each resource of a stack."""
    cloudformation = endpoint.client("cloudformation")
    where = endpoint.url or "AWS"
    try:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        names = {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
        }
    except ClientError as error:
        raise UsageError(
            f"there is no stack {stack} on {where} ({error.response['Error']['Message']}); "
            "deploy it first, e.g. with: hinagata run SAMPLE --keep"
        ) from None
    except BotoCoreError as error:
        raise UsageError(
            f"{where} does not answer as AWS does ({type(error).__name__}); "
            "expected the URL of an AWS-compatible endpoint"
        ) from None
    if not names:
        raise HinagataError(f"the stack {stack} on {where} has no resources; deploy it again")
    return {
        node: names[node.logical_id]
        for node in topology.nodes
        if node.template.name == stack and names.get(node.logical_id)
    }


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


def _texts(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of an item, one of which may be an event."""
    image = record["dynamodb"].get("NewImage") or record["dynamodb"].get("OldImage") or {}
    for value in image.values():
        if "S" in value:
            yield value["S"]


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


def _why(hop: str, parcel: Parcel, errors: Mapping[tuple[str, str], str]) -> str:
    told = dict.fromkeys(errors[hop, event] for event in parcel.events if (hop, event) in errors)
    return "; ".join(told) or parcel.says or _NO_SPAN


def _sent_at(message: MessageTypeDef) -> float:
    return int(message["Attributes"]["SentTimestamp"]) / 1000
