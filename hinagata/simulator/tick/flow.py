"""The tries of one caller at one station, by how often they were tried before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Retry
from hinagata.simulator.tick.law import (
    NOTHING,
    NOW,
    Kernel,
    Law,
    constant_wait,
    uniform_wait,
)
from hinagata.simulator.tick.ledger import Amount, At, Ledger

Values = npt.NDArray[np.float64]

# More tries than that are all as the last one, and never end.
_MOST_CLASSES = 40


@dataclass
class Answer:
    """What a try can expect of a station at the moment.

    Attributes:
        refused: The share of tries that are refused at once.
        by_class: The same by how often they were tried before, where that matters.
        broken: The share of the others that fail at once, before the station knows of them.
        bad: The share of the admitted that fail.
        ok: The time until a good answer.
        sorry: The time until a bad one.
    """

    refused: float = 0.0
    by_class: tuple[float, ...] = ()
    broken: float = 0.0
    bad: float = 0.0
    ok: Law = NOTHING
    sorry: Law = NOTHING


class Fate(NamedTuple):
    """What a call comes to, with all its tries.

    Attributes:
        lost: The share that fails in the end.
        ok: The time until it succeeds.
        sorry: The time until it is given up.
    """

    lost: float
    ok: Law
    sorry: Law


def wait_s(retry: Retry, number: int) -> float:
    """Returns how long the wait after a try is at most; the first try is number 0."""
    if retry.waits_s:
        return retry.waits_s[min(number, len(retry.waits_s) - 1)]
    # Beyond that it is longer than anything.
    return min(retry.cap_s, retry.base_s * retry.factor ** min(number, 500))


def jittered(retry: Retry) -> bool:
    """Returns whether waits are drawn from 0 to what they would be."""
    return retry.jitter and not retry.waits_s


class Flow:
    """The tries of one caller at one station.

    Attributes:
        answer: What the station gives; shared with it.
        due: Tries that come, by how often they were tried before.
        arrivals: Messages that came.
        tries: All tries.
        throttled: Tries that were refused.
        errors: Tries that failed otherwise.
        done: Messages that ended well.
        failed: Messages that were given up.
        taken: Tries that the station took, and works on.
        ended: Tries of those that came to an end, for who sent them.
        again: Messages that wait for another try, less those whose wait is over.
        fresh: Messages that come from calls of the tick that is looked at.
        classes: Tries of that tick, by how often they were tried before.
    """

    def __init__(
        self,
        ledger: Ledger,
        answer: Answer,
        *,
        retry: Retry,
        timeout_s: float = math.inf,
        latency_s: float = 0.0,
    ) -> None:
        self._ledger = ledger
        self.answer = answer
        self.retry = retry
        self.timeout_s = timeout_s
        self.latency_s = latency_s
        self.last = min(retry.retries, _MOST_CLASSES)
        self.endless = retry.retries > _MOST_CLASSES
        self.due: list[Values | None] = [ledger.row()] + [None] * self.last
        self._failing: list[Values | None] = [None] * (self.last + 1)
        self.arrivals = ledger.row()
        self.tries = ledger.row()
        self.throttled = ledger.row()
        self.errors = ledger.row()
        self.done = ledger.row()
        self.failed = ledger.row()
        self.taken = ledger.row()
        self.ended = ledger.row()
        self.again = ledger.row()
        self.fresh = 0.0
        self.classes: list[float] = []
        self._waits = [self._wait(number) for number in range(self.last + 1)]
        self._means = [self._mean_wait(number) for number in range(self.last + 1)]
        self._now = [float(wait.shares[0]) if wait.first == 0 else 0.0 for wait in self._waits]
        self.refused = self.bad = 0.0
        self.ok = self.sorry = NOTHING
        self._known: tuple[object, ...] = ()
        self._ok_ends = self._sorry_ends = NOW
        self._sorry_now = 1.0

    def listen(self) -> None:
        """Takes over what the station answers at the moment."""
        answer = self.answer
        self.refused = answer.refused
        known = (answer.broken, answer.bad, answer.ok, answer.sorry)
        if known == self._known:
            return
        self._known = known
        way = Law(self.latency_s, 0.0)
        ok, sorry = answer.ok.plus(way), answer.sorry.plus(way)
        if self.timeout_s == math.inf:
            self.bad, self.ok, self.sorry = answer.bad, ok, sorry
        else:
            late, late_sorry = ok.longer_than(self.timeout_s), sorry.longer_than(self.timeout_s)
            good = (1.0 - answer.bad) * (1.0 - late)
            self.bad = 1.0 - good if late or answer.bad else 0.0
            self.ok = ok.at_most(self.timeout_s) if late < 1.0 else NOTHING
            limit = self.timeout_s
            timed_out = (1.0 - answer.bad) * late
            if self.bad > 0.0:
                rest = sorry.at_most(limit) if late_sorry else sorry
                mean = (timed_out * limit + answer.bad * rest.mean) / self.bad
                square = timed_out * limit**2 + answer.bad * (rest.variance + rest.mean**2)
                self.sorry = Law.with_variance(mean, square / self.bad - mean**2)
            else:
                self.sorry = sorry
        if answer.broken > 0.0:
            bad = answer.broken + (1.0 - answer.broken) * self.bad
            worked = 1.0 - answer.broken / bad
            mean = worked * self.sorry.mean + (1.0 - worked) * self.latency_s
            square = worked * (self.sorry.variance + self.sorry.mean**2)
            square += (1.0 - worked) * self.latency_s**2
            self.bad, self.sorry = bad, Law.with_variance(mean, square - mean * mean)
        self._ok_ends = self.ok.ends(self._ledger.tick_s)
        self._sorry_ends = self.sorry.ends(self._ledger.tick_s)
        self._sorry_now = float(self._sorry_ends.shares[0]) if not self._sorry_ends.first else 0.0

    def demand(self, tick: int) -> float:
        """Returns how many tries there are in a tick, those among them that are tried again in it.

        Args:
            tick: Which.
        """
        by_class = self.answer.by_class
        fails = (1.0 - self.refused) * self.bad * self._sorry_now
        again = self.refused + fails
        total = 0.0
        tries = self.fresh
        self.classes = classes = []
        for number, due in enumerate(self.due):
            if due is not None:
                tries += due.item(tick)
            classes.append(tries)
            total += tries
            if by_class:
                refused = by_class[min(number, len(by_class) - 1)]
                again = refused + (1.0 - refused) * self.bad * self._sorry_now
            tries *= again * self._now[number]
        return total

    def fate(self, *, waits: bool) -> Fate:
        """Returns what a call comes to for its caller.

        Args:
            waits: Whether the caller waits for the answer, or is told only of a refusal.
        """
        refused = self.refused
        if waits:
            fails, ok, sorry = refused + (1.0 - refused) * self.bad, self.ok, self.sorry
        else:
            fails, ok, sorry = refused, Law(self.latency_s, 0.0), NOTHING
        if fails <= 0.0:
            return Fate(0.0, ok, sorry)
        # A refusal takes no time, a failure does.
        failing_s = sorry.mean * (fails - refused) / fails + self.latency_s * refused / fails
        lost = fails ** (self.last + 1) if not self.endless else 0.0
        mean = square = waited = 0.0
        spread = 0.0
        chance = 1.0
        for number in range(self.last + 1):
            took = number * failing_s + waited
            mean += chance * took
            square += chance * (took * took + spread)
            chance *= fails
            waited += self._means[number]
            if jittered(self.retry):
                spread += self._means[number] ** 2 / 3.0
        good = 1.0 - lost
        total = mean * (1.0 - fails) / good if good > 1e-12 else 0.0
        second = square * (1.0 - fails) / good if good > 1e-12 else 0.0
        more = Law.with_variance(total, second - total * total)
        given_up = Law.with_variance(
            (self.last + 1) * failing_s + waited - self._means[self.last], spread
        )
        return Fate(lost, ok.plus(more), given_up)

    def commit(self, at: At) -> tuple[Amount, Amount]:
        """Lets the tries of a tick or a stretch happen, and returns them and the admitted ones.

        Args:
            at: When.
        """
        ledger = self._ledger
        total: Amount = 0.0
        admitted_all: Amount = 0.0
        first = self.due[0]
        assert first is not None  # noqa: S101
        ledger.put(self.arrivals, at, first[at])
        for number in range(self.last + 1):
            due, failing = self.due[number], self._failing[number]
            if due is None and failing is None:
                continue
            tries = _read(due, at)
            back: Amount = 0.0
            if _some(tries):
                by_class = self.answer.by_class
                share = by_class[min(number, len(by_class) - 1)] if by_class else self.refused
                back = tries * share
                admitted = tries - back
                total = total + tries
                admitted_all = admitted_all + admitted
                bad = admitted * self.bad
                ok = admitted - bad
                ledger.spread(self.done, at, ok, self._ok_ends)
                ledger.spread(self.ended, at, ok, self._ok_ends)
                if number:
                    ledger.add(self.again, at, -tries)
                if self.bad > 0.0:
                    ledger.spread(self._failing_row(number), at, bad, self._sorry_ends)
                    failing = self._failing[number]
            failed = _read(failing, at)
            if _some(failed):
                ledger.add(self.errors, at, failed)
                ledger.add(self.ended, at, failed)
                back = back + failed
            if _some(back):
                self._go_on(number, at, back)
        ledger.put(self.tries, at, total)
        ledger.put(self.taken, at, admitted_all)
        ledger.put(self.throttled, at, total - admitted_all)
        return total, admitted_all * (1.0 - self.answer.broken)

    def _go_on(self, number: int, at: At, back: Amount) -> None:
        ledger = self._ledger
        if number == self.last and not self.endless:
            ledger.add(self.failed, at, back)
            return
        following = min(number + 1, self.last)
        if self.due[following] is None:
            self.due[following] = ledger.row()
        row = self.due[following]
        assert row is not None  # noqa: S101
        ledger.add(self.again, at, back)
        ledger.spread(row, at, back, self._waits[number])

    def _failing_row(self, number: int) -> Values:
        row = self._failing[number]
        if row is None:
            row = self._failing[number] = self._ledger.row()
        return row

    def _wait(self, number: int) -> Kernel:
        longest = wait_s(self.retry, number)
        if jittered(self.retry):
            return uniform_wait(longest, self._ledger.tick_s)
        return constant_wait(longest, self._ledger.tick_s)

    def _mean_wait(self, number: int) -> float:
        longest = wait_s(self.retry, number)
        return longest / 2 if jittered(self.retry) else longest


def _read(row: Values | None, at: At) -> Amount:
    if row is None:
        return 0.0
    return row.item(at) if isinstance(at, int) else row[at].copy()


def _some(amount: Amount) -> bool:
    return bool(amount) if isinstance(amount, float) else bool(np.any(amount))
