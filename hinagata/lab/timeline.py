"""What happened second by second, put together from the records of a run."""

import contextlib
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from hinagata.lab.accounting import Flow, Records
from hinagata.lab.observation import REST
from hinagata.lab.traffic import Sent

SAMPLE_SECONDS = 1.0

Depths = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How many messages lay in each queue at a moment.

    Attributes:
        at: when, in seconds since the epoch.
        depths: by the queue's name.
    """

    at: float
    depths: Depths


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Counts a second, from the first message on; each list has a value for every second.

    Messages that started everything up, and what became of them, are left out.

    Attributes:
        started: when the first message was sent, in seconds since the epoch.
        seconds: how many seconds there are.
        sent: first attempts, by source.
        throttled_senders: attempts that were answered that there are too many, by source.
        throttled_functions: calls that a function refused for want of capacity, by hop.
        done: first processings, by hop.
        errors: failures, by hop.
        waiting: messages that have come to a hop, because the one before it is done with them, and
            that it has neither processed nor given up, at the end of each second, by hop.
        queues: samples of how many messages lie in queues that lead to hops.
        dead_letters: samples of how many messages lie in dead-letter queues, by hop.
    """

    started: float
    seconds: int
    sent: Mapping[str, Sequence[int]]
    throttled_senders: Mapping[str, Sequence[int]]
    throttled_functions: Mapping[str, Sequence[int]]
    done: Mapping[str, Sequence[int]]
    errors: Mapping[str, Sequence[int]]
    waiting: Mapping[str, Sequence[int]]
    queues: Sequence[Sample] = ()
    dead_letters: Sequence[Sample] = ()

    def backlog(self, node: str, *, at_seconds: float | None) -> int | None:
        """Return how many messages are at a hop or in a queue; None if that was not seen.

        Args:
            node: the hop or the queue.
            at_seconds: when, after the first message; after the end it is the end. None: at most.
        """
        if node in self.waiting:
            seen = list(enumerate(self.waiting[node]))
        else:
            seen = [
                (int(sample.at - self.started), sample.depths[node])
                for sample in self.queues
                if node in sample.depths and sample.at >= self.started
            ]
        if not seen:
            return None
        if at_seconds is None:
            return max(depth for _, depth in seen)
        before = [depth for second, depth in seen if second <= at_seconds]
        return before[-1] if before else 0


@dataclass
class Sampler:
    """Asks now and then how many messages lie in queues, for as long as the block lasts.

    Attributes:
        ask: returns how many there are by name; what it raises is a sample that is missing.
        every_seconds: from one question to the next; longer where the answer took long.
        samples: what was answered so far.
    """

    ask: Callable[[], Depths]
    every_seconds: float = SAMPLE_SECONDS
    samples: list[Sample] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        # The last question may have nobody left to answer it, and has a deadline of its own.
        if self._thread is not None and kind is None:
            self._thread.join()

    def _sample(self) -> None:
        while True:
            at = time.time()
            # A gap in a curve; others report the cause.
            with contextlib.suppress(Exception):
                self.samples.append(Sample(at=at, depths=self.ask()))
            now = time.time()
            if self._stopped.wait(max(at + self.every_seconds - now, REST * (now - at))):
                return


def timeline(
    flow: Flow,
    records: Records,
    *,
    throttles: Mapping[str, Iterable[float]] | None = None,
    queues: Sequence[Sample] = (),
    dead_letters: Sequence[Sample] = (),
) -> Timeline:
    """Return what happened second by second.

    Args:
        flow: which hops there are, and who reaches them.
        records: what was seen.
        throttles: when hops were too busy for a call, in seconds since the epoch, by hop.
        queues: what samplers saw in queues.
        dead_letters: what they saw in dead-letter queues.
    """
    messages = [sent for sent in records.sent if not sent.warm_up]
    started = min((sent.sent_at for sent in messages), default=records.looked_at)
    latest = max(
        [
            records.looked_at,
            *(sent.sent_at for sent in messages),
            *(span.end for span in records.spans),
        ],
        default=started,
    )
    count = max(1, math.ceil(latest - started))

    def counted(moments: Iterable[float]) -> list[int]:
        found = [0] * count
        for moment in moments:
            if moment >= started:
                found[min(int(moment - started), count - 1)] += 1
        return found

    done, errors = _spans(records)
    hops = [*dict.fromkeys([*flow.hops(), *done, *errors])]
    return Timeline(
        started=started,
        seconds=count,
        sent={
            source: counted(sent.sent_at for sent in messages if sent.source == source)
            for source in flow.reaches
        },
        throttled_senders={
            source: counted(at for s in messages if s.source == source for at in s.throttled_at)
            for source in flow.reaches
        },
        throttled_functions={hop: counted(moments) for hop, moments in (throttles or {}).items()},
        done={hop: counted(done[hop].values()) for hop in hops},
        errors={hop: counted(errors[hop]) for hop in hops},
        waiting={hop: _waiting(hop, flow, records, done, counted) for hop in flow.hops()},
        queues=queues,
        dead_letters=dead_letters,
    )


def _spans(records: Records) -> tuple[Mapping[str, dict[str, float]], Mapping[str, list[float]]]:
    """Return when each hop was first done with each message, and when it failed."""
    ids = {sent.id for sent in records.sent if not sent.warm_up}
    done: dict[str, dict[str, float]] = defaultdict(dict)
    errors: dict[str, list[float]] = defaultdict(list)
    for span in records.spans:
        if span.id not in ids:
            continue
        if span.handled:
            done[span.hop][span.id] = min(span.end, done[span.hop].get(span.id, math.inf))
        else:
            errors[span.hop].append(span.end)
    return done, errors


def _waiting(
    hop: str,
    flow: Flow,
    records: Records,
    done: Mapping[str, Mapping[str, float]],
    counted: Callable[[Iterable[float]], list[int]],
) -> list[int]:
    given_up: dict[str | None, float] = {}
    dead = {letter.id for letter in records.dead_letters if letter.hop == hop}
    dead |= {letter.id for letter in records.dead_letters if hop in flow.behind.get(letter.hop, ())}
    for span in records.spans:
        if span.id in dead:
            given_up[span.id] = max(span.end, given_up.get(span.id, 0.0))
    came: list[float] = []
    went: list[float] = []
    for sent in records.sent:
        arrival = _arrival(hop, flow, sent, done)
        if arrival is None or sent.warm_up:
            continue
        came.append(arrival)
        end = done.get(hop, {}).get(sent.id)
        if end is None and sent.id in dead:
            end = given_up.get(sent.id, records.looked_at)
        if end is not None:
            # A hop may be done before the one that sent to it has written so.
            went.append(max(end, arrival))
    waiting: list[int] = []
    now = 0
    for arrived, left in zip(counted(came), counted(went), strict=True):
        now += arrived - left
        waiting.append(now)
    return waiting


def _arrival(
    hop: str, flow: Flow, sent: Sent, done: Mapping[str, Mapping[str, float]]
) -> float | None:
    """Return when a message came to a hop that it must reach; None if it did not."""
    reached = flow.reaches[sent.source]
    if hop not in reached:
        return None
    before = [each for each in (flow.before or {}).get(hop, ()) if each in reached]
    if not before:
        return sent.accepted_at
    return min(
        (done[each][sent.id] for each in before if sent.id in done.get(each, {})), default=None
    )
