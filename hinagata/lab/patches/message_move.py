"""Dead letters go back to where they came from by StartMessageMoveTask.

The emulator does not know the action, nor those that list and cancel such tasks. A message that is
moved is a new one, with an id, a time and a receive count of its own, as on AWS.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

# AWS picks the speed itself when none is asked for; here it is as fast as it goes.
LARGEST_RATE = 500


@dataclass
class Task:
    """One task, while it runs and after."""

    source: str
    destination: str
    per_second: int
    total: int
    handle: str
    moved: int = 0
    status: str = "RUNNING"
    failure: str = ""
    started: float = field(default_factory=time.time)

    def described(self) -> dict[str, Any]:
        """Return it as the API does."""
        found: dict[str, Any] = {
            "SourceArn": self.source,
            "Status": self.status,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.total,
            "StartedTimestamp": int(self.started * 1000),
        }
        if self.status == "RUNNING":
            found["TaskHandle"] = self.handle
        if self.destination:
            found["DestinationArn"] = self.destination
        if self.per_second:
            found["MaxNumberOfMessagesPerSecond"] = self.per_second
        if self.failure:
            found["FailureReason"] = self.failure
        return found


class MessageMoves:
    """The tasks of all queues, over the emulator's own records."""

    def __init__(self, queues: Any) -> None:
        self._queues = queues
        self._tasks: list[Task] = []

    def start(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        """StartMessageMoveTask."""
        source = self._dead_letter_queue(data.get("SourceArn", ""))
        destination = data.get("DestinationArn", "")
        rate = int(data.get("MaxNumberOfMessagesPerSecond") or 0)
        if not 0 <= rate <= LARGEST_RATE:
            raise self._queues._Err(
                "InvalidParameterValue",
                f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. "
                f"Reason: Must be between 1 and {LARGEST_RATE}.",
            )
        if destination and self._queues._queue_by_arn(destination) is None:
            raise self._missing(destination)
        if any(t.source == data["SourceArn"] and t.status == "RUNNING" for t in self._tasks):
            raise self._queues._Err(
                "UnsupportedOperation", "There is already a task running for this source queue."
            )
        task = Task(
            source=data["SourceArn"],
            destination=destination,
            per_second=rate,
            total=len(source["messages"]),
            handle=emulator_module("core.responses").new_uuid(),
        )
        self._tasks.append(task)
        spawn = emulator_module("core.concurrency").spawn_background
        spawn(self._move, task, source, thread_name="hinagata-message-move")
        return {"TaskHandle": task.handle}

    def list(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        """ListMessageMoveTasks: newest first, one unless more are asked for."""
        arn = data.get("SourceArn", "")
        self._dead_letter_queue(arn)
        found = [task.described() for task in reversed(self._tasks) if task.source == arn]
        return {"Results": found[: int(data.get("MaxResults") or 1)]}

    def cancel(self, data: dict[str, Any], _url: str) -> dict[str, Any]:
        """CancelMessageMoveTask."""
        for task in self._tasks:
            if task.handle == data.get("TaskHandle") and task.status == "RUNNING":
                task.status = "CANCELLED"
                return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise self._queues._Err("ResourceNotFoundException", "The task does not exist.", 404)

    def _dead_letter_queue(self, arn: str) -> Any:
        queue = self._queues._queue_by_arn(arn)
        if queue is None:
            raise self._missing(arn)
        for other in self._queues._queues.values():
            if arn in str(other["attributes"].get("RedrivePolicy", "")):
                return queue
        raise self._queues._Err(
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
        )

    def _missing(self, arn: str) -> Exception:
        error: Exception = self._queues._Err(
            "ResourceNotFoundException", f"The resource {arn} does not exist.", 404
        )
        return error

    def _move(self, task: Task, source: Any) -> None:
        for message in list(source["messages"]):
            if task.status != "RUNNING":
                return
            # What is being received at this moment stays where it is.
            if message["visible_at"] > time.time():
                continue
            target = task.destination or message["sys"].get("DeadLetterQueueSourceArn", "")
            queue = self._queues._queue_by_arn(target)
            if queue is None:
                task.status = "FAILED"
                task.failure = "AWS.SimpleQueueService.NonExistentQueue"
                return
            with self._queues._queues_lock:
                source["messages"] = [m for m in source["messages"] if m is not message]
                queue["messages"].append(_as_new(message))
            task.moved += 1
            emulator_module("core.concurrency").esm_wake.set()
            if task.per_second:
                time.sleep(1 / task.per_second)
        if task.status == "RUNNING":
            task.status = "COMPLETED"


def _as_new(message: dict[str, Any]) -> dict[str, Any]:
    now = time.time()
    attributes = {k: v for k, v in message["sys"].items() if k != "DeadLetterQueueSourceArn"}
    return {
        **message,
        "id": emulator_module("core.responses").new_uuid(),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now,
        "receive_count": 0,
        "first_receive_at": None,
        "sys": {**attributes, "SentTimestamp": str(int(now * 1000))},
    }


def _apply() -> None:
    queues = emulator_module("services.sqs")
    moves = MessageMoves(queues)
    queues._HANDLERS["StartMessageMoveTask"] = moves.start
    queues._HANDLERS["ListMessageMoveTasks"] = moves.list
    queues._HANDLERS["CancelMessageMoveTask"] = moves.cancel


PATCH = Patch(
    name="message-move",
    promise="StartMessageMoveTask sends dead letters back to their queues, at a rate",
    symbols=(
        "ministack.services.sqs:_HANDLERS",
        "ministack.services.sqs:_Err",
        "ministack.services.sqs:_queue_by_arn",
        "ministack.services.sqs:_queues",
        "ministack.services.sqs:_queues_lock",
        "ministack.core.concurrency:esm_wake",
        "ministack.core.concurrency:spawn_background",
        "ministack.core.responses:new_uuid",
    ),
    apply=_apply,
)
