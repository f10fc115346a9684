"""SQS queues, and how Lambda takes from them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Queue
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.flow import Flow
from hinagata.simulator.tick.function import Invoker
from hinagata.simulator.tick.law import Law, constant_wait
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.loss import erlang_b_at
from hinagata.simulator.tick.place import Place

Values = npt.NDArray[np.float64]

# A queue without a limit of receives: those that came back more often are all alike.
_MOST_RECEIVES = 12
# After so long without a message that waits a poller is as at the start.
_QUIET_S = 60.0
# How long a receive waits for a message.
_LONG_POLL_S = 20.0
# Who waited longest for his turn finds most in the line, and most likely a free place: refused
# batches are smaller, by the refused share to this power (0.13 to 0.19 in the event engine).
_LUCK = 0.18
# Up to this share of what the poller can take at most, messages are taken as they come.
_BUSY = 0.6
# Ticks for which a poller is taken as being as it is.
_BLOCK = 30


class QueuePlace(Place):
    """A queue and its poller.

    Batches are those of a queue with c servers that take up to B at once: while all are busy, the
    number waiting is geometric with `(1 + u) r = u + r^(B+1)`, u = rate / (c mu) (M/M^[1,B]/c;
    Gross et al., Fundamentals of Queueing Theory, section 3.2).

    Attributes:
        invoker: What it invokes its function with; None without a poller.
        dead: Its flow to the dead letters; None if there is none.
    """

    keeps = ("_lines", "_allowed", "_quiet_s", "_in_service", "_in_total", "_out_total", "_waits")

    def __init__(self, station: Queue, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._queue = station
        self._poller = poller = station.poller
        limit = station.max_receives
        self._classes = _MOST_RECEIVES if limit is None else max(1, min(limit, 1000))
        # Messages that wait, by how often they were received.
        self._lines = np.zeros(self._classes)
        self._back: list[Values | None] = [None] * self._classes
        self.invoker = Invoker(ledger, partial=poller.partial) if poller else None
        self.dead: Flow | None = None
        self._allowed = float(min(poller.at_start, poller.at_most)) if poller else 0.0
        self._quiet_s = 0.0
        self._in_service = 0.0
        self._in_total = self._out_total = 0.0
        self._waits = 0.0
        self._strain = -1
        self._hidden_wait = constant_wait(station.visibility_s, ledger.tick_s)
        self._hold = (Law(0.0, 0.0), 1.0)
        self.received = ledger.row()
        self.turned_away = ledger.row()
        self.spoilt = ledger.row()
        self.done = ledger.row()
        self.settled = ledger.row()
        self.returned = ledger.row()
        self.given_up = ledger.row()
        self.expired = ledger.row()
        self.waiting = ledger.row()
        self.allowed = ledger.row()
        self.ends = ledger.row()
        self.busy = ledger.row()
        self.came_in = ledger.row()
        if self.invoker and poller:
            self.invoker.most = float(poller.at_most)

    def facts(self, _tick: int, /) -> None:
        """Returns nothing: it is another one every tick."""

    def expect(self, _tick: int, /) -> None:
        """Takes messages over, whatever becomes of them."""
        self.answer.refused = self.trouble.refused
        self.answer.bad = 0.0

    def demand(self, tick: int) -> None:
        """Counts the batches that begin in a tick."""
        super().demand(tick)
        if self.invoker is None:
            return
        came = self.tries_now * (1.0 - self.answer.refused)
        for back in self._back:
            if back is not None:
                came += back.item(tick)
        self.invoker.batches_now, _, _, _ = self._take(tick, came)

    def _service(self) -> tuple[Law, float]:
        """Returns how long a place of the poller is taken, and its mean for a refused batch too."""
        poller, invoker = self._poller, self.invoker
        assert poller is not None  # noqa: S101
        assert invoker is not None  # noqa: S101
        answer = invoker.answer
        receive = Law(poller.receive_s, 0.0)
        ok = answer.ok.plus(receive)
        mean = (
            ok.mean
            if not answer.bad
            else (
                (1.0 - answer.bad) * ok.mean + answer.bad * (answer.sorry.mean + poller.receive_s)
            )
        )
        return Law(mean, ok.cv), mean

    def _take(self, tick: int, came: float) -> tuple[float, float, float, float]:
        """Returns the batches that begin, their messages, their size, and the chance of a wait."""
        poller, invoker, tick_s = self._poller, self.invoker, self.ledger.tick_s
        if poller is None or invoker is None or self.trouble.refused >= 1.0:
            return 0.0, 0.0, 1.0, 0.0
        there = float(self._lines.sum()) + came
        if there <= 0.0:
            return 0.0, 0.0, 1.0, 0.0
        law, held_s = self._service()
        refused = invoker.answer.refused
        stays = 1.0 - _first_end(law, tick_s)
        stays_refused = 1.0 - _first_end(Law(poller.receive_s, 0.0), tick_s)
        stays = (1.0 - refused) * stays + refused * stays_refused
        held_s = (1.0 - refused) * held_s + refused * poller.receive_s
        places = min(self._allowed, self._queue.groups if self._queue.ordered else math.inf)
        free = places - (self._in_service - self.ends.item(tick))
        # At a tick's end no more are busy than there are places.
        most = max(0.0, free) / stays if stays > 1e-12 else math.inf
        size = max(1.0, poller.batch)
        if there >= most * size:
            return most, most * size, size, 1.0
        rate = there / tick_s
        if poller.window_s > 0.0:
            batch = min(size, 1.0 + rate * poller.window_s)
            taken = min(there, most * batch)
            return taken / batch, taken, batch, 0.0
        batch, line, waits = _batches(rate, held_s, places, size)
        taken = there - min(line, there * 0.5)
        return min(taken / batch, most), min(taken, most * batch), batch, waits

    def commit(self, at: At) -> None:
        """Lets a tick or a stretch happen."""
        came: Amount = 0.0
        for flow in self.flows:
            _, taken = flow.commit(at)
            came = came + taken
        if isinstance(at, int):
            self._step(at, float(came))
        else:
            self._run(at, np.asarray(came) + np.zeros(at.stop - at.start))

    def _step(self, tick: int, came: float) -> None:
        ledger, tick_s = self.ledger, self.ledger.tick_s
        coming = self._lines
        coming[0] += came
        total = came
        for number, back in enumerate(self._back):
            if back is not None:
                again = back.item(tick)
                coming[number] += again
                total += again
                ledger.add(self.returned, tick, again)
        self._lines = np.zeros(self._classes)
        batches, taken, size, waits = self._take(tick, float(coming.sum()))
        there = float(coming.sum())
        share = min(1.0, taken / there) if there > 0.0 else 0.0
        self._lines = coming * (1.0 - share)
        got = coming * share
        self._in_total += total
        self._out_total += float(got.sum())
        ledger.put(self.came_in, tick, total)
        self._expire(tick)
        ledger.put(self.waiting, tick, float(self._lines.sum()))
        self._turn_away(full=waits >= 1.0)
        for number in range(self._classes):
            if got[number]:
                self._receive(tick, number, float(got[number]))
        self._occupy(tick, batches, size, float(got.sum()))
        self._waits = waits
        self._adapt(waits, float(got.sum()) / tick_s, tick_s)
        ledger.put(self.allowed, tick, self._allowed)

    def _run(self, at: slice, came: Values) -> None:
        """Lets a stretch happen in which messages are taken as they come."""
        ledger = self.ledger
        coming = came.copy()
        # What waits at the beginning is taken at once.
        coming[0] += self._lines[0]
        later = self._lines[1:].copy()
        self._turn_away(full=False)
        self._lines = np.zeros(self._classes)
        total = coming.copy()
        for number in range(self._classes):
            if number:
                back = self._back[number]
                coming = np.zeros(len(came)) if back is None else back[at].copy()
                ledger.add(self.returned, at, coming)
                coming[0] += later[number - 1]
                total = total + coming
            if self.invoker is None:
                self._lines[number] += float(coming.sum())
            elif coming.any():
                self._receive(at, number, coming)
        ledger.put(self.came_in, at, total)
        self._in_total += float(total.sum())
        if self.invoker is None:
            waiting = float(self._lines.sum()) - float(total.sum()) + np.cumsum(total)
            ledger.put(self.waiting, at, waiting)
            return
        self._out_total += float(total.sum())
        ledger.put(self.waiting, at, 0.0)
        batches = total / self._grow_along(at, total)
        begun = float(batches.sum())
        self._occupy(at, batches, float(total.sum()) / begun if begun else 1.0, total)

    def _grow_along(self, at: slice, total: Values) -> Values:
        """Returns the batches of a stretch in which the poller keeps up, and lets it grow."""
        poller, tick_s = self._poller, self.ledger.tick_s
        assert poller is not None  # noqa: S101
        _, held_s = self._service()
        most = max(1.0, poller.batch)
        sizes = np.ones(len(total))
        self._strain = -1
        for start in range(0, len(total), _BLOCK):
            block = slice(start, min(start + _BLOCK, len(total)))
            seconds = (block.stop - block.start) * tick_s
            rate = float(total[block].sum()) / seconds
            places = min(self._allowed, self._queue.groups if self._queue.ordered else math.inf)
            if rate > 0.0 and poller.window_s > 0.0:
                sizes[block] = min(most, 1.0 + rate * poller.window_s)
                self._waits = 0.0
            elif rate > 0.0:
                sizes[block], _, self._waits = _batches(rate, held_s, places, most)
            else:
                self._waits = 0.0
            highest = float(total[block].max()) / tick_s
            if self._strain < 0 and highest * held_s > _BUSY * places * most:
                self._strain = at.start + start
            self._adapt(self._waits, rate, seconds)
            where = slice(at.start + block.start, at.start + block.stop)
            self.ledger.put(self.allowed, where, self._allowed)
        return sizes

    def _occupy(self, at: At, batches: Amount, size: float, messages: Amount) -> None:
        """Lets batches begin."""
        invoker, poller, ledger = self.invoker, self._poller, self.ledger
        if invoker is None or poller is None:
            return
        invoker.batch = max(1.0, size)
        ledger.put(invoker.batches, at, batches)
        ledger.put(invoker.messages, at, messages)
        law, _ = self._service()
        refused = invoker.answer.refused
        receive = Law(poller.receive_s, 0.0)
        tick_s = ledger.tick_s
        taken = batches * (1.0 - refused)
        ledger.spread(self.ends, at, taken, law.ends(tick_s))
        ledger.spread(self.busy, at, taken, law.busy(tick_s))
        if refused > 0.0:
            ledger.spread(self.ends, at, batches * refused, receive.ends(tick_s))
            ledger.spread(self.busy, at, batches * refused, receive.busy(tick_s))
        self._in_service += float(np.sum(batches)) - float(np.sum(self.ends[at]))

    def _turn_away(self, *, full: bool) -> None:
        """Works out which share of the messages is in batches that are refused."""
        if self.invoker is not None:
            refused = self.invoker.answer.refused
            luck = 0.0 if full or not refused else _LUCK
            self.invoker.turned_away = refused ** (1.0 + luck)

    def _receive(self, at: At, number: int, messages: Amount) -> None:
        """Lets messages be received that were received so many times before."""
        invoker, poller, ledger, queue = self.invoker, self._poller, self.ledger, self._queue
        assert invoker is not None  # noqa: S101
        assert poller is not None  # noqa: S101
        answer = invoker.answer
        tick_s = ledger.tick_s
        ledger.add(self.received, at, messages)
        refused = messages * invoker.turned_away
        got = messages - refused
        spoilt = got * invoker.spoilt
        ends = answer.ok.plus(Law(poller.receive_s, 0.0)).ends(tick_s)
        ledger.spread(self.done, at, got - spoilt, ends)
        if answer.refused > 0.0:
            ledger.add(self.turned_away, at, refused)
            ledger.spread(self.settled, at, refused, Law(poller.receive_s, 0.0).ends(tick_s))
            self._hide(at, number if not queue.receives_on_refusal else number + 1, refused)
        if invoker.spoilt > 0.0:
            ledger.spread(self.spoilt, at, spoilt, ends)
            ledger.spread(self.settled, at, spoilt, ends)
            self._hide(at, number + 1, spoilt)

    def _hide(self, at: At, receives: int, messages: Amount) -> None:
        """Lets messages come back after the visibility timeout, or go to the dead letters."""
        ledger = self.ledger
        if self._queue.max_receives is not None and receives >= self._classes:
            ledger.spread(self.given_up, at, messages, self._hidden_wait)
            if self.dead is not None:
                row = self.dead.due[0]
                assert row is not None  # noqa: S101
                ledger.spread(row, at, messages, self._hidden_wait)
            return
        place = min(receives, self._classes - 1)
        row = self._back[place]
        if row is None:
            row = self._back[place] = ledger.row()
        ledger.spread(row, at, messages, self._hidden_wait)

    def _expire(self, tick: int) -> None:
        """Lets messages go that are too old: first come, first served."""
        old = tick - int(self._queue.retention_s / self.ledger.tick_s)
        waiting = float(self._lines.sum())
        if old < 0 or waiting <= 0.0:
            return
        since = float(self.came_in[old + 1 : tick + 1].sum())
        gone = min(waiting, max(0.0, waiting - since))
        if gone > 0.0:
            self._lines *= 1.0 - gone / waiting
            self._out_total += gone
            self.ledger.add(self.expired, tick, gone)

    def _adapt(self, waits: float, rate: float, seconds: float) -> None:
        """Lets the poller grow while messages wait, and begin anew after a quiet minute."""
        poller = self._poller
        if poller is None:
            return
        if waits > 0.0 and poller.ramp_per_min > 0.0 and self._allowed < poller.at_most:
            step_s = 60.0 / poller.ramp_per_min
            # From a look at the line that found it empty to the next message that waits.
            idle_s = 0.0 if waits >= 1.0 else 1.0 / max(rate * waits, 1e-9)
            pace = waits / (step_s + idle_s * (1.0 - waits))
            self._allowed = min(poller.at_most, self._allowed + seconds * pace)
        # A minute without a wait is as rare as that.
        if rate * waits * _QUIET_S < 0.7:
            self._quiet_s += seconds
            if self._quiet_s > _QUIET_S and rate > 0.0:
                used = self._in_service
                self._allowed = min(self._allowed, max(min(poller.at_start, poller.at_most), used))
        else:
            self._quiet_s = 0.0

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which messages wait for the poller."""
        if self._poller is None:
            return None
        if self._queue.max_receives is None:
            last = self._back[-1]
            if last is not None and last[at].any():
                return int(at.start)
        if self._queue.retention_s < (at.stop - at.start) * self.ledger.tick_s:
            return int(at.start)
        return self._strain if self._strain >= 0 else None

    def calm(self) -> bool:
        """Returns whether nothing holds it back at the moment."""
        if self._poller is None:
            return True
        return self._waits < 1.0 and float(self._lines.sum()) < 1.0 + self._allowed

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks, tick_s = self.ledger.ticks, self.ledger.tick_s
        series = super().series()
        again = series.queued.copy()
        received = self.received[:ticks]
        series.attempts[:] = received
        series.throttled[:] += self.turned_away[:ticks]
        series.errors[:] = self.spoilt[:ticks]
        series.done[:] = self.done[:ticks]
        given_up = self.given_up[:ticks]
        (series.dead if self.dead is not None else series.failed)[:] += given_up
        series.expired[:] = self.expired[:ticks]
        hidden = np.cumsum(self.settled[:ticks] - self.returned[:ticks] - given_up)
        # What comes back while it is still worked on is not hidden any more.
        early = np.minimum(hidden, 0.0)
        hidden -= early
        series.in_flight[:] = early + np.cumsum(received - self.done[:ticks] - self.settled[:ticks])
        series.queued[:] = again + self.waiting[:ticks] + hidden
        series.busy[:] = self.busy[:ticks]
        series.capacity[:] = self.allowed[:ticks]
        series.oldest_s[:] = oldest_s(self.came_in[:ticks], self.waiting[:ticks], tick_s)
        series.calls[:] = series.arrivals
        if self.invoker is not None and self._poller is not None:
            batches = self.invoker.batches[:ticks]
            idle = np.maximum(0.0, np.minimum(self._poller.at_start, series.capacity) - series.busy)
            series.calls[:] += 2 * batches + idle * tick_s / _LONG_POLL_S
        return series


