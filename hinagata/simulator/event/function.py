"""Lambda functions: environments, what limits them, and what they do."""

from __future__ import annotations

import math
from bisect import bisect_left
from heapq import heappush
from typing import Any

from hinagata.scenario.fault import Inject
from hinagata.simulator.draws import durations, uniform
from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.node import (
    FAILED,
    OK,
    REFUSED,
    Answer,
    BatchAnswer,
    Entry,
    Message,
    Node,
    World,
    is_poison,
)
from hinagata.simulator.event.pool import Pool, places
from hinagata.simulator.model import Account, Disturbance, Function, Work
from hinagata.simulator.outcome import StationSeries

# What is noted of an invocation that makes calls for one message: its deadline, the message, whom
# to tell, about what.
DEADLINE, MESSAGE, WHOM, WHAT = range(4)
# What is noted of one that may fail on its own, or has a batch: its deadline, the code that it
# runs, whether it fails as a whole, whether its environment survives it, its entries, which of them
# it is at, those that failed, whether the others count, whom to tell (None is the channel), about
# what.
_, VERSION, FAILS, LIVES, ENTRIES, AT, BAD, PARTIAL, TOLD, ABOUT = range(10)


NO_WORK = Work(mean_s=0.0)
# What goes wrong within an invocation.
_WITHIN = frozenset({Inject.SLOW, Inject.RAISE, Inject.CRASH, Inject.HANG, Inject.POISON})


