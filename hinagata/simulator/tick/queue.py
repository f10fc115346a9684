"""SQS queues, and how Lambda takes from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Queue
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.flow import Flow
from hinagata.simulator.tick.function import Invoker
from hinagata.simulator.tick.law import NOW, Kernel, Law, constant_wait
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
# Of a smaller share nothing is refused: what is kept would never come to nothing.
_HARDLY = 1e-9
_NEVER = 1e-300
# Up to this share of what the poller can take at most, messages are taken as they come.
_BUSY = 0.6
# Ticks for which a poller is taken as being as it is.
_BLOCK = 30


class Kept:
    """Batches that were refused, and are tried again until their messages are visible again.

    All of them meet the same refusals: of those that came in a tick, the share is left that the
    product of the refusals since then says.

    Attributes:
        batches: How many there are.
    """

    def __init__(self, classes: int, queue: Queue, ledger: Ledger) -> None:
        poller = queue.poller
        self._ledger = ledger
        # How many ticks they are kept, and how often they are tried in each.
        self._ticks = max(1, round(queue.visibility_s / ledger.tick_s))
        self._per_tick = ledger.tick_s / (poller.again_s if poller else 1.0)
        self.batches = 0.0
        self._messages = np.zeros(classes)
        # By the tick of the first refusal: batches, messages, and what was left of any by then.
        self._since: dict[int, tuple[float, Values, float]] = {}
        self._left = 0.0

    def tries(self, refused: float) -> float:
        """Returns how often batches are tried again in a tick in which so many are refused."""
        return self.batches * self._tries_of_each(refused)

    def messages_tried(self, refused: float) -> float:
        """Returns how many messages are in these tries."""
        return float(self._messages.sum()) * self._tries_of_each(refused)

    def step(
        self, tick: int, refused: float, batches: float, messages: Values
    ) -> tuple[float, Values]:
        """Tries new batches and those that are kept, and returns what is taken of them.

        Args:
            tick: When.
            refused: The share of tries that are refused.
            batches: New ones.
            messages: Those in them, by how often they were received before.
        """
        if not refused:
            taken, worked = self.batches + batches, self._messages + messages
            self.batches, self._messages = 0.0, np.zeros(len(messages))
            self._since.clear()
            return taken, worked
        left = 1.0 - self._tries_of_each(refused) * (1.0 - refused)
        taken = self.batches * (1.0 - left) + batches * (1.0 - refused)
        worked = self._messages * (1.0 - left) + messages * (1.0 - refused)
        self.batches = self.batches * left + batches * refused
        self._messages = self._messages * left + messages * refused
        self._left += math.log(max(left, _NEVER))
        self._since[tick] = batches * refused, messages * refused, self._left
        return taken, worked

    def let_go(self, tick: int) -> tuple[float, Values]:
        """Returns batches that have been kept for as long as their messages were hidden."""
        since = self._since.pop(tick - self._ticks, None)
        if since is None:
            return 0.0, np.zeros(len(self._messages))
        left = math.exp(self._left - since[2])
        batches = min(self.batches, since[0] * left)
        messages = np.minimum(self._messages, since[1] * left)
        self.batches -= batches
        self._messages -= messages
        return batches, messages

    def pass_by(self, ticks: int) -> None:
        """Lets ticks pass in which as many are kept and let go as were."""
        self._since = {tick + ticks: since for tick, since in self._since.items()}

    def _tries_of_each(self, refused: float) -> float:
        if self._per_tick <= 1.0 or refused >= 1.0:
            return self._per_tick
        return float((1.0 - refused**self._per_tick) / (1.0 - refused))


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
        self._waits = self._full = 0.0
        self._strain = -1
        self._hidden_wait = constant_wait(station.visibility_s, ledger.tick_s)
        self._kept = Kept(self._classes, station, ledger)
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
        self.too_busy = ledger.row()
        if self.invoker and poller:
            self.invoker.most = float(poller.at_most)
            self.invoker.gap_s = poller.receive_s

    def repeats_until(self, tick: int, /) -> int:
        """Returns until when nothing is too old that was not before, and something waits."""
        old = int(self._queue.retention_s / self.ledger.tick_s)
        until = self.ledger.ticks if tick > old else min(self.ledger.ticks, old)
        shrinks = self.waiting.item(tick - 2) - self.waiting.item(tick - 1)
        if shrinks > 0.0:
            until = min(until, tick + int(0.9 * self.waiting.item(tick - 1) / shrinks))
        return until

    def remains(self) -> list[Any]:
        """Returns what is the same a while later: see `Place.remains`."""
        kept = self._kept.batches
        return [self._allowed, self._in_service, self._waits, self.limited, kept]

    def piled(self) -> Values:
        """Returns the messages that wait, and what came and went: see `Place.piled`."""
        return np.array([*self._lines, self._in_total, self._out_total])

    def piles(self) -> list[Values]:
        """Returns the row of those that wait."""
        return [self.waiting]

    def repeat(self, ticks: int, more: Values, /) -> None:
        """Lets ticks pass in which as many come and go as did."""
        self._lines += more[:-2]
        self._in_total += float(more[-2])
        self._out_total += float(more[-1])
        self._kept.pass_by(ticks)

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
        batches, _, _, waits = self._take(tick, came)
        # Where all places are taken, one that is left is taken again at once.
        free = max(0.0, self._places() - self._in_service)
        self.invoker.following = max(0.0, batches - free) * (1.0 if waits >= 1.0 else self._full)
        self.invoker.batches_now = batches + self._kept.tries(self._refused())

    def _places(self) -> float:
        """Returns how many batches there may be at once."""
        return min(self._allowed, self._queue.groups if self._queue.ordered else math.inf)

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
        refused = self._refused()
        # A refused batch keeps its place.
        ended = (1.0 - refused) * _first_end(law, tick_s)
        if refused:
            tries = max(1.0, self._queue.visibility_s / poller.again_s)
            lost = refused**tries
            waits = tries if refused >= 1.0 else (1.0 - lost) / (1.0 - refused)
            held_s = (1.0 - lost) * held_s + refused * waits * poller.again_s
        places = self._places()
        free = places - (self._in_service - self.ends.item(tick))
        free += self._kept.tries(refused) * ended
        # At a tick's end no more are busy than there are places.
        most = max(0.0, free) / (1.0 - ended) if ended < 1.0 - 1e-12 else math.inf
        size = max(1.0, poller.batch)
        if there >= most * size:
            return most, most * size, size, 1.0
        rate = there / tick_s
        if poller.window_s > 0.0:
            batch = min(size, 1.0 + rate * poller.window_s)
            taken = min(there, most * batch)
            return taken / batch, taken, batch, 0.0
        batch, line, waits, self._full = _batches(rate, held_s, places, size)
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
        if self.invoker is None:
            self._fill(tick, came)
            return
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
        total += self._let_go(tick, coming)
        there = float(coming.sum())
        if not (there or self._kept.batches):
            self._idle(tick)
            return
        batches, taken, _, waits = self._take(tick, there)
        share = min(1.0, taken / there) if there > 0.0 else 0.0
        self._lines = coming * (1.0 - share)
        got = coming * share
        self._in_total += total
        self._out_total += float(got.sum())
        ledger.put(self.came_in, tick, total)
        self._expire(tick)
        ledger.put(self.waiting, tick, float(self._lines.sum()))
        self._call(tick, batches, got)
        self._waits = waits
        self._adapt(waits, float(got.sum()) / tick_s, tick_s)
        ledger.put(self.allowed, tick, self._allowed)

    def _fill(self, tick: int, came: float) -> None:
        """Lets messages come that nobody takes."""
        self._lines[0] += came
        self._in_total += came
        self.ledger.put(self.came_in, tick, came)
        self._expire(tick)
        self.ledger.put(self.waiting, tick, float(self._lines[0]))

    def _idle(self, tick: int) -> None:
        """Lets a tick pass in which no message is there."""
        self._in_service -= self.ends.item(tick)
        self._waits = self._full = 0.0
        self._adapt(0.0, 0.0, self.ledger.tick_s)
        self.ledger.put(self.allowed, tick, self._allowed)

    def _run(self, at: slice, came: Values) -> None:
        """Lets a stretch happen in which messages are taken as they come."""
        ledger = self.ledger
        coming = came.copy()
        # What waits at the beginning is taken at once.
        coming[0] += self._lines[0]
        later = self._lines[1:].copy()
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
                ledger.add(self.received, at, coming)
                self._work(at, number, coming)
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
        self.invoker.turned_away = 0.0
        self.invoker.batch = max(1.0, float(total.sum()) / begun) if begun else 1.0
        ledger.put(self.invoker.batches, at, batches)
        ledger.put(self.invoker.messages, at, total)
        self._in_service += begun
        self._occupy(at, batches)

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
            places = self._places()
            if rate > 0.0 and poller.window_s > 0.0:
                sizes[block] = min(most, 1.0 + rate * poller.window_s)
                self._waits = 0.0
            elif rate > 0.0:
                sizes[block], _, self._waits, _ = _batches(rate, held_s, places, most)
            else:
                self._waits = 0.0
            highest = float(total[block].max()) / tick_s
            if self._strain < 0 and highest * held_s > _BUSY * places * most:
                self._strain = at.start + start
            self._adapt(self._waits, rate, seconds)
            where = slice(at.start + block.start, at.start + block.stop)
            self.ledger.put(self.allowed, where, self._allowed)
        return sizes

    def _refused(self) -> float:
        """Returns the share of batches that the function is too busy for."""
        assert self.invoker is not None  # noqa: S101
        refused = self.invoker.answer.refused
        return refused if refused > _HARDLY else 0.0

    def _let_go(self, tick: int, coming: Values) -> float:
        """Lets messages be visible again that were refused for so long, and returns how many."""
        batches, messages = self._kept.let_go(tick)
        total = 0.0
        if batches:
            self.ledger.add(self.ends, tick, batches)
        for number in range(self._classes):
            again = float(messages[number])
            if not again:
                continue
            self.ledger.add(self.settled, tick, again)
            after = number + 1 if self._queue.receives_on_refusal else number
            if self._queue.max_receives is not None and after >= self._classes:
                self._give_up(tick, again, NOW)
                continue
            coming[min(after, self._classes - 1)] += again
            self.ledger.add(self.returned, tick, again)
            total += again
        return total

    def _call(self, tick: int, batches: float, got: Values) -> None:
        """Invokes the function with new batches, and again with those that it refused."""
        invoker, ledger, kept = self.invoker, self.ledger, self._kept
        received = float(got.sum())
        ledger.add(self.received, tick, received)
        if invoker is None:
            return
        refused = self._refused()
        ledger.put(self.too_busy, tick, refused)
        tries = batches + kept.tries(refused)
        messages = received + kept.messages_tried(refused)
        invoker.batch = max(1.0, messages / tries) if tries else 1.0
        invoker.turned_away = refused
        ledger.put(invoker.batches, tick, tries)
        ledger.put(invoker.messages, tick, messages)
        self._in_service += batches
        if refused:
            ledger.add(self.turned_away, tick, received * refused)
        taken, worked = kept.step(tick, refused, batches, got)
        for number in range(self._classes):
            if worked[number]:
                self._work(tick, number, float(worked[number]))
        self._occupy(tick, taken)
        if kept.batches:
            ledger.add(self.busy, tick, kept.batches)

    def _occupy(self, at: At, taken: Amount) -> None:
        """Lets batches be worked on."""
        law, _ = self._service()
        ledger = self.ledger
        ledger.spread(self.ends, at, taken, law.ends(ledger.tick_s))
        ledger.spread(self.busy, at, taken, law.busy(ledger.tick_s))
        self._in_service -= float(np.sum(self.ends[at]))

    def _work(self, at: At, number: int, got: Amount) -> None:
        """Lets messages be worked on that were received so many times before."""
        invoker, poller, ledger = self.invoker, self._poller, self.ledger
        assert invoker is not None  # noqa: S101
        assert poller is not None  # noqa: S101
        tick_s = ledger.tick_s
        spoilt = got * invoker.spoilt
        ends = invoker.answer.ok.plus(Law(poller.receive_s, 0.0)).ends(tick_s)
        ledger.spread(self.done, at, got - spoilt, ends)
        if invoker.spoilt > 0.0:
            ledger.spread(self.spoilt, at, spoilt, ends)
            ledger.spread(self.settled, at, spoilt, ends)
            self._hide(at, number + 1, spoilt)

    def _hide(self, at: At, receives: int, messages: Amount) -> None:
        """Lets messages come back after the visibility timeout, or go to the dead letters."""
        ledger = self.ledger
        if self._queue.max_receives is not None and receives >= self._classes:
            self._give_up(at, messages, self._hidden_wait)
            return
        place = min(receives, self._classes - 1)
        row = self._back[place]
        if row is None:
            row = self._back[place] = ledger.row()
        ledger.spread(row, at, messages, self._hidden_wait)

    def _give_up(self, at: At, messages: Amount, wait: Kernel) -> None:
        self.ledger.spread(self.given_up, at, messages, wait)
        if self.dead is not None:
            row = self.dead.due[0]
            assert row is not None  # noqa: S101
            self.ledger.spread(row, at, messages, wait)

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
        if self._refused():
            return int(at.start)
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
        if self._kept.batches or self._refused():
            return False
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


def _batches(
    rate: float, held_s: float, places: float, size: float
) -> tuple[float, float, float, float]:
    """Returns the mean batch, how many wait, and the chances that some do and of no free place."""
    if rate <= 0.0 or held_s <= 0.0 or places <= 0.0:
        return 1.0, 0.0, 0.0, 0.0
    load = rate * held_s
    busy_rate = rate * held_s / places
    blocked = erlang_b_at(places, load)
    if blocked < 1e-12:
        return 1.0, 0.0, 0.0, 0.0
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
    return max(1.0, min(size, batch)), waiting, tail / total, (blocked + tail) / total


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