def _first_end(law: Law, tick_s: float) -> float:
    kernel = law.ends(tick_s)
    return 0.0 if kernel.first else float(kernel.shares[0])


def _batches(rate: float, held_s: float, places: float, size: float) -> tuple[float, float, float]:
    """Returns the mean batch, the mean number waiting, and the chance that some wait."""
    if rate <= 0.0 or held_s <= 0.0 or places <= 0.0:
        return 1.0, 0.0, 0.0
    load = rate * held_s
    busy_rate = rate * held_s / places
    blocked = erlang_b_at(places, load)
    if blocked < 1e-12:
        return 1.0, 0.0, 0.0
    ratio = busy_rate / (1.0 + busy_rate)
    for _ in range(200):
        new = (busy_rate + ratio ** (size + 1.0)) / (1.0 + busy_rate)
        if new - ratio < 1e-9:
            break
        ratio = new
    ratio = min(ratio, 1.0 - 1e-9)
    # Weights: below all busy and all busy with none waiting are Erlang's; then a geometric tail.
    tail = blocked * ratio / (1.0 - ratio)
    total = 1.0 + tail
    busy = (load * (1.0 - blocked) + places * tail) / total
    waiting = blocked * ratio / (1.0 - ratio) ** 2 / total
    batch = load / busy if busy > 0.0 else 1.0
    return max(1.0, min(size, batch)), waiting, tail / total


def oldest_s(came: Values, waiting: Values, tick_s: float) -> Values:
    """Returns the age of the oldest that waits at each tick's end, first come, first served.

    Args:
        came: Who came in each tick.
        waiting: How many wait at each tick's end.
        tick_s: The length of a tick.
    """
    entered = np.concatenate([[0.0], np.cumsum(came)])
    left = entered[1:] - waiting
    ends = np.arange(len(came) + 1) * tick_s
    # Where nobody came, the curve is flat: the latest time is when the next one came.
    places = np.searchsorted(entered, left + 1e-9 * np.maximum(left, 1.0), side="right") - 1
    places = np.clip(places, 0, len(came) - 1)
    gained = entered[places + 1] - entered[places]
    part = np.divide(left - entered[places], gained, out=np.zeros(len(came)), where=gained > 0)
    since = ends[places] + np.clip(part, 0.0, 1.0) * tick_s
    ages = np.maximum(0.0, ends[1:] - since)
    return np.where(waiting > 0.5, ages, 0.0)
