"""Queues, topics, streams and buses that deliver messages twice, or later than later ones."""

import base64
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.identity import identity_of_text
from hinagata.lab.faults.injection import Kind
from hinagata.lab.patches.patch import emulator_module
from hinagata.scenario.fault import Inject

SYMBOLS = (
    "ministack.services.sqs:_collect_msgs",
    "ministack.services.sqs:_ensure_msg_fields",
    "ministack.services.sns:_fanout",
    "ministack.services.kinesis:_put_record",
    "ministack.services.kinesis:_put_records",
    "ministack.services.kinesis:_next_sequence_number",
    "ministack.services.eventbridge:_dispatch_event",
    "ministack.services.lambda_svc:esm_wake",
)

# How much later the second delivery comes, and the one that others overtake: longer than a batch
# takes, so that it comes in another.
LATER_SECONDS = 0.5
_MARK = "hinagata_seen"


class ChannelFaults:
    """Strikes messages on their way.

    Args:
        board: what goes wrong.
        later: has something done in a moment.
        complete: gives a queue's message the fields that it lacks.
    """

    def __init__(
        self,
        board: Board,
        later: Callable[[Callable[[], object]], None],
        complete: Callable[[dict[str, Any]], object],
    ) -> None:
        self._board = board
        self._later = later
        self._complete = complete

    def queue(self, queue: dict[str, Any], name: str) -> None:
        """Double and delay the messages of a queue that nobody has received yet."""
        if not self._board.on(Kind.QUEUE, name, Inject.DUPLICATE, Inject.REORDER):
            return
        now = time.time()
        copies: list[tuple[int, dict[str, Any]]] = []
        for index, message in enumerate(queue["messages"]):
            self._complete(message)
            if message.get("receive_count") or message.get(_MARK):
                continue
            message[_MARK] = True
            identity = identity_of_text(message["body"]) or message["id"]
            if self._strikes(Kind.QUEUE, name, identity, Inject.DUPLICATE):
                later = 0.0 if queue["is_fifo"] else LATER_SECONDS
                copies.append((index, {**message, "visible_at": now + later}))
            if not queue["is_fifo"] and self._strikes(Kind.QUEUE, name, identity, Inject.REORDER):
                message["visible_at"] = now + LATER_SECONDS
        for index, copy in reversed(copies):
            queue["messages"].insert(index + 1, copy)

    def pass_on(self, kind: Kind, place: str, message: str, deliver: Callable[[], Any]) -> Any:
        """Deliver a message once or twice, now or later.

        Args:
            kind: a topic or a bus.
            place: its name.
            message: the message's id.
            deliver: does it.
        """
        if self._strikes(kind, place, message, Inject.REORDER):
            self._later(deliver)
            return None
        answer = deliver()
        if self._strikes(kind, place, message, Inject.DUPLICATE):
            self._later(deliver)
        return answer

    def holds_back(self, stream: str, data: str) -> bool:
        """Return whether a record of a stream is put there later than it is said to be."""
        return self._strikes(Kind.STREAM, stream, _identity_of_data(data), Inject.REORDER)

    def doubles(self, stream: str, data: str) -> bool:
        """Return whether a record is put on a stream twice."""
        return self._strikes(Kind.STREAM, stream, _identity_of_data(data), Inject.DUPLICATE)

    def _strikes(self, kind: Kind, place: str, message: str, inject: Inject) -> bool:
        fault = self._board.chosen(kind, place, message, inject)
        if fault is not None:
            self._board.struck(fault, message)
        return fault is not None


def _identity_of_data(data: str) -> str:
    text = base64.b64decode(data).decode(errors="replace")
    return identity_of_text(text) or text


def _in_a_moment(action: Callable[[], object]) -> None:
    context = contextvars.copy_context()  # the account and region of the request
    timer = threading.Timer(LATER_SECONDS, context.run, args=(action,))
    timer.daemon = True
    timer.start()


def install(board: Board) -> None:
    """Put it on the ways of messages through the emulator in this process."""
    queues = emulator_module("services.sqs")
    faults = ChannelFaults(board, _in_a_moment, queues._ensure_msg_fields)
    _install_queues(faults)
    _install_topics(faults)
    _install_buses(faults)
    _install_streams(faults)


def _install_queues(faults: ChannelFaults) -> None:
    queues = emulator_module("services.sqs")
    plain_collect = queues._collect_msgs

    def collect(queue: Any, *rest: Any) -> Any:
        faults.queue(queue, queue["attributes"]["QueueArn"].rpartition(":")[2])
        return plain_collect(queue, *rest)

    queues._collect_msgs = collect


def _install_topics(faults: ChannelFaults) -> None:
    topics = emulator_module("services.sns")
    plain_fan_out = topics._fanout

    def fan_out(topic: str, message_id: str, message: str, *rest: Any, **more: Any) -> Any:
        name = identity_of_text(message) or message_id
        return faults.pass_on(
            Kind.TOPIC,
            topic,
            name,
            lambda: plain_fan_out(topic, message_id, message, *rest, **more),
        )

    topics._fanout = fan_out


def _install_buses(faults: ChannelFaults) -> None:
    buses = emulator_module("services.eventbridge")
    plain_dispatch = buses._dispatch_event

    def dispatch(event: Any, *rest: Any, **more: Any) -> Any:
        bus = str(event.get("EventBusName", "default")).rpartition("/")[2]
        name = identity_of_text(str(event.get("Detail", ""))) or str(event.get("EventId", ""))
        return faults.pass_on(Kind.BUS, bus, name, lambda: plain_dispatch(event, *rest, **more))

    buses._dispatch_event = dispatch


def _install_streams(faults: ChannelFaults) -> None:
    streams = emulator_module("services.kinesis")
    plain_put, plain_put_many = streams._put_record, streams._put_records

    def stream_of(data: Any) -> str:
        name: str = data.get("StreamName") or str(data.get("StreamARN", "")).rpartition("/")[2]
        return name

    def put(data: Any) -> Any:
        stream, record = stream_of(data), str(data.get("Data", ""))
        if faults.holds_back(stream, record):
            _in_a_moment(lambda: plain_put(data))
            # The record's own number comes later; senders keep none.
            answer = {"ShardId": "", "SequenceNumber": streams._next_sequence_number()}
            return streams.json_response(answer)
        answer = plain_put(data)
        if faults.doubles(stream, record):
            _in_a_moment(lambda: plain_put(data))
        return answer

    def put_many(data: Any) -> Any:
        stream = stream_of(data)
        records = list(data.get("Records", []))
        late = [each for each in records if faults.holds_back(stream, str(each.get("Data", "")))]
        twice = [each for each in records if faults.doubles(stream, str(each.get("Data", "")))]
        # Late ones go behind the others of their request, which keeps one answer for each.
        ordered = [each for each in records if each not in late] + late
        answer = plain_put_many({**data, "Records": ordered})
        if twice:
            _in_a_moment(lambda: plain_put_many({**data, "Records": twice}))
        return answer

    streams._put_record = put
    streams._put_records = put_many
