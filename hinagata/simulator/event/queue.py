"""SQS queues, and how Lambda takes from them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from hinagata.scenario.fault import Inject
from hinagata.simulator.draws import uniform
from hinagata.simulator.event.batch import SendBatch
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.line import GroupedLine, Line, StandardLine
from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import OK, Answer, Entry, Message, Node, World, unheard
from hinagata.simulator.model import Disturbance, Queue
from hinagata.simulator.outcome import StationSeries

# What a queue notes of a message: since when it is here, the message, how often it was received,
# where it is.
SINCE, MESSAGE, RECEIVES, PLACE = range(4)
WAITING, TAKEN, HIDDEN, GONE = range(4)
# What it notes of a batch: when its messages are visible again, those of them that will be, whether
# they are.
DEADLINE, ENTRIES, BACK = range(3)

# How long a receive waits for a message: the longest that SQS offers, and what Lambda asks for.
LONG_POLL_S = 20.0
# After so long without a message that waits a poller is as at the start.
QUIET_S = 60.0


class QueueNode(Node):
    """A queue and its poller."""

    __slots__ = (
        "_again_act",
        "_allowed",
        "_batch",
        "_closed",
        "_dead_letter",
        "_deadlines",
        "_drop_act",
        "_gathering",
        "_growing",
        "_hidden",
        "_invoke_act",
        "_line",
        "_poller",
        "_queue",
        "_send",
        "_used",
        "_waited_at",
        "_waiting",
    )

    channel = True

    def __init__(self, queue: Queue, world: World) -> None:
        super().__init__(queue, world)
        self._queue = queue
        self._poller = poller = queue.poller
        self._line: Line = StandardLine()
        if poller and queue.ordered and queue.groups < math.inf:
            share = uniform(world.draws(self.name, "group"))
            self._line = GroupedLine(lambda: int(next(share) * queue.groups))
        self._batch = max(1, int(poller.batch)) if poller else 0
        self._allowed = min(poller.at_start, poller.at_most) if poller else 0.0
        self._used = 0
        self._waiting = 0
        self._hidden = 0
        self._waited_at = 0.0
        self._growing = False
        self._closed = False
        self._gathering: list[Any] | None = None
        self._dead_letter: Send | None = None
        self._send: SendBatch | None = None
        self._deadlines = Deadlines(world.calendar, queue.visibility_s, self._come_back)
        self._invoke_act = self._invoke
        self._again_act = self._again
        self._drop_act = self._drop

    def connect(self, send: SendBatch | None, dead_letter: Send | None) -> None:
        """Gives it what its batches and its dead letters are sent by.

        Args:
            send: To the station that works for it; None if it has no poller.
            dead_letter: To where the dead letters go; None if they are lost.
        """
        self._send = send
        self._dead_letter = dead_letter

    def offer(
        self, t: float, message: Message, since: float, _answer: Answer, _about: Any, /
    ) -> int | None:
        """Takes a message: see `Node.offer`."""
        self._line.put([since, message, 0, WAITING])
        self._waiting += 1
        if self._used + 1 <= self._allowed or self._gathering is not None:
            if self._waited_at < t - QUIET_S and self._poller:
                at_start = min(self._poller.at_start, self._poller.at_most)
                self._allowed = min(self._allowed, max(at_start, self._used))
            self._receive(t)
        if self._waiting and self._poller:
            self._wait(t)
        return OK

    def sample(self, tick: int, t: float, /) -> None:
        """Notes what waits, and forgets what became too old: see `Node.sample`."""
        ledger = self.ledger
        line = self._line
        oldest = line.oldest()
        while oldest is not None and isinstance(line, StandardLine) and self._is_over(t, oldest):
            line.take()
            oldest = line.oldest()
        ledger.queued[tick] = self._waiting + self._hidden
        if oldest is not None:
            ledger.oldest[tick] = t - oldest[SINCE]
        if self._poller:
            ledger.capacity[tick] = self._allowed
            idle = max(0.0, min(self._poller.at_start, self._allowed) - self._used)
            length = float(self.world.clock.lengths[tick])
            ledger.requests.extend((t - length / 2, idle * length / LONG_POLL_S))

    def series(self) -> StationSeries:
        """Returns what happened here; a send, a receive and a deletion are a request each."""
        series = self.ledger.series()
        series.calls[:] += series.arrivals
        return replace(series, attempts=self.ledger.receives())

    def disturb(self, disturbance: Disturbance, t: float, /, *, begins: bool) -> None:
        """Lets nobody receive while the queue is down: see `Node.disturb`."""
        if disturbance.inject == Inject.DOWN:
            self._closed = begins
            self._receive(t)

    def _wait(self, t: float) -> None:
        """Notes that messages wait, and lets the poller grow."""
        poller = self._poller
        self._waited_at = t
        if poller and not self._growing and poller.ramp_per_min and self._allowed < poller.at_most:
            self._growing = True
            self.world.calendar.at(t + 60 / poller.ramp_per_min, self._grow)

    def _grow(self, t: float, _: object) -> None:
        self._growing = False
        if self._line and self._poller and self._used + 1 > self._allowed:
            self._allowed = min(self._allowed + 1, self._poller.at_most)
            self._receive(t)

    def _receive(self, t: float) -> None:
        """Takes as many batches as there are messages and places for them."""
        line = self._line
        if self._gathering is not None:
            self._fill(t, self._gathering)
        while self._can_receive():
            first = line.take()
            if self._is_over(t, first):
                continue
            batch = [math.inf, [first], False]
            first[PLACE] = TAKEN
            self._waiting -= 1
            self._used += 1
            self.ledger.entered.append(t)
            self._gathering = batch
            self._fill(t, batch)
            if self._gathering is not None:
                window = self._queue.poller.window_s if self._queue.poller else 0.0
                if window:
                    self.world.calendar.at(t + window, self._close, batch)
                else:
                    self._dispatch(t, batch)
        if self._waiting:
            self._wait(t)

    def _can_receive(self) -> bool:
        """Returns whether another batch can be begun; one that is filled comes first."""
        return (
            bool(self._line)
            and self._used + 1 <= self._allowed
            and self._gathering is None
            and self._send is not None
            and not self._closed
        )

    def _fill(self, t: float, batch: list[Any]) -> None:
        """Takes more messages for a batch, and sends it on if it is full."""
        entries = batch[ENTRIES]
        while len(entries) < self._batch:
            entry = self._line.take_with(entries[0])
            if entry is None:
                return
            if not self._is_over(t, entry):
                entry[PLACE] = TAKEN
                self._waiting -= 1
                entries.append(entry)
        self._dispatch(t, batch)

    def _is_over(self, t: float, entry: Entry) -> bool:
        """Returns whether nothing has to be done for a message that was taken, and forgets it."""
        if entry[PLACE] == GONE:
            self._line.release(entry)
            return True
        if t - entry[SINCE] > self._queue.retention_s:
            self._line.release(entry)
            self._leave(entry)
            self.ledger.expired.extend((entry[SINCE], t))
            return True
        return False

    def _leave(self, entry: Entry) -> None:
        if entry[PLACE] == WAITING:
            self._waiting -= 1
        elif entry[PLACE] == HIDDEN:
            self._hidden -= 1
        entry[PLACE] = GONE

    def _close(self, t: float, batch: list[Any]) -> None:
        if self._gathering is batch:
            self._dispatch(t, batch)
            self._receive(t)

    def _dispatch(self, t: float, batch: list[Any]) -> None:
        self._gathering = None
        self._deadlines.watch(t, batch)
        receive_s = self._queue.poller.receive_s if self._queue.poller else 0.0
        self.world.calendar.at(t + receive_s, self._invoke_act, batch)

    def _invoke(self, t: float, batch: list[Any]) -> None:
        entries = batch[ENTRIES]
        number = float(len(entries))
        ledger = self.ledger
        ledger.received.extend((t, number))
        ledger.requests.extend((t, 1.0))
        poller = self._poller
        if self._send is None or poller is None:
            return
        for entry in entries:
            entry[RECEIVES] += 1
        if self._send(t, entries, self._answered, batch, partial=poller.partial) is None:
            return
        ledger.refused.extend([t] * len(entries))
        self._hold(t, batch, poller.again_s)

    def _again(self, t: float, batch: list[Any]) -> None:
        """Tries a batch again that was refused."""
        entries, poller = batch[ENTRIES], self._poller
        if self._send is None or poller is None:
            return
        if self._send(t, entries, self._answered, batch, partial=poller.partial) is not None:
            self._hold(t, batch, poller.again_s)

    def _hold(self, t: float, batch: list[Any], again_s: float) -> None:
        """Keeps a refused batch, in its place, until it is tried again or visible again."""
        if t + again_s < batch[DEADLINE]:
            self.world.calendar.at(t + again_s, self._again_act, batch)
            return
        if not self._queue.receives_on_refusal:
            for entry in batch[ENTRIES]:
                entry[RECEIVES] -= 1
        self.world.calendar.at(max(t, batch[DEADLINE]), self._drop_act, batch)

    def _drop(self, t: float, batch: list[Any]) -> None:
        self._settle(t, batch, batch[ENTRIES])

    def _answered(self, t: float, batch: list[Any], bad: list[Entry]) -> None:
        self.ledger.errors.extend([t] * len(bad))
        entries = batch[ENTRIES]
        if len(bad) < len(entries):
            self.ledger.requests.extend((t, 1.0))
            kept = set(map(id, bad))
            for entry in entries:
                if not kept or id(entry) not in kept:
                    if entry[PLACE] != GONE:
                        self._leave(entry)
                        self.ledger.done.extend((entry[SINCE], t, *entry[MESSAGE][:2]))
                    if not batch[BACK]:
                        self._line.release(entry)
        self._settle(t, batch, bad)

    def _settle(self, t: float, batch: list[Any], bad: list[Entry]) -> None:
        """Keeps what was not done until it is visible again, and takes the next batch."""
        if not bad:
            batch[DEADLINE] = OVER
        elif not batch[BACK]:
            batch[ENTRIES] = bad
            for entry in bad:
                if entry[PLACE] == TAKEN:
                    entry[PLACE] = HIDDEN
                    self._hidden += 1
        self._used -= 1
        self.ledger.left.append(t)
        self._receive(t)

    def _come_back(self, t: float, batch: list[Any]) -> None:
        batch[BACK] = True
        for entry in reversed(batch[ENTRIES]):
            if entry[PLACE] == GONE:
                self._line.release(entry)
            elif (
                self._queue.max_receives is not None and entry[RECEIVES] >= self._queue.max_receives
            ):
                self._give_up(t, entry)
            elif not self._is_over(t, entry):
                if entry[PLACE] == HIDDEN:
                    self._hidden -= 1
                entry[PLACE] = WAITING
                self._waiting += 1
                self._line.put_back(entry)
        self._receive(t)

    def _give_up(self, t: float, entry: Entry) -> None:
        self._line.release(entry)
        self._leave(entry)
        if self._dead_letter:
            self.ledger.dead.extend((entry[SINCE], t))
            self._dead_letter(t, entry[MESSAGE], unheard, None)
        else:
            self.ledger.failed.extend((entry[SINCE], t))
