"""What all stations have in common: who comes, what a try can expect, whom it calls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Call, Station
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.flow import Answer, Flow
from hinagata.simulator.tick.law import NOTHING, Kernel, Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.trouble import Trouble

Values = npt.NDArray[np.float64]


@dataclass
class Way:
    """A call that a station makes for its messages.

    Attributes:
        call: What the model says of it.
        flow: Its tries.
        shares: The share of the messages that it is made for, each tick; None is all of them.
        reached: The share of what was admitted that gets as far as this call, at the moment.
        delay: When it is made, from the beginning of the work.
    """

    call: Call
    flow: Flow
    shares: Values | None
    reached: float = 1.0
    delay: Kernel = field(default_factory=lambda: NOTHING.ends(1.0))

    def per_message(self, at: At) -> Amount:
        """Returns how many calls are made for a message."""
        return self.call.messages if self.shares is None else self.call.messages * self.shares[at]


@dataclass(frozen=True)
class Course:
    """How the work on a message, or on a batch, goes.

    Attributes:
        ok: The time it takes if it succeeds.
        bad: The share that fails as a whole.
        sorry: The time until then.
        spoilt: The share of messages that fail in what does not fail as a whole.
    """

    ok: Law
    bad: float
    sorry: Law
    spoilt: float = 0.0


class Place:
    """A station that answers.

    Attributes:
        station: What the model says of it.
        flows: Who comes.
        ways: Whom it calls.
        answer: What a try can expect.
        limited: The share of tries that are refused for want of capacity.
        trouble: What faults do to it.
        tries_now: The tries of the tick that is looked at.
        own_bad: The share that fails on its own, at the moment.
        refused: The share of tries that is refused, each tick.
        broken: The share of the others that fails at once.
        spoilt_alone: The share of the rest that fails on its own.
        later_s: How late answers are.
        keeps: Attributes that change from tick to tick.
    """

    keeps: tuple[str, ...] = ()

    def __init__(self, station: Station, ledger: Ledger) -> None:
        self.station = station
        self.ledger = ledger
        self.flows: list[Flow] = []
        self.ways: list[Way] = []
        self.answer = Answer()
        self.limited = 0.0
        self.trouble = Trouble()
        self.tries_now = 0.0
        self.own_bad = 0.0
        self._facts: tuple[object, ...] | None = None
        self.refused = ledger.row()
        self.broken = ledger.row()
        self.spoilt_alone = ledger.row()
        self.later_s = ledger.row()

    def note(self, at: At) -> None:
        """Writes down what a try met, for those whose way is followed afterwards."""
        answer = self.answer
        self.ledger.put(self.refused, at, answer.refused)
        self.ledger.put(self.broken, at, answer.broken)
        self.ledger.put(self.spoilt_alone, at, self.own_bad)
        self.ledger.put(self.later_s, at, self.trouble.later.mean)

    def save(self) -> dict[str, Any]:
        """Returns what `load` needs to come back to this moment."""
        return {name: _copy(getattr(self, name)) for name in (*self.keeps, "limited")}

    def load(self, saved: dict[str, Any]) -> None:
        """Comes back to a moment."""
        for name, value in saved.items():
            setattr(self, name, _copy(value))
        self._facts = None

    def expect(self, tick: int, /) -> None:
        """Works out what a try can expect, from what the stations expect that it calls."""
        trouble = self.trouble
        bad = 1.0 - (1.0 - trouble.bad) * (1.0 - trouble.poisoned)
        self.own_bad = bad
        course = self.course(self.work(), bad, tick)
        self.meet()
        self.answer.bad = course.bad
        self.answer.ok = course.ok.plus(trouble.later)
        self.answer.sorry = course.sorry.plus(trouble.later)

    def meet(self) -> None:
        """Works out what a try meets before anything is done about it."""
        trouble = self.trouble
        self.answer.refused = 1.0 - (1.0 - trouble.refused) * (1.0 - self.limited)
        self.answer.broken = trouble.broken

    def open_share(self) -> float:
        """Returns the share of tries that no fault keeps from the station."""
        return (1.0 - self.trouble.refused) * (1.0 - self.trouble.broken)

    def facts(self, tick: int, /) -> tuple[object, ...] | None:
        """Returns what it expects by; None if that is never the same.

        Args:
            tick: When.
        """
        ways = tuple(
            (way.flow.refused, way.flow.bad, way.flow.ok, way.flow.sorry, way.per_message(tick))
            for way in self.ways
        )
        return (self.limited, id(self.trouble), ways)

    def expect_anew(self, tick: int) -> None:
        """Works out what a try can expect, if anything has changed since the last time."""
        for way in self.ways:
            way.flow.listen()
        facts = self.facts(tick)
        if facts is None or facts != self._facts:
            self._facts = facts
            self.expect(tick)

    def work(self) -> Law:
        """Returns its own time."""
        return NOTHING

    def course(
        self, work: Law, bad: float, tick: int, *, batch: float = 1.0, partial: bool = False
    ) -> Course:
        """Returns how work goes with all that it calls, one after the other.

        Args:
            work: Its own time, before the calls.
            bad: The share that fails on its own, after that time.
            tick: When.
            batch: How many messages it is for.
            partial: Whether a message that fails leaves the others be.
        """
        tick_s = self.ledger.tick_s
        time = work
        good = 1.0 - bad
        bad_mass, bad_s = bad, bad * work.mean
        bad_square = bad * (work.variance + work.mean**2)
        sound = 1.0
        for way in self.ways:
            per_message = way.per_message(tick)
            number = float(per_message) * batch
            way.reached = good
            way.delay = time.ends(tick_s)
            if number <= 0.0:
                continue
            fate = way.flow.fate(waits=way.call.waits)
            took = fate.ok
            if fate.lost > 0.0:
                if partial:
                    # Who fails has taken his time too, and the next message is waiting for that.
                    sound *= _all_good(fate.lost, float(per_message))
                    took = fate.ok.or_else(fate.sorry, fate.lost)
                else:
                    kept = _all_good(fate.lost, number)
                    failing = good * (1.0 - kept)
                    at = time.mean + fate.sorry.mean + max(0.0, number - 1.0) / 2 * fate.ok.mean
                    bad_mass += failing
                    bad_s += failing * at
                    bad_square += failing * (at * at + time.variance + fate.sorry.variance)
                    good *= kept
            if way.call.waits or took.mean:
                mean = number * took.mean
                # A number of calls that is no whole one is sometimes one more.
                part = number - math.floor(number)
                more = part * (1.0 - part) * took.mean**2
                time = time.plus(Law.with_variance(mean, number * took.variance + more))
        sorry = NOTHING
        if bad_mass > 0.0:
            mean = bad_s / bad_mass
            sorry = Law.with_variance(mean, bad_square / bad_mass - mean * mean)
        return Course(time, bad_mass, sorry, 1.0 - sound)

    def listen(self) -> None:
        """Lets all who come know what to expect."""
        for flow in self.flows:
            flow.listen()

    def demand(self, tick: int) -> None:
        """Counts the tries of a tick, and those that they make of others within it."""
        tries = 0.0
        for flow in self.flows:
            tries += flow.demand(tick)
        self.tries_now = tries
        self.call_now(tick, tries * (1.0 - self.answer.refused) * (1.0 - self.answer.broken))

    def call_now(self, tick: int, admitted: float) -> None:
        """Lets messages go on that come and are called for within the tick."""
        for way in self.ways:
            first, shares = way.delay
            now = 0.0 if first else float(shares[0])
            way.flow.fresh = admitted * way.reached * float(way.per_message(tick)) * now

    def judge(self, _tick: int, /) -> float:
        """Returns the share of the tick's tries that there is no capacity for."""
        return 0.0

    def unsettled(self) -> float:
        """Returns by how much what it makes expect is off, as a share; 0 if it is good enough."""
        return 0.0

    def commit(self, at: At) -> None:
        """Lets a tick or a stretch happen."""
        tries: Amount = 0.0
        admitted: Amount = 0.0
        for flow in self.flows:
            came, taken = flow.commit(at)
            tries = tries + came
            admitted = admitted + taken
        self.happen(at, tries, admitted)
        self.call(at, admitted)

    def happen(self, at: At, tries: Amount, admitted: Amount, /) -> None:
        """Lets what is its own happen."""

    def call(self, at: At, messages: Amount) -> None:
        """Lets admitted messages go on to whom it calls."""
        for way in self.ways:
            calls = messages * way.reached * way.per_message(at)
            row = way.flow.due[0]
            assert row is not None  # noqa: S101
            self.ledger.spread(row, at, calls, way.delay)

    def strained(self, _at: slice, /) -> int | None:
        """Returns the first tick of a stretch at which it is not calm; None if it is throughout.

        Args:
            at: A stretch that has just happened, as if it were calm.
        """
        return None

    def period(self) -> int:
        """Returns after how many ticks it can be as it was, at the earliest."""
        return 1

    def repeats(self) -> bool:
        """Returns whether it can be as it was at all, if nothing changes from outside."""
        return True

    def repeats_until(self, _tick: int, /) -> int:
        """Returns until which tick it can go on as it does."""
        return self.ledger.ticks

    def remains(self) -> list[Any]:
        """Returns what is the same a while later, if it repeats itself."""
        return list(self.save().values())

    def piled(self) -> Values:
        """Returns what may grow evenly meanwhile."""
        return np.zeros(0)

    def piles(self) -> list[Values]:
        """Returns the rows of what does."""
        return []

    def repeat(self, ticks: int, more: Values, /) -> None:
        """Lets ticks pass in which it goes on as it did.

        Args:
            ticks: How many.
            more: How much more has piled up.
        """

    def calm(self) -> bool:
        """Returns whether nothing holds it back at the moment."""
        return self.limited < 1e-9

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks = self.ledger.ticks
        series = StationSeries.zeros(ticks)
        in_flight = np.zeros(ticks)
        for flow in self.flows:
            series.arrivals[:] += flow.arrivals[:ticks]
            series.attempts[:] += flow.tries[:ticks]
            series.throttled[:] += flow.throttled[:ticks]
            series.errors[:] += flow.errors[:ticks]
            series.done[:] += flow.done[:ticks]
            series.failed[:] += flow.failed[:ticks]
            series.queued[:] += np.cumsum(flow.again[:ticks])
            in_flight += np.cumsum(flow.taken[:ticks] - flow.ended[:ticks])
        series.in_flight[:] = in_flight
        series.calls[:] = series.attempts - series.throttled
        return series


