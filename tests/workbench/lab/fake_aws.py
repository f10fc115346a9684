"""The few AWS calls that an observation makes, answered from memory."""

# ruff: noqa: N803 - the parameters are named as the SDK names them

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


class ResourceNotFoundError(Exception):
    """The error of a log group that does not exist."""


class FakeLogs:
    """Log groups that are written to by the test and read in pages of two events."""

    exceptions = SimpleNamespace(ResourceNotFoundException=ResourceNotFoundError)

    def __init__(self) -> None:
        self.groups: dict[str, list[tuple[int, str]]] = {}
        self.starts: list[int] = []

    def write(self, group: str, at: float, message: str) -> None:
        """Write a log event at a time in seconds."""
        self.groups.setdefault(group, []).append((int(at * 1000), message))

    def filter_log_events(
        self,
        *,
        logGroupName: str,
        startTime: int,
        nextToken: str = "0",
    ) -> dict[str, Any]:
        """Return a page of the events from a time on."""
        self.starts.append(startTime)
        if logGroupName not in self.groups:
            raise ResourceNotFoundError(logGroupName)
        events = [event for event in self.groups[logGroupName] if event[0] >= startTime]
        first = int(nextToken)
        page = [{"timestamp": at, "message": text} for at, text in events[first : first + 2]]
        more = {"nextToken": str(first + 2)} if len(events) > first + 2 else {}
        return {"events": page, **more}


@dataclass
class FakeQueue:
    """A queue's messages by id, and which of them are hidden."""

    messages: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    receives: int = 0


class FakeSqs:
    """Queues that hide what was received until it is released."""

    def __init__(self) -> None:
        self.queues: dict[str, FakeQueue] = {}

    def put(self, url: str, message_id: str, body: str) -> None:
        """Put a message into a queue."""
        self.queues.setdefault(url, FakeQueue()).messages[message_id] = body

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """Return how many messages are visible and hidden."""
        queue = self.queues.get(QueueUrl, FakeQueue())
        hidden = len(queue.hidden)
        numbers = {
            "ApproximateNumberOfMessages": str(len(queue.messages) - hidden),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
        }
        return {"Attributes": {name: numbers.get(name, "0") for name in AttributeNames}}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int,
        VisibilityTimeout: int,
    ) -> dict[str, Any]:
        """Return messages that are not hidden, and hide them."""
        assert VisibilityTimeout > 0
        queue = self.queues[QueueUrl]
        queue.receives += 1
        visible = [name for name in queue.messages if name not in queue.hidden]
        taken = visible[:MaxNumberOfMessages]
        queue.hidden.update(taken)
        messages = [
            {"MessageId": name, "ReceiptHandle": name, "Body": queue.messages[name]}
            for name in taken
        ]
        return {"Messages": messages} if messages else {}

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,
        Entries: list[dict[str, Any]],
    ) -> None:
        """Show messages again."""
        assert len(Entries) <= 10
        assert all(entry["VisibilityTimeout"] == 0 for entry in Entries)
        self.queues[QueueUrl].hidden -= {entry["ReceiptHandle"] for entry in Entries}
