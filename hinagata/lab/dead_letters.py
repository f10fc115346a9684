"""Dead letters, read and left where they are."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.lab.workflow_steps import WorkflowStep

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Long enough to read a queue to its end, short enough to be over if the reader is interrupted.
HIDDEN_SECONDS = 30
BATCH = 10  # SQS gives and takes no more at a time


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message that a hop gave up.

    Attributes:
        hop: the construct id of the hop.
        queue: the URL of the queue that it lies in.
        message_id: the queue's name for it.
        id: the event's id; None if the letter does not tell.
    """

    hop: str
    queue: str
    message_id: str
    id: str | None


RecordsOf = Callable[[Mapping[str, object]], list[str]]
"""Takes a letter about a stretch of a stream, and returns the records of the stretch."""
Glance = Callable[[str], Iterable[tuple[str, str]]]
"""Takes a queue's URL, and returns the id and body of every message in it, touching none."""
FIFO = ".fifo"
_ABOUT_STREAMS = ("KinesisBatchInfo", "DDBStreamBatchInfo")


class DeadLetterReader:
    """Reads dead-letter queues without taking anything out of them.

    Args:
        sqs: the client of the endpoint.
        queues: for each dead-letter queue's URL, the hop whose letters it takes.
        records_of: looks up what a letter about a stream only points to.
        workflow_letters: for the URL of each queue to which a workflow gives up, its steps' hops:
            the first one without a result is the one that failed.
        glance: looks into a FIFO queue, of which a receive shows ten messages of a group. None
            where nobody can: then more letters of one group are not seen.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        queues: Mapping[str, str],
        *,
        records_of: RecordsOf | None = None,
        workflow_letters: Mapping[str, Mapping[str, WorkflowStep]] | None = None,
        glance: Glance | None = None,
    ) -> None:
        self._sqs = sqs
        self._queues = queues
        self._records_of = records_of
        self._workflow_letters = workflow_letters or {}
        self._glance = glance
        self._letters: dict[str, dict[str, list[DeadLetter]]] = {url: {} for url in queues}
        self._skipped: set[tuple[str, str]] = set()

    def skip_present(self) -> None:
        """Leave out of every later reading the letters that lie there now."""
        self._skipped = {(letter.queue, letter.message_id) for letter in self.read()}

    def read(self) -> list[DeadLetter]:
        """Return every dead letter so far."""
        for url, letters in self._letters.items():
            if self._depth(url) == len(letters):
                continue
            if self._glance is not None and url.endswith(FIFO):
                for message_id, body in self._glance(url):
                    letters[message_id] = self._open(url, message_id, body)
            else:
                self._receive_all(url, letters)
        return [
            letter
            for letters in self._letters.values()
            for group in letters.values()
            for letter in group
            if (letter.queue, letter.message_id) not in self._skipped
        ]

    def _depth(self, url: str) -> int:
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(int(number) for number in attributes.values())

    def _receive_all(self, url: str, letters: dict[str, list[DeadLetter]]) -> None:
        # Hidden while the rest is read, or the same ten would come again and again.
        receipts: dict[str, str] = {}
        while messages := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HIDDEN_SECONDS
        ).get("Messages"):
            for message in messages:
                receipts[message["MessageId"]] = message["ReceiptHandle"]
                letters[message["MessageId"]] = self._open(
                    url, message["MessageId"], message["Body"]
                )
        handles = list(receipts.values())
        for start in range(0, len(handles), BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for index, handle in enumerate(handles[start : start + BATCH])
                ],
            )

    def _open(self, url: str, message_id: str, body: str) -> list[DeadLetter]:
        letter = parsed(body)
        if self._records_of is not None and any(about in letter for about in _ABOUT_STREAMS):
            ids = [event_id(parsed(record)) for record in self._records_of(letter)]
        else:
            ids = [event_id(letter)]
        return [
            DeadLetter(hop=self._hop(url, letter), queue=url, message_id=message_id, id=event)
            for event in ids or [None]
        ]

    def _hop(self, url: str, letter: Mapping[str, object]) -> str:
        steps = self._workflow_letters.get(url, {})
        failed = (hop for hop, step in steps.items() if not step.done(letter))
        return next(failed, self._queues[url])


def parsed(text: str) -> Mapping[str, object]:
    """Return the JSON object in a text, or an empty one."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def event_id(envelope: Mapping[str, object]) -> str | None:
    """Return the id of an event's envelope; None if it is none.

    A rule's letter is EventBridge's own envelope, with the event's id in its detail; that of an
    asynchronous invocation has the event as its payload.
    """
    payload, detail = envelope.get("requestPayload"), envelope.get("detail")
    if isinstance(payload, Mapping):
        return event_id(payload)
    if "detail-type" in envelope and isinstance(detail, Mapping):
        envelope = {"specversion": "", **detail}
    event = envelope.get("id")
    return event if isinstance(event, str) and "specversion" in envelope else None