def stays_s(came: Values, ended: Values, tick_s: float) -> Values:
    """Returns how long those stayed, on the average, who ended in each tick; NaN of none.

    Taken as first come, first served: in whatever order they went, over all ticks the times add up
    to the same, the area between the two curves.

    Args:
        came: How many came in each tick.
        ended: How many ended.
        tick_s: The length of a tick.
    """
    edges = np.arange(len(came) + 1) * tick_s
    entered = np.concatenate([[0.0], np.cumsum(came)])
    left = np.minimum(np.concatenate([[0.0], np.cumsum(ended)]), entered[-1])
    # The integral of the time of coming over who came, up to each tick's end and to who has left.
    until = np.concatenate([[0.0], np.cumsum(came * (edges[1:] + edges[:-1]) / 2)])
    places = np.clip(np.searchsorted(entered, left, side="right") - 1, 0, len(came) - 1)
    beyond = np.minimum(left - entered[places], came[places])
    slope = np.divide(tick_s, came[places], out=np.zeros(len(left)), where=came[places] > 0)
    since = until[places] + beyond * edges[places] + beyond**2 * slope / 2
    gone = np.diff(left)
    total = gone * (edges[1:] + edges[:-1]) / 2 - np.diff(since)
    some = gone > 1e-9
    means = np.maximum(0.0, total) / np.where(some, gone, 1.0)
    return np.where(some, means, np.nan)


def _all_good(lost: float, number: float) -> float:
    if number <= 1.0:
        return 1.0 - lost * number
    return float((1.0 - lost) ** number)


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray | list | dict):
        return value.copy()
    return value
