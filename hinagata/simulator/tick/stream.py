"""Kinesis streams: shards that take so much, and readers that take it in order."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Reader, Stream
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.flow import Flow
from hinagata.simulator.tick.function import Invoker
from hinagata.simulator.tick.law import Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.place import Place
from hinagata.simulator.tick.queue import oldest_s

Values = npt.NDArray[np.float64]

# Shards of nearly the same share are one kind; more kinds than that are put together.
_MOST_KINDS = 48
# Classes of tries for which shards are told apart.
_CLASSES = 12
# A record that nobody can do is tried until it is too old: for that long nothing else is done.
_FOREVER = 1e9
_PATIENCE_S = 1.0


@dataclass
class Reading:
    """A reader of the stream.

    Attributes:
        reader: What the model says of it.
        invoker: What it invokes its function with.
        told: Its flow to whom it tells of what it gives up; None if nobody is told.
        waiting: Records that wait in a shard of each kind.
        taken: Records that it begins with.
        ended: Records that it is done with.
        lost: Those of them that it gave up.
        expired: Those of them that had become too old.
        left: Records that wait in the hottest shard.
        all_left: Records that wait in all shards.
        idle_s: How long a record waits for the next poll where nothing else keeps it.
    """

    reader: Reader
    invoker: Invoker
    told: Flow | None
    waiting: Values
    taken: Values
    ended: Values
    lost: Values
    expired: Values
    left: Values
    all_left: Values
    idle_s: float = 0.0


class StreamPlace(Place):
    """A stream.

    Attributes:
        readings: Who reads.
    """

    keeps = ("_tokens", "_saved")

    def __init__(self, station: Stream, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._stream = station
        total = sum(station.shares)
        self._kinds, self._numbers = _kinds([share / total for share in station.shares])
        per_s = min(station.records_per_s, station.bytes_per_s / max(1.0, station.record_bytes))
        self._per_s = per_s
        self._tokens = np.full(len(self._kinds), per_s)
        self._refused = np.zeros(len(self._kinds))
        self.readings: list[Reading] = []
        # What comes into a shard of each kind, each tick of the stretch that is looked at.
        self.hottest = ledger.row()
        self.came = ledger.row()

    @property
    def _saved(self) -> list[Values]:
        return [reading.waiting.copy() for reading in self.readings]

    @_saved.setter
    def _saved(self, saved: list[Values]) -> None:
        for reading, waiting in zip(self.readings, saved, strict=True):
            reading.waiting = waiting.copy()

    def repeats_until(self, tick: int, /) -> int:
        """Returns until when nothing is too old that was not before, and something waits."""
        until = self.ledger.ticks
        for reading in self.readings:
            age = min(self._stream.retention_s, reading.reader.max_age_s) / self.ledger.tick_s
            if tick <= age:
                until = min(until, int(age))
            shrinks = reading.all_left.item(tick - 2) - reading.all_left.item(tick - 1)
            if shrinks > 0.0:
                until = min(until, tick + int(0.9 * reading.all_left.item(tick - 1) / shrinks))
        return until

    def remains(self) -> list[Any]:
        """Returns what is the same a while later: see `Place.remains`."""
        return [self._tokens, self.limited]

    def piled(self) -> Values:
        """Returns the records that wait: see `Place.piled`."""
        return np.array([each.waiting for each in self.readings]).reshape(-1)

    def piles(self) -> list[Values]:
        """Returns the rows of those that wait."""
        return [row for each in self.readings for row in (each.left, each.all_left)]

    def repeat(self, _ticks: int, more: Values, /) -> None:
        """Lets ticks pass in which as many come and are read as were."""
        for each, grown in zip(self.readings, more.reshape(len(self.readings), -1), strict=True):
            each.waiting = each.waiting + grown

    def add(self, reader: Reader, invoker: Invoker, told: Flow | None) -> None:
        """Lets somebody read.

        Args:
            reader: What the model says of it.
            invoker: What it invokes its function with.
            told: To whom it tells of what it gives up.
        """
        invoker.most = float(len(self._stream.shares) * max(1, reader.parallel))
        row = self.ledger.row
        self.readings.append(
            Reading(
                reader=reader,
                invoker=invoker,
                told=told,
                waiting=np.zeros(len(self._kinds)),
                taken=row(),
                ended=row(),
                lost=row(),
                expired=row(),
                left=row(),
                all_left=row(),
            )
        )

    def facts(self, _tick: int, /) -> None:
        """Returns nothing: it is another one every tick."""

    def expect(self, _tick: int, /) -> None:
        """Takes records over, as far as the shards take them."""
        self.meet()
        self.answer.by_class = ()
        refused = self._refused
        if self.limited > 0.0:
            share = self._kinds * self._numbers
            outer = self.trouble.refused
            by_class = []
            for _ in range(_CLASSES):
                total = float(share.sum())
                part = float(share @ refused) / total if total > 0.0 else 1.0
                by_class.append(1.0 - (1.0 - outer) * (1.0 - part))
                share = share * (outer + (1.0 - outer) * refused)
            self.answer.by_class = tuple(by_class)

    def hottest_share(self) -> float:
        """Returns the share of the records that come to shards as hot as the hottest."""
        return float(self._kinds[0] * self._numbers[0])

    def demand(self, tick: int) -> None:
        """Counts the batches that begin in a tick."""
        super().demand(tick)
        if not self.readings:
            return
        coming = self._into_shards(self._offered()) if self.tries_now else self._kinds * 0.0
        for reading in self.readings:
            taken, sizes = self._read(reading, coming[None, :])[:2]
            batches = float(((taken / sizes) @ self._numbers)[0])
            reading.invoker.batches_now = batches * self._tries_of(reading)

    def _offered(self) -> Values:
        """Returns the tries at a shard of each kind, that no fault keeps from it."""
        refused, outer = self._refused, self.trouble.refused
        share = self._kinds.copy()
        offered = np.zeros(len(share))
        longest = max((len(flow.classes) for flow in self.flows), default=0)
        for number in range(longest):
            tries = sum(flow.classes[number] for flow in self.flows if number < len(flow.classes))
            weight = float(share @ self._numbers)
            if tries and weight > 0.0:
                offered += tries * share / weight
            if number < _CLASSES - 1:
                share = share * (outer + (1.0 - outer) * refused)
        return offered * self.open_share()

    def _into_shards(self, offered: Values) -> Values:
        return np.asarray(offered * (1.0 - self._refused))

    def judge(self, _tick: int, /) -> float:
        """Returns the share of the tick's tries that their shards cannot take."""
        if self.tries_now <= 0.0:
            self._refused = np.zeros(len(self._kinds))
            return 0.0
        there = self._tokens + self._per_s * self.ledger.tick_s
        if self.tries_now * float(self._kinds.max()) <= float(there.min()):
            self._refused = np.zeros(len(self._kinds))
            return 0.0
        offered = self._offered()
        over = offered > there
        self._refused = np.where(over, 1.0 - there / np.where(over, offered, 1.0), 0.0)
        total = float(offered @ self._numbers)
        return float((offered * self._refused) @ self._numbers) / total if total > 0.0 else 0.0

    def calm(self) -> bool:
        """Returns whether nothing holds it back at the moment: what waits is no matter."""
        return self.limited < 1e-9

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Puts records into their shards, and lets them be read."""
        ticks = 1 if isinstance(at, int) else at.stop - at.start
        came = np.atleast_1d(np.asarray(admitted, dtype=float)) + np.zeros(ticks)
        shares = self._kinds
        if isinstance(at, int) and self.limited > 0.0:
            inside = self._into_shards(self._offered())
            total = float(inside @ self._numbers)
            shares = inside / total if total > 0.0 else shares
        coming = came[:, None] * shares[None, :]
        refill = self._per_s * self.ledger.tick_s * ticks
        self._tokens = np.clip(self._tokens + refill - coming.sum(axis=0), 0.0, self._per_s)
        where = slice(at, at + 1) if isinstance(at, int) else at
        hottest = int(np.argmax(self._kinds))
        self.ledger.put(self.hottest, where, coming[:, hottest])
        self.ledger.put(self.came, where, came)
        for reading in self.readings:
            self._let_read(reading, where, coming, hottest)

    def _let_read(self, reading: Reading, at: slice, coming: Values, hottest: int) -> None:
        ledger, invoker = self.ledger, reading.invoker
        taken, sizes, left = self._read(reading, coming)
        reading.waiting = left[-1].copy()
        if len(coming) == 1:
            self._expire(reading, at)
        weights = self._numbers
        messages = taken @ weights
        batches = (taken / sizes) @ weights
        total = float(batches.sum())
        if total > 0.0:
            invoker.batch = max(1.0, float(messages.sum()) / total)
        tries = self._tries_of(reading)
        ledger.put(invoker.batches, at, batches * tries)
        ledger.put(invoker.messages, at, messages * tries)
        if invoker.flow is not None:
            row = invoker.flow.due[0]
            assert row is not None  # noqa: S101
            ledger.add(row, at, messages * tries)
        ledger.put(reading.taken, at, messages)
        ledger.put(reading.left, at, left[:, hottest])
        ledger.put(reading.all_left, at, left @ weights)
        invoker.turned_away = invoker.answer.refused
        law = Law(self._batch_s(reading, invoker.batch), invoker.answer.ok.cv)
        ends = law.ends(ledger.tick_s)
        ledger.spread(reading.ended, at, messages, ends)
        lost = self._lost_of(reading)
        if lost > 0.0:
            ledger.spread(reading.lost, at, messages * lost, ends)
            if reading.told is not None:
                row = reading.told.due[0]
                assert row is not None  # noqa: S101
                ledger.spread(row, at, messages * lost, ends)

    def _expire(self, reading: Reading, at: slice) -> None:
        """Lets records go that are too old."""
        age = min(self._stream.retention_s, reading.reader.max_age_s)
        old = at.start - int(age / self.ledger.tick_s) if age < math.inf else -1
        waiting = float(reading.waiting @ self._numbers)
        if old < 0 or waiting <= 0.0:
            return
        since = self.came[old + 1 : at.stop].sum() * self._kinds
        gone = np.maximum(0.0, reading.waiting - since)
        if gone.any():
            reading.waiting = reading.waiting - gone
            lost = float(gone @ self._numbers)
            if reading.reader.max_age_s < self._stream.retention_s:
                self.ledger.add(reading.lost, at, lost)
                self.ledger.add(reading.ended, at, lost)
                self.ledger.add(reading.taken, at, lost)
            else:
                self.ledger.add(reading.expired, at, lost)
                self.ledger.add(reading.ended, at, lost)
                self.ledger.add(reading.taken, at, lost)

    def _tries_of(self, reading: Reading) -> float:
        """Returns how often a batch is tried, those times included that it is refused."""
        answer = reading.invoker.answer
        refused = min(answer.refused, 0.999)
        return self._attempts(reading) / (1.0 - refused)

    def _attempts(self, reading: Reading) -> float:
        bad = _fails(reading.invoker)
        retries = reading.reader.retries
        if retries is None:
            return min(1.0 / (1.0 - bad), 1e6) if bad < 1.0 else 1e6
        return (1.0 - bad ** (retries + 1)) / (1.0 - bad) if bad < 1.0 else retries + 1.0

    def _lost_of(self, reading: Reading) -> float:
        retries = reading.reader.retries
        bad = _fails(reading.invoker)
        return bad ** (retries + 1) if retries is not None else 0.0

    def _batch_s(self, reading: Reading, size: float) -> float:
        """Returns how long a lane is with a batch, all its tries included."""
        invoker, reader = reading.invoker, reading.reader
        answer = invoker.answer
        bad = _fails(invoker)
        once = answer.ok.mean if not bad else (1 - bad) * answer.ok.mean + bad * answer.sorry.mean
        once += (size - invoker.batch) * invoker.each_s
        attempts = self._attempts(reading)
        refused = min(answer.refused, 0.999)
        patience = max(reader.poll_s, reader.wait_s) or _PATIENCE_S
        refusals = attempts * refused / (1.0 - refused) * patience
        return max(0.0, attempts * once + (attempts - 1.0) * reader.wait_s + refusals)

    def _read(self, reading: Reading, coming: Values) -> tuple[Values, Values, Values]:
        """Returns what is taken of a shard of each kind, in which batches, and what is left."""
        reader, tick_s = reading.reader, self.ledger.tick_s
        lanes = max(1, reader.parallel)
        most = max(1.0, reader.batch)
        full_s = self._batch_s(reading, most)
        if self.trouble.broken >= 1.0:
            left = reading.waiting + np.cumsum(coming, axis=0)
            return np.zeros_like(coming), np.ones_like(coming), left
        capacity = lanes * most / full_s * tick_s if full_s > 0.0 else math.inf
        before = reading.waiting[None, :]
        if capacity == math.inf:
            left = np.zeros_like(coming)
        else:
            # Reflection: what is left is the sum of what came beyond the capacity, and never less
            # than nothing.
            net = before + np.cumsum(coming - capacity, axis=0)
            least = np.minimum.accumulate(np.minimum(net, 0.0), axis=0)
            left = net - least
        held_s = self._batch_s(reading, max(1.0, reading.invoker.batch))
        rates = np.maximum(coming / tick_s / lanes, 1e-12)
        line, sizes = _idle_lane(rates, held_s, most, reader)
        reading.idle_s = float((line / rates).mean())
        # What waits for the next poll, in a shard that keeps up.
        small = left < line * lanes
        left = np.where(small, np.minimum(line * lanes, before + np.cumsum(coming, axis=0)), left)
        taken = coming + np.diff(left, axis=0, prepend=before) * -1.0
        fix = taken < 0.0
        if fix.any():
            taken = np.maximum(taken, 0.0)
            left = before + np.cumsum(coming - taken, axis=0)
            left = np.maximum(left, 0.0)
            taken = coming - np.diff(left, axis=0, prepend=before)
        sizes = np.where(small, sizes, most)
        return np.maximum(taken, 0.0), sizes, left

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which a shard is written to beyond what it takes."""
        tries = self.came[at] * float(self._kinds.max()) > self._per_s * self.ledger.tick_s
        for reading in self.readings:
            age = min(self._stream.retention_s, reading.reader.max_age_s)
            if age < (at.stop) * self.ledger.tick_s and reading.waiting.any():
                oldest = oldest_s(
                    self.hottest[: at.stop], reading.left[: at.stop], self.ledger.tick_s
                )[at]
                tries |= oldest > age
        place = int(np.argmax(tries))
        return at.start + place if tries[place] else None

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks, tick_s = self.ledger.ticks, self.ledger.tick_s
        series = super().series()
        came = np.zeros(ticks)
        for flow in self.flows:
            came += flow.done[:ticks]
        again = series.queued.copy()
        in_flight = series.in_flight.copy()
        if not self.readings:
            kept = int(self._stream.retention_s / tick_s)
            gone = np.zeros(ticks)
            if kept < ticks:
                gone[kept:] = came[: ticks - kept]
            series.done[:] = 0.0
            series.expired[:] = gone
            series.queued[:] = again + np.cumsum(came - gone)
            return series
        ended = np.min([np.cumsum(each.ended[:ticks]) for each in self.readings], axis=0)
        lost = np.max([np.cumsum(each.lost[:ticks]) for each in self.readings], axis=0)
        expired = np.max([np.cumsum(each.expired[:ticks]) for each in self.readings], axis=0)
        # Readers differ: of what all are done with, as much was lost as any of them lost.
        gone = _within(lost + expired, ended)
        expired = _within(expired, gone)
        lost = gone - expired
        told = any(each.told is not None for each in self.readings)
        series.done[:] = np.maximum(np.diff(ended - gone, prepend=0.0), 0.0)
        (series.dead if told else series.failed)[:] += np.diff(lost, prepend=0.0)
        series.expired[:] = np.diff(expired, prepend=0.0)
        inside = np.cumsum(came) - ended
        working = np.min(
            [np.cumsum(each.taken[:ticks] - each.ended[:ticks]) for each in self.readings], axis=0
        )
        working = np.clip(working, 0.0, np.maximum(inside, 0.0))
        series.in_flight[:] = in_flight + working
        series.queued[:] = again + inside - working
        for each in self.readings:
            ages = oldest_s(self.hottest[:ticks], each.left[:ticks], tick_s)
            np.maximum(series.oldest_s, ages, out=series.oldest_s)
        series.capacity[:] = len(self._stream.shares)
        return series


