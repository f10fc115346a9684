"""What is dead, why, and back with it to where it came from.

A letter is copied to its source, then deleted: if that is interrupted, it lies there twice, which
consumers have to bear anyway, and never nowhere.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.errors import UsageError
from hinagata.lab.dead_letters import BATCH, FIFO, HIDDEN_SECONDS, parsed
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.observation import SpanReader
from hinagata.lab.redrive_parcels import FailedAgainError, Parcel, Parcels
from hinagata.lab.redrive_ways import Way, elsewhere, physical_names, ways_of
from hinagata.lab.spans import Span, Status
from hinagata.suggestion import suggest
from hinagata.topology.reading import read_topology

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

    from hinagata.assembly.cloud_assembly import CloudAssembly
    from hinagata.samples import Sample

_FUNCTION = "AWS::Lambda::Function"
_LOG_GROUP = "AWS::Logs::LogGroup"
# Logs come later than letters, and clocks differ a little.
_EARLIER_SECONDS = 60.0
_NO_SPAN = "no span tells: the function may have crashed or run into its timeout; see its log"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that a hop gave up.

    Attributes:
        hop: the construct id of the hop.
        queue: what the queue that it lies in is called.
        message_id: the queue's name for it.
        events: the ids of its events, as far as it tells.
        receives: after how many receives its queue gave it up; None if no queue did.
        sent_at: when it was first sent, in seconds since the epoch.
        why: the last error that the hop told of it.
        back_to: what it goes back to.
        kept: why it cannot go back; empty if it can.
    """

    hop: str
    queue: str
    message_id: str
    events: tuple[str, ...]
    receives: int | None
    sent_at: float
    why: str
    back_to: str
    kept: str = ""


class Redrive:
    """The dead letters of an architecture on an endpoint.

    Args:
        endpoint: where it runs.
        ways: its dead-letter queues.
        log_groups: where its hops write.
        elsewhere: what else takes letters, which nobody looks into here.

    Attributes:
        hops: those that can leave letters in these queues.
        elsewhere: as given.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        ways: Sequence[Way],
        *,
        log_groups: Sequence[str] = (),
        elsewhere: Sequence[str] = (),
    ) -> None:
        self.hops = tuple(dict.fromkeys(hop for way in ways for hop in way.hops))
        self.elsewhere = tuple(elsewhere)
        self._endpoint = endpoint
        self._ways = ways
        self._log_groups = log_groups
        self._sqs = endpoint.client("sqs")
        self._parcels = Parcels(endpoint)

    def read(self, hop: str | None = None) -> list[Letter]:
        """Return every dead letter, and leave it where it is.

        Args:
            hop: only what this hop gave up.

        Raises:
            UsageError: no dead-letter queue takes what it gives up.
        """
        if hop is not None and hop not in self.hops:
            raise UsageError(
                f"--hop: no dead-letter queue takes what {hop} gives up; expected "
                f"{suggest(hop, self.hops)}"
            )
        found: list[tuple[Way, MessageTypeDef, Parcel]] = []
        for way in self._ways:
            if hop not in {None, *way.hops}:
                continue
            held: dict[str, str] = {}
            try:
                found += [
                    (way, message, self._parcels.open(way, message))
                    for message in self._receive(way.queue, held, HIDDEN_SECONDS)
                ]
            finally:
                self._release(way.queue, held.values())
        errors = self._errors(min((_sent_at(each) for _, each, _ in found), default=0.0))
        letters = [
            Letter(
                hop=(giver := way.hop_of(parsed(message["Body"]))),
                queue=way.name,
                message_id=message["MessageId"],
                events=parcel.events,
                receives=way.receives,
                sent_at=_sent_at(message),
                why=_why(giver, parcel, errors),
                back_to=parcel.back_to,
                kept=parcel.kept,
            )
            for way, message, parcel in found
        ]
        return [letter for letter in letters if hop in {None, letter.hop}]

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
            if way.queue.endswith(FIFO) and seen[way.name]:
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
            if not way.queue.endswith(FIFO) or way.name not in in_order:
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
                        for send in self._parcels.open(way, message).sends:
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


def redrive_of(sample: Sample, assembly: CloudAssembly, *, endpoint: Endpoint) -> Redrive:
    """Return the redrive of a sample that runs on an endpoint.

    Args:
        sample: the sample.
        assembly: the app that it is part of.
        endpoint: where the sample's stack was deployed.

    Raises:
        HinagataError: the stack is not there.
    """
    topology = read_topology(assembly.directory)
    physical = physical_names(topology, sample, endpoint)
    groups = {name for node, name in physical.items() if node.type == _LOG_GROUP}
    groups |= {f"/aws/lambda/{name}" for node, name in physical.items() if node.type == _FUNCTION}
    return Redrive(
        endpoint,
        ways_of(topology, physical),
        log_groups=sorted(groups),
        elsewhere=elsewhere(topology, physical),
    )


def _why(hop: str, parcel: Parcel, errors: Mapping[tuple[str, str], str]) -> str:
    told = dict.fromkeys(errors[hop, event] for event in parcel.events if (hop, event) in errors)
    return "; ".join(told) or parcel.says or _NO_SPAN


def _sent_at(message: MessageTypeDef) -> float:
    return int(message["Attributes"]["SentTimestamp"]) / 1000
