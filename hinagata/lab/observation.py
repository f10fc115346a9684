"""Waiting for asynchronous results: until every message is accounted for, or the deadline."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hinagata.lab.accounting import Flow, Records, missing
from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.spans import Span, read_spans
from hinagata.lab.traffic import Sent

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_logs.type_defs import FilterLogEventsRequestTypeDef
    from types_boto3_sqs import SQSClient

POLL_SECONDS = 0.5
# Who looks takes from a busy machine what he looks at: a look, then a rest four times as long.
REST = 4
# Lines of one log group arrive out of order: of several streams, each with a delay of its own.
OVERLAP_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What was seen, whether it accounts for every message, and after how long."""

    records: Records
    complete: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an observation is: accepted messages that are accounted for, of how many."""

    settled: int
    accepted: int


class Spans(Protocol):
    """Whoever tells what hops say."""

    def read(self) -> list[Span]:
        """Return every span so far."""
        ...

    def rewind(self) -> None:
        """Look through everything once more at the next reading."""
        ...


class SpanReader:
    """Reads the spans of some log groups, each once, whatever else is written there.

    Args:
        logs: the client of the endpoint.
        groups: the names of the log groups; one that does not exist yet is empty.
        since: the time, in seconds since the epoch, before which nothing is read.
    """

    def __init__(
        self, logs: "CloudWatchLogsClient", groups: Iterable[str], *, since: float
    ) -> None:
        self._logs = logs
        self._since = since
        self._read_to = dict.fromkeys(groups, since)
        self._spans: dict[Span, None] = {}

    def read(self) -> list[Span]:
        """Return every span so far."""
        for group in self._read_to:
            # A hop's two works on one event differ in their times; the same line does not.
            self._spans.update(dict.fromkeys(self._group(group)))
        return list(self._spans)

    def rewind(self) -> None:
        """Look through everything once more at the next reading."""
        self._read_to = dict.fromkeys(self._read_to, self._since)

    def _group(self, group: str) -> list[Span]:
        start = max(self._since, self._read_to[group] - OVERLAP_SECONDS)
        request: FilterLogEventsRequestTypeDef = {
            "logGroupName": group,
            "startTime": int(start * 1000),
        }
        spans: list[Span] = []
        while True:
            try:
                page = self._logs.filter_log_events(**request)
            except self._logs.exceptions.ResourceNotFoundException:
                return spans
            for event in page["events"]:
                self._read_to[group] = max(self._read_to[group], event["timestamp"] / 1000)
                spans += read_spans(event["message"])
            if not page.get("nextToken"):
                return spans
            request["nextToken"] = page["nextToken"]


def backlog(sqs: "SQSClient", queues: Iterable[str]) -> int:
    """Return how many messages are in some queues: waiting, in flight or delayed."""
    return sum(
        int(number)
        for url in queues
        for number in sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"].values()
    )


def observe(
    sent: Sequence[Sent],
    flow: Flow,
    *,
    spans: Spans,
    dead_letters: Callable[[], list[DeadLetter]],
    backlog: Callable[[], int],
    deadline_seconds: float,
    progress: Callable[[Progress], None] = lambda _: None,
    now: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Observation:
    """Return what is seen once every accepted message is accounted for, or at the deadline.

    A message is accounted for when every hop that its source reaches is done with it, or it is a
    dead letter. The queues must be empty too: what is still in one may be a duplicate.

    Args:
        sent: what was sent.
        flow: which hops each message must reach.
        spans: reads what the hops say.
        dead_letters: returns every dead letter so far.
        backlog: returns how many messages are still in queues.
        deadline_seconds: how long to wait at most.
        progress: told after each look.
        now: the clock.
        wait: lets time pass between looks.
    """
    accepted = sum(record.accepted_at is not None for record in sent)
    started = now()
    while True:
        begun = now()
        over = begun - started >= deadline_seconds
        if over:
            spans.rewind()
        # In this order: a message leaves its queue, and becomes a dead letter, after the spans of
        # all that was done with it are written, of what undoes earlier steps too.
        drained = backlog() == 0
        letters = dead_letters()
        records = Records(
            sent=sent, spans=spans.read(), dead_letters=letters, looked_at=time.time()
        )
        unsettled = missing(flow, records)
        progress(Progress(settled=accepted - len(unsettled), accepted=accepted))
        complete = drained and not unsettled
        if complete or over:
            return Observation(records=records, complete=complete, seconds=now() - started)
        rest = max(POLL_SECONDS, REST * (now() - begun))
        wait(min(rest, max(0.0, started + deadline_seconds - now())))