def _within(part: Values, whole: Values) -> Values:
    """Returns a count that follows one as far as another grows, both as sums until each tick."""
    return np.asarray(whole + np.minimum.accumulate(np.minimum(part - whole, 0.0)))


def _fails(invoker: Invoker) -> float:
    broken = invoker.answer.broken
    return broken + (1.0 - broken) * invoker.answer.bad


def _idle_lane(rates: Values, held_s: float, most: float, reader: Reader) -> tuple[Values, Values]:
    """Returns what waits at a lane that keeps up, and the batches that it takes.

    A lane goes on at once if records came meanwhile; else it waits for a record, and then for the
    next poll, half of its period on the average.
    """
    if reader.window_s > 0.0:
        sizes = np.minimum(most, 1.0 + rates * reader.window_s)
        return np.minimum(rates * (reader.window_s + reader.poll_s / 2), most / 2), sizes
    idle = np.exp(-np.minimum(rates * held_s, 700.0))
    waits_s = reader.poll_s / 2
    cycle_s = held_s + idle * (1.0 / rates + waits_s)
    sizes = np.clip(rates * cycle_s, 1.0, most)
    # While it works, half of its time; while it waits for a poll, half of that.
    line = rates * (held_s * held_s / 2 + idle * waits_s * reader.poll_s / 3) / cycle_s
    return np.minimum(line, most / 2), sizes


def _kinds(shares: list[float]) -> tuple[Values, Values]:
    """Returns the shares that shards have, and how many have each."""
    counted = Counter(round(share, 12) for share in shares)
    if len(counted) <= _MOST_KINDS:
        kinds = sorted(counted, reverse=True)
        return np.array(kinds), np.array([float(counted[kind]) for kind in kinds])
    ordered = np.sort(np.array(shares))[::-1]
    # The hottest are told apart, the others are put together.
    alone = _MOST_KINDS // 2
    groups = [ordered[:alone, None][i] for i in range(alone)]
    groups += np.array_split(ordered[alone:], _MOST_KINDS - alone)
    return np.array([group.mean() for group in groups]), np.array([float(len(g)) for g in groups])
