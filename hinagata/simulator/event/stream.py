"""Kinesis streams: shards that take so much, and readers that take it in order."""

from __future__ import annotations

from collections import deque
from typing import Any

from hinagata.scenario.fault import Inject
from hinagata.simulator.event.batch import SendBatch
from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import (
    OK,
    REFUSED,
    Answer,
    Entry,
    Message,
    Node,
    Shares,
    World,
    unheard,
)
from hinagata.simulator.model import Disturbance, Reader, Stream

# What a stream notes of a record: since when it is here, the record, how many readers are not done
# with it, the worst that a reader did to it.
SINCE, MESSAGE, OPEN, WORST = range(4)
DONE, DEAD, LOST, EXPIRED = range(4)

# Before a refused batch is tried again where nothing else says when.
PATIENCE_S = 1.0


class Lane:
    """A part of a shard that a reader works on in order, one batch at a time."""

    __slots__ = (
        "_batch",
        "_parts",
        "_phase",
        "_reader",
        "_records",
        "_scheduled",
        "_send",
        "_stream",
        "_tell",
        "current",
    )

    def __init__(
        self, stream: StreamNode, reader: Reader, send: SendBatch, tell: Send | None, phase: float
    ) -> None:
        self._stream = stream
        self._reader = reader
        self._batch = max(1, int(reader.batch))
        self._send = send
        self._tell = tell
        self._phase = phase
        self._records: deque[Entry] = deque()
        # What is left of a batch that failed: records, and how often they were tried, the next ones
        # last.
        self._parts: list[tuple[list[Entry], int]] = []
        # What is being worked on, or waits for its next try.
        self.current: list[Entry] | None = None
        self._scheduled = False

    def put(self, t: float, entry: Entry) -> None:
        """Takes a record.

        Args:
            t: When.
            entry: The record.
        """
        self._records.append(entry)
        if self.current is None and not self._scheduled:
            self._scheduled = True
            poll = self._reader.poll_s
            ahead = (self._phase - t) % poll if poll else 0.0
            self._stream.world.calendar.at(t + ahead, self._read)

    def oldest(self) -> Entry | None:
        """Returns the record that comes next, or is being worked on."""
        if self.current:
            return self.current[0]
        if self._parts:
            return self._parts[-1][0][0]
        return self._records[0] if self._records else None

    def _read(self, t: float, _: object) -> None:
        """Reads a batch, once it is full or has waited long enough."""
        records = self._records
        reader = self._reader
        self._scheduled = False
        if self.current is not None or not records:
            return
        later = 0.0
        if self._stream.closed:
            later = reader.poll_s or PATIENCE_S
        elif reader.window_s and len(records) < self._batch:
            later = records[0][SINCE] + reader.window_s - t
            if later > 0 and reader.poll_s:
                # A batch that gets full does not wait for its window.
                later = min(later, reader.poll_s)
        if later > 1e-9:
            self._scheduled = True
            self._stream.world.calendar.at(t + later, self._read)
            return
        batch = [records.popleft() for _ in range(min(self._batch, len(records)))]
        self._try(t, batch, 0)

    def _try(self, t: float, batch: list[Entry], tries: int) -> None:
        """Tries a batch, or what is left of it."""
        batch = self._young(t, batch)
        if not batch:
            self._go_on(t)
            return
        self.current = batch
        self._stream.working(len(batch))
        result = self._send(t, batch, self._answered, (batch, tries), partial=False)
        if result is None:
            return
        self._stream.working(-len(batch))
        if result == REFUSED:
            self._stream.ledger.errors.extend([t] * len(batch))
            wait = max(self._reader.poll_s, self._reader.wait_s) or PATIENCE_S
            self._stream.world.calendar.at(t + wait, self._try_again, (batch, tries))

    def _try_again(self, t: float, part: tuple[list[Entry], int]) -> None:
        self._try(t, *part)

    def _answered(self, t: float, part: tuple[list[Entry], int], bad: list[Entry]) -> None:
        batch, tries = part
        self._stream.working(-len(batch))
        if not bad:
            self._stream.finish_all(t, batch)
            self._go_on(t)
            return
        self._stream.ledger.errors.extend([t] * len(batch))
        reader = self._reader
        if reader.bisect and len(batch) > 1:
            half = len(batch) // 2
            self._parts.append((batch[half:], tries))
            batch = batch[:half]
        elif reader.retries is not None and tries >= reader.retries:
            self._give_up(t, batch)
            self._go_on(t)
            return
        else:
            tries += 1
        if reader.wait_s:
            self._stream.world.calendar.at(t + reader.wait_s, self._try_again, (batch, tries))
        else:
            self._try(t, batch, tries)

    def _go_on(self, t: float) -> None:
        """Takes what comes next."""
        self.current = None
        if self._parts:
            self._try(t, *self._parts.pop())
        elif self._records and not self._scheduled:
            self._read(t, None)

    def _young(self, t: float, batch: list[Entry]) -> list[Entry]:
        """Returns the records that are not too old, and lets go of the others."""
        stream = self._stream
        if t - batch[0][SINCE] <= min(self._reader.max_age_s, stream.retention_s):
            return batch
        kept = []
        for entry in batch:
            age = t - entry[SINCE]
            if age > stream.retention_s:
                stream.finish(t, entry, EXPIRED)
            elif age > self._reader.max_age_s:
                self._give_up(t, [entry])
            else:
                kept.append(entry)
        return kept

    def _give_up(self, t: float, batch: list[Entry]) -> None:
        for entry in batch:
            if self._tell:
                self._tell(t, entry[MESSAGE], unheard, None)
            self._stream.finish(t, entry, DEAD if self._tell else LOST)