class FunctionNode(Node):
    """A function, its environments, and its share of the account."""

    # A slow function holds its place for as long.
    inside = frozenset({Inject.SLOW})

    __slots__ = (
        "_allowance",
        "_busy",
        "_caller_deadlines",
        "_calls_only",
        "_cold_start",
        "_deadlines",
        "_draw",
        "_entered",
        "_fails",
        "_faults",
        "_finish_act",
        "_full",
        "_function",
        "_idle",
        "_keep_alive",
        "_left",
        "_made_act",
        "_made_calls_act",
        "_make",
        "_overrun_act",
        "_per_message",
        "_plain",
        "_pool",
        "_provisioned",
        "_rate",
        "_timeout",
        "_updated",
        "_version",
        "_work",
        "_worked_act",
        "calls",
    )

    def __init__(self, function: Function, world: World, account: Account, pool: Pool) -> None:
        super().__init__(function, world)
        self._function = function
        self._work = durations(function.work, world.draws(self.name, "work"))
        self._per_message = function.per_message and durations(
            function.per_message, world.draws(self.name, "per message")
        )
        self._cold_start = durations(
            function.cold_start or NO_WORK, world.draws(self.name, "cold start")
        )
        self._draw = uniform(world.draws(self.name, "faults"))
        self._keep_alive = float(function.keep_alive_s)
        self._provisioned = math.floor(function.provisioned)
        self._fails = function.fails
        limit = math.inf if function.reserved is None else function.reserved
        self._full = places(limit)
        self.closed = self._full < 1
        # What is neither reserved nor free of the account comes out of what all share.
        shares = function.in_account and function.reserved is None
        self._pool = pool if shares else None
        self._rate: Bucket | None = None
        self._allowance: Bucket | None = None
        if function.in_account:
            per_s = account.requests_per_slot * limit
            self._rate = pool.rate if shares else Bucket(per_s, per_s)
            self._allowance = Bucket(account.scale_per_s, account.scale_at_once)
        self._busy = 0
        # Since when each idle environment is: the last one to become so is the first one taken, so
        # the list is in the order of time.
        self._idle: list[float] = []
        self._version = 0
        self._faults: list[Disturbance] = []
        self._plain = True
        self._calls_only = False
        self.calls = Calls((), self._draw)
        self._updated = False
        self._timeout = float(function.timeout_s)
        self._make = self.calls.make
        self._deadlines: Deadlines | None = None
        self._caller_deadlines: Deadlines | None = None
        self._entered = self.ledger.entered
        self._left = self.ledger.left
        self._finish_act = self._finish
        self._overrun_act = self._overrun
        self._worked_act = self._worked
        self._made_act = self._make_calls
        self._made_calls_act = self._made_calls

    def connect(self, calls: Calls, *, updated: bool) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
            updated: Whether its code will be updated.
        """
        self.calls = calls
        self._updated = updated
        self._make = calls.make
        if calls and self._timeout < math.inf:
            calendar = self.world.calendar
            self._deadlines = Deadlines(calendar, self._timeout, self._expired)
            self._caller_deadlines = Deadlines(calendar, self._timeout, self._caller_expired)
        self._judge()

    def offer(
        self, t: float, message: Message, since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Invokes the function for one message: see `Node.offer`."""
        if self.closed:
            return REFUSED
        start = self._enter(t)
        if start is None:
            return REFUSED
        work = next(self._work)
        if self._plain:
            act = self._finish_act
            if work > self._timeout:
                work = self._timeout
                act = self._overrun_act
            heappush(self._heap, (t + start + work, next(self._tickets), act, (answer, about)))
            return None
        if self._calls_only:
            wait = [math.inf, message, answer, about]
            deadlines = self._caller_deadlines
            if deadlines is not None:
                # Deadlines end in the order in which they begin, which a start upsets.
                if start or work > self._timeout:
                    wait[DEADLINE] = t + start + self._timeout
                    self.world.calendar.at(wait[DEADLINE], self._caller_overrun, wait)
                else:
                    deadlines.watch(t, wait)
            heappush(self._heap, (t + start + work, next(self._tickets), self._made_act, wait))
            return None
        if self._per_message:
            work += next(self._per_message)
        self._begin(t, start, work, [[since, message]], answer, about, partial=False)
        return None

    def offer_batch(
        self, t: float, entries: list[Entry], told: BatchAnswer, about: Any, *, partial: bool
    ) -> int | None:
        """Invokes the function for a channel's batch: see `SendBatch`."""
        ledger = self.ledger
        ledger.came.extend((t, float(len(entries))))
        ledger.tried.extend((t, 1.0))
        start = None if self.closed else self._enter(t)
        if start is None:
            ledger.refused.append(t)
            for _ in entries:
                ledger.failed.extend((t, t))
            return REFUSED
        work = next(self._work)
        if self._per_message:
            work += sum(next(self._per_message) for _ in entries)
        self._begin(t, start, work, entries, None, (t, told, about), partial=partial)
        return None

    def sample(self, tick: int, t: float, /) -> None:
        """Notes how many environments live: see `Node.sample`."""
        idle = self._idle
        del idle[: bisect_left(idle, t - self._keep_alive)]
        self.ledger.capacity[tick] = max(self._busy + len(idle), self._provisioned)

    def series(self) -> StationSeries:
        """Returns what happened here; every second that an environment is busy is billed."""
        series = super().series()
        series.billed_s[:] = series.busy * self.world.clock.lengths
        return series

    def disturb(self, disturbance: Disturbance, _t: float, /, *, begins: bool) -> None:
        """Begins or ends what goes wrong inside the function: see `Node.disturb`."""
        if disturbance.inject == Inject.UPDATE:
            if begins:
                self._version += 1
                self._idle.clear()
        elif disturbance.inject in _WITHIN:
            if begins:
                self._faults.append(disturbance)
            elif disturbance.inject != Inject.POISON:
                self._faults.remove(disturbance)
            self._judge()

    def _judge(self) -> None:
        """Decides whether an invocation is just a time, or that and its calls: the short ways."""
        simple = not (self._faults or self._fails or self._per_message or self._updated)
        self._plain = simple and not self.calls
        self._calls_only = simple and bool(self.calls)

    def _enter(self, t: float) -> float | None:
        """Occupies a place that is free; returns how long it takes to start, or None if refused."""
        busy = self._busy
        pool = self._pool if busy >= self._provisioned else None
        if pool is not None and pool.busy >= pool.limit:
            return None
        rate = self._rate
        if rate is not None and not rate.take(t):
            return None
        idle = self._idle
        start: float | None = 0.0
        if idle and idle[-1] + self._keep_alive >= t:
            idle.pop()
        elif busy >= self._provisioned:
            start = self._start_environment(t)
            if start is None:
                return None
        if pool is not None:
            pool.busy += 1
        self._busy = busy + 1
        self.closed = busy + 1 >= self._full
        self._entered.append(t)
        return start

    def _start_environment(self, t: float) -> float | None:
        """Starts an environment; returns how long that takes, or None if it is not allowed to."""
        # If the one used last is too old, so are all.
        self._idle.clear()
        allowance = self._allowance
        if allowance is not None and not allowance.take(t):
            if self._rate is not None:
                self._rate.give_back()
            return None
        self.ledger.cold.append(t)
        return next(self._cold_start)

    def _finish(self, t: float, whom: tuple[Answer, Any]) -> None:
        """Ends an invocation that is just a time: the hottest of all, hence `_leave` once more."""
        busy = self._busy
        if self._pool is not None and busy > self._provisioned:
            self._pool.busy -= 1
        self._busy = busy - 1
        self.closed = False
        self._left.append(t)
        self._idle.append(t)
        whom[0](t, whom[1], OK)

    def _overrun(self, t: float, whom: tuple[Answer, Any]) -> None:
        """Ends an invocation that is just a time, and too long a one."""
        self._leave(t)
        self._idle.append(t)
        whom[0](t, whom[1], FAILED)

    def _make_calls(self, t: float, wait: list[Any]) -> None:
        """Makes the calls for the one message of an invocation."""
        if wait[DEADLINE] != OVER:
            make = self._make
            result = make(t, wait[MESSAGE], self._made_calls_act, wait)
            if result is not None:
                self._made_calls(t, wait, result)

    def _made_calls(self, t: float, wait: list[Any], result: int) -> None:
        if wait[DEADLINE] != OVER:
            wait[DEADLINE] = OVER
            self._leave(t)
            self._idle.append(t)
            wait[WHOM](t, wait[WHAT], FAILED if result else OK)

    def _caller_overrun(self, t: float, wait: list[Any]) -> None:
        self._made_calls(t, wait, FAILED)

    def _caller_expired(self, t: float, wait: list[Any]) -> None:
        wait[DEADLINE] = math.inf
        self._made_calls(t, wait, FAILED)

    def _leave(self, t: float) -> None:
        busy = self._busy
        if self._pool is not None and busy > self._provisioned:
            self._pool.busy -= 1
        self._busy = busy - 1
        self.closed = False
        self._left.append(t)

    def _begin(
        self,
        t: float,
        start: float,
        work: float,
        entries: list[Entry],
        told: Answer | None,
        about: Any,
        *,
        partial: bool,
    ) -> None:
        """Begins an invocation that may fail, or call others."""
        lives = True
        fails = False if partial or not self._fails else next(self._draw) < self._fails
        for fault in self._faults:
            if fault.inject != Inject.POISON and next(self._draw) < fault.share:
                if fault.inject == Inject.SLOW:
                    work += fault.delay_s
                    continue
                if fault.inject == Inject.HANG:
                    work = math.inf
                fails = True
                lives = lives and fault.inject != Inject.CRASH
        version = self._version
        invocation = [math.inf, version, fails, lives, entries, 0, [], partial, told, about]
        begun = t + start
        if work > self._timeout:
            self.world.calendar.at(begun + self._timeout, self._expire_alone, invocation)
            return
        if self._deadlines is not None and not fails:
            if start:
                self.world.calendar.at(begun + self._timeout, self._expire_alone, invocation)
            else:
                self._deadlines.watch(t, invocation)
        heappush(self._heap, (begun + work, next(self._tickets), self._worked_act, invocation))

    def _worked(self, t: float, invocation: list[Any]) -> None:
        if invocation[DEADLINE] != OVER:
            if invocation[FAILS]:
                self._end(t, invocation, FAILED)
            else:
                self._go_on(t, invocation)

    def _go_on(self, t: float, invocation: list[Any]) -> None:
        """Makes the calls for one message after the other, until one fails that counts for all."""
        if not (self.calls or self._faults or (invocation[PARTIAL] and self._fails)):
            self._end(t, invocation, OK)
            return
        entries = invocation[ENTRIES]
        while invocation[AT] < len(entries):
            entry = entries[invocation[AT]]
            result: int | None = OK
            if self._is_bad(entry, partial=invocation[PARTIAL]):
                result = FAILED
            elif self.calls:
                result = self.calls.make(t, entry[1], self._called, invocation)
            if result is None:
                return
            if self._note(invocation, result):
                break
        self._end(t, invocation, FAILED if invocation[BAD] and not invocation[PARTIAL] else OK)

    def _is_bad(self, entry: Entry, *, partial: bool) -> bool:
        """Returns whether a message fails by itself."""
        if partial and self._fails and next(self._draw) < self._fails:
            return True
        return any(
            fault.inject == Inject.POISON and is_poison(fault, entry[1]) for fault in self._faults
        )

    def _called(self, t: float, invocation: list[Any], result: int) -> None:
        if invocation[DEADLINE] == OVER:
            return
        if self._note(invocation, result):
            self._end(t, invocation, FAILED)
        else:
            self._go_on(t, invocation)

    @staticmethod
    def _note(invocation: list[Any], result: int) -> bool:
        """Notes how a message ended, and returns whether that ends the invocation."""
        if result:
            invocation[BAD].append(invocation[ENTRIES][invocation[AT]])
        invocation[AT] += 1
        return bool(result) and not invocation[PARTIAL]

    def _expire_alone(self, t: float, invocation: list[Any]) -> None:
        if invocation[DEADLINE] != OVER:
            self._end(t, invocation, FAILED)

    def _expired(self, t: float, invocation: list[Any]) -> None:
        self._end(t, invocation, FAILED)

    def _end(self, t: float, invocation: list[Any], result: int) -> None:
        invocation[DEADLINE] = OVER
        self._leave(t)
        if invocation[LIVES] and invocation[VERSION] == self._version:
            self._idle.append(t)
        if invocation[TOLD] is None:
            self._tell_channel(t, invocation, result)
        else:
            invocation[TOLD](t, invocation[ABOUT], result)

    def _tell_channel(self, t: float, invocation: list[Any], result: int) -> None:
        entries = invocation[ENTRIES]
        since, told, about = invocation[ABOUT]
        bad = entries if result else invocation[BAD]
        ledger = self.ledger
        if not bad:
            ledger.done.extend(
                [value for entry in entries for value in (since, t, entry[1][0], entry[1][1])]
            )
            told(t, about, bad)
            return
        if len(bad) == len(entries):
            ledger.errors.append(t)
        failed = set(map(id, bad))
        for entry in entries:
            if id(entry) in failed:
                ledger.failed.extend((since, t))
            else:
                ledger.done.extend((since, t, *entry[1][:2]))
        told(t, about, bad)
