"""Stations that take messages over and see to them on their own: topics, asynchronous calls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import AsyncInvoke, Retry, Topic
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.flow import Flow, wait_s
from hinagata.simulator.tick.law import Law, constant_wait
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.place import Place

Values = npt.NDArray[np.float64]

# How a throttled invocation is tried again, until it is too old.
_THROTTLED = Retry(base_s=1.0, cap_s=300.0, jitter=False)


class TopicPlace(Place):
    """A topic or a bus: each message goes on to all who subscribe.

    Attributes:
        dead: Its flow to the dead letters; None if there is none.
    """

    def __init__(self, station: Topic, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._topic = station
        self.dead: Flow | None = None
        self.done = ledger.row()
        self.given_up = ledger.row()

    def facts(self, _tick: int, /) -> None:
        """Returns nothing: it is another one every tick."""

    def expect(self, _tick: int, /) -> None:
        """Takes messages over, and knows how long each delivery takes."""
        self.meet()
        delay = Law(self._topic.delay_s, 0.0).ends(self.ledger.tick_s)
        for way in self.ways:
            way.reached, way.delay = 1.0, delay

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Delivers messages."""
        time = 0.0
        sound = 1.0
        lost_all: Amount = 0.0
        for way in self.ways:
            fate = way.flow.fate(waits=way.call.waits)
            time = max(time, fate.ok.mean)
            if fate.lost:
                per_message = way.per_message(at)
                sound *= float(np.mean((1.0 - fate.lost) ** per_message))
                lost_all = lost_all + admitted * per_message * fate.lost
        ends = Law(self._topic.delay_s + time, 0.0).ends(self.ledger.tick_s)
        self.ledger.spread(self.done, at, admitted * sound, ends)
        if sound < 1.0:
            self.ledger.spread(self.given_up, at, admitted * (1.0 - sound), ends)
            if self.dead is not None:
                row = self.dead.due[0]
                assert row is not None  # noqa: S101
                self.ledger.spread(row, at, lost_all, ends)

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks = self.ledger.ticks
        series = super().series()
        taken = np.zeros(ticks)
        for flow in self.flows:
            taken += flow.done[:ticks]
        series.done[:] = self.done[:ticks]
        given_up = self.given_up[:ticks]
        (series.dead if self.dead is not None else series.failed)[:] += given_up
        series.in_flight[:] += np.cumsum(taken - self.done[:ticks] - given_up)
        return series


class AsyncInvokePlace(Place):
    """The queue of asynchronous invocations.

    Attributes:
        invoke: Its tries at the function.
        told: Its flow to whom it tells of what it gives up; None if nobody is told.
    """

    def __init__(self, station: AsyncInvoke, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._station = station
        self.invoke: Flow | None = None
        self.told: Flow | None = None
        # Tries that are due, by failures and refusals before; and those that fail by then.
        self._due: dict[tuple[int, int], Values] = {}
        self._failing: dict[tuple[int, int], Values] = {}
        self.tries = ledger.row()
        self.throttled = ledger.row()
        self.errors = ledger.row()
        self.done = ledger.row()
        self.given_up = ledger.row()
        self.expired = ledger.row()
        self.again = ledger.row()

    def facts(self, _tick: int, /) -> None:
        """Returns nothing: it is another one every tick."""

    def expect(self, _tick: int, /) -> None:
        """Takes messages over."""
        self.meet()
        if self.invoke is not None:
            self.invoke.listen()

    def demand(self, tick: int) -> None:
        """Counts the tries of a tick."""
        super().demand(tick)
        if self.invoke is not None:
            came = self.tries_now * (1.0 - self.answer.refused) * (1.0 - self.answer.broken)
            self.invoke.fresh = came + sum(row.item(tick) for row in self._due.values())

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Invokes the function, anew and again."""
        flow, ledger = self.invoke, self.ledger
        if flow is None:
            return
        total = admitted
        self._try(at, (0, 0), admitted)
        seen: set[tuple[int, int]] = {(0, 0)}
        while True:
            rest = sorted({*self._due, *self._failing} - seen)
            if not rest:
                break
            key = rest[0]
            seen.add(key)
            row = self._due.get(key)
            due: Amount = 0.0
            if row is not None:
                due = row.item(at) if isinstance(at, int) else row[at].copy()
            if np.any(due):
                ledger.add(self.again, at, -due)
                total = total + due
            self._try(at, key, due)
        ledger.put(self.tries, at, total)
        row = flow.due[0]
        assert row is not None  # noqa: S101
        ledger.add(row, at, total)

    def _try(self, at: At, key: tuple[int, int], tries: Amount) -> None:
        flow, ledger = self.invoke, self.ledger
        assert flow is not None  # noqa: S101
        failures, refusals = key
        if np.any(tries):
            refused = tries * flow.refused
            taken = tries - refused
            bad = taken * flow.bad
            ledger.spread(self.done, at, taken - bad, flow.ok.ends(ledger.tick_s))
            if np.any(bad):
                row = self._failing.setdefault(key, np.zeros(0))
                if not len(row):
                    row = self._failing[key] = ledger.row()
                ledger.spread(row, at, bad, flow.sorry.ends(ledger.tick_s))
            if np.any(refused):
                ledger.add(self.throttled, at, refused)
                wait = wait_s(_THROTTLED, refusals)
                if self._age(failures, refusals + 1) > self._station.max_age_s:
                    self._give_up(at, refused, self.expired)
                else:
                    self._again(at, (failures, refusals + 1), refused, wait)
        failing = self._failing.get(key)
        failed: Amount = 0.0 if failing is None else failing[at] + 0.0
        if not np.any(failed):
            return
        ledger.add(self.errors, at, failed)
        retry = self._station.retry
        if failures >= retry.retries:
            self._give_up(at, failed, self.given_up)
        elif self._age(failures + 1, refusals) > self._station.max_age_s:
            self._give_up(at, failed, self.expired)
        else:
            self._again(at, (failures + 1, refusals), failed, wait_s(retry, failures))

    def _age(self, failures: int, refusals: int) -> float:
        """How old a message is at a try, the time of its invocations left out."""
        retry = self._station.retry
        return sum(wait_s(retry, number) for number in range(failures)) + sum(
            wait_s(_THROTTLED, number) for number in range(refusals)
        )

    def _again(self, at: At, key: tuple[int, int], messages: Amount, wait: float) -> None:
        row = self._due.get(key)
        if row is None:
            row = self._due[key] = self.ledger.row()
        self.ledger.add(self.again, at, messages)
        self.ledger.spread(row, at, messages, constant_wait(wait, self.ledger.tick_s))

    def _give_up(self, at: At, messages: Amount, row: Values) -> None:
        self.ledger.add(row, at, messages)
        if self.told is not None:
            due = self.told.due[0]
            assert due is not None  # noqa: S101
            self.ledger.add(due, at, messages)

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks = self.ledger.ticks
        series = super().series()
        taken = np.zeros(ticks)
        for flow in self.flows:
            taken += flow.done[:ticks]
        series.attempts[:] = self.tries[:ticks]
        series.throttled[:] += self.throttled[:ticks]
        series.errors[:] += self.errors[:ticks]
        series.done[:] = self.done[:ticks]
        given_up, expired = self.given_up[:ticks], self.expired[:ticks]
        if self.told is not None:
            series.dead[:] = given_up + expired
        else:
            series.failed[:] += given_up
            series.expired[:] = expired
        waiting = np.cumsum(self.again[:ticks])
        series.queued[:] += waiting
        ended = self.done[:ticks] + given_up + expired
        series.in_flight[:] += np.cumsum(taken - ended) - waiting
        return series