class StreamNode(Node):
    """A stream.

    Attributes:
        closed: Whether nobody can read.
        retention_s: How long a record can be read.
    """

    __slots__ = (
        "_in_flight",
        "_kept",
        "_open",
        "_readers",
        "_shard",
        "_shards",
        "_stream",
        "closed",
        "retention_s",
    )

    channel = True

    def __init__(self, stream: Stream, world: World) -> None:
        super().__init__(stream, world)
        self._stream = stream
        per_s = min(stream.records_per_s, stream.bytes_per_s / max(1.0, stream.record_bytes))
        self._shards = [Bucket(per_s, per_s) for _ in stream.shares]
        self._shard = Shares(stream.shares).of
        self._readers: list[list[list[Lane]]] = []
        # The records of a stream that nobody reads.
        self._kept: deque[Entry] = deque()
        self._open = 0
        self._in_flight = 0
        self.closed = False
        self.retention_s = stream.retention_s

    def connect(self, readers: list[tuple[Reader, SendBatch, Send | None]]) -> None:
        """Gives it those who read.

        Args:
            readers: Each with what its batches are sent by, and what it tells of those given up.
        """
        for number, (reader, send, tell) in enumerate(readers):
            phases = self.world.draws(self.name, str(number), "poll").random(len(self._shards))
            self._readers.append(
                [
                    [
                        Lane(self, reader, send, tell, phase * reader.poll_s)
                        for _ in range(max(1, reader.parallel))
                    ]
                    for phase in phases.tolist()
                ]
            )

    def offer(
        self, t: float, message: Message, since: float, _answer: Answer, _about: Any, /
    ) -> int | None:
        """Takes a record, or refuses it: see `Node.offer`."""
        shard = self._shard(message, since)
        if not self._shards[shard].take(t):
            return REFUSED
        entry = [since, message, len(self._readers), DONE]
        self._open += 1
        for shards in self._readers:
            lanes = shards[shard]
            if len(lanes) == 1:
                lanes[0].put(t, entry)
            else:
                # By key: a message of the same time of sending has the same key.
                lanes[int(message[0] * 1e6) % len(lanes)].put(t, entry)
        if not self._readers:
            self._kept.append(entry)
        return OK

    def finish(self, t: float, entry: Entry, how: int) -> None:
        """Notes that a reader is done with a record.

        Args:
            t: When.
            entry: The record.
            how: What became of it.
        """
        entry[WORST] = how = max(how, entry[WORST])
        entry[OPEN] -= 1
        if entry[OPEN] > 0:
            return
        self._open -= 1
        ledger = self.ledger
        since = entry[SINCE]
        if how == DONE:
            ledger.done.extend((since, t, *entry[MESSAGE][:2]))
        else:
            (ledger.dead, ledger.failed, ledger.expired)[how - DEAD].extend((since, t))

    def finish_all(self, t: float, batch: list[Entry]) -> None:
        """Notes that a reader has done a batch.

        Args:
            t: When.
            batch: The records.
        """
        if len(self._readers) > 1:
            for entry in batch:
                self.finish(t, entry, DONE)
            return
        self._open -= len(batch)
        self.ledger.done.extend(
            [
                value
                for since, message, _, _ in batch
                for value in (since, t, message[0], message[1])
            ]
        )

    def working(self, more: int) -> None:
        """Notes that readers begin to work on records, or cease to.

        Args:
            more: How many.
        """
        self._in_flight += more

    def sample(self, tick: int, t: float, /) -> None:
        """Notes what waits, and how old it is: see `Node.sample`."""
        kept = self._kept
        while kept and t - kept[0][SINCE] > self.retention_s:
            self.finish(t, kept.popleft(), EXPIRED)
        # A record that two readers work on is counted once, as far as that can be known.
        self.ledger.queued[tick] = self._open - min(self._open, self._in_flight)
        lanes = [lane for shards in self._readers for lanes in shards for lane in lanes]
        heads = [head[SINCE] for lane in lanes if (head := lane.oldest()) is not None]
        if kept:
            heads.append(kept[0][SINCE])
        self.ledger.oldest[tick] = t - min(heads, default=t)
        self.ledger.capacity[tick] = len(self._shards)

    def disturb(self, disturbance: Disturbance, _t: float, /, *, begins: bool) -> None:
        """Lets nobody read while the stream is down: see `Node.disturb`."""
        if disturbance.inject == Inject.DOWN:
            self.closed = begins
