"""Containers behind a load balancer: a queue, as many servers as slots, and who adds tasks."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hinagata.scenario.rate import DAY_SECONDS
from hinagata.simulator.model import Service
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.law import NOTHING, Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.loss import erlang_b
from hinagata.simulator.tick.place import Course, Place

Values = npt.NDArray[np.float64]

# Shares of the capacity, the closer to all of it the denser.
_SHARES = np.concatenate(
    [np.linspace(0.0, 0.5, 64, endpoint=False), 1 - np.geomspace(0.5, 1e-7, 400)]
)
_CALM = 0.9
# A line is at rest if it changes by no more than that in a tick; a shorter one does not matter.
_STEADY, _FEW = 0.01, 0.01
# With that chance to wait everybody does: the line is one departure after the other.
_ALL_WAIT = 0.98


@lru_cache(maxsize=512)
def waiting_of(servers: float) -> tuple[Values, Values]:
    """Returns the chance to wait, and the mean number waiting, for each of the shares.

    M/M/c: Erlang's C, and C rho / (1 - rho).

    Args:
        servers: How many there are, above 0.
    """
    loads = servers * _SHARES
    blocked = np.zeros_like(loads)
    some = loads > max(servers * 1e-3, servers - 11.0 * math.sqrt(servers))
    blocked[some] = erlang_b(servers, loads[some])
    waits = blocked / (1.0 - _SHARES * (1.0 - blocked))
    return waits, waits * _SHARES / (1.0 - _SHARES)


class ServicePlace(Place):
    """A load balancer and its tasks.

    The number of requests in it, X, follows `dX/dt = rate - capacity * rho(X)`, with rho the
    utilisation at which a steady queue holds X: exact at rest and in the fluid limit (pointwise
    stationary fluid flow; W.-P. Wang, D. Tipper and S. Banerjee, INFOCOM 1996).
    """

    keeps = (
        "_present",
        "_tasks",
        "_starting",
        "_wanted",
        "_above",
        "_below",
        "_changed_s",
        "_load",
        "_least",
        "_share",
        "_waits",
        "_waiting",
        "_ahead",
        "_strain",
        "_steady",
    )

    def __init__(self, station: Service, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._service = station
        self._present = 0.0
        self._tasks = float(station.tasks)
        # When tasks come into service, and how many.
        self._starting: list[tuple[float, float]] = []
        self._wanted = float(station.tasks)
        self._above = self._below = 0
        self._changed_s = -math.inf
        self._load = 0.0
        self._least: float = station.at_least
        self._share = 0.0
        self._waits = 0.0
        self._waiting = 0.0
        # How many will wait at the end of the tick, where everybody waits.
        self._ahead = 0.0
        self._unsure = 0.0
        self._strain = -1
        self._steady = False
        self._course = Course(NOTHING, 0.0, NOTHING)
        self.wait_law = NOTHING
        self.wait_s = ledger.row()
        self.wait_cv = ledger.row()
        self.waiting = ledger.row()
        self.busy = ledger.row()
        self.tasks = ledger.row()
        self.begun = ledger.row()
        self._edges = _step_times(station)

    def repeats(self) -> bool:
        """Returns whether nothing is going to change its tasks."""
        return self._service.tracking is None and not self._service.steps

    def work(self) -> Law:
        """Returns its own time."""
        return Law.of(self._service.work)

    def facts(self, _tick: int, /) -> None:
        """Returns nothing: it is another one every tick."""

    def expect(self, tick: int, /) -> None:
        """Works out what a request can expect: its wait, and its work."""
        trouble = self.trouble
        bad = 1.0 - (1.0 - trouble.bad) * (1.0 - trouble.poisoned)
        self.own_bad = bad
        course = self._course = self.course(self.work(), bad, tick)
        wait = self._wait()
        self.wait_law = wait
        ok, sorry = wait.plus(course.ok), wait.plus(course.sorry)
        answer, limit = self.answer, self._service.timeout_s
        self.meet()
        late = 1.0 - (1.0 - ok.longer_than(limit)) * (1.0 - trouble.hanging)
        answer.bad = 1.0 - (1.0 - course.bad) * (1.0 - late)
        answer.ok = (ok.at_most(limit) if late < 1.0 else NOTHING).plus(trouble.later)
        if answer.bad > 0.0:
            timed_out = (1.0 - course.bad) * late
            rest = sorry.at_most(limit)
            mean = (timed_out * limit if timed_out else 0.0) + course.bad * rest.mean
            mean /= answer.bad
            square = course.bad * (rest.variance + rest.mean**2)
            square += timed_out * limit**2 if timed_out else 0.0
            answer.sorry = Law.with_variance(mean, square / answer.bad - mean * mean)

    def note(self, at: At) -> None:
        """Writes down what a try met, its wait too."""
        super().note(at)
        self.ledger.put(self.wait_s, at, self.wait_law.mean)
        self.ledger.put(self.wait_cv, at, self.wait_law.cv)

    def _hold_s(self) -> float:
        """How long a request occupies a slot, on the average."""
        course, hanging = self._course, self.trouble.hanging
        held = (1.0 - course.bad) * course.ok.mean + course.bad * course.sorry.mean
        if hanging:
            held = (1.0 - hanging) * held + hanging * min(self._service.timeout_s, 86_400.0)
        return held

    def _wait(self) -> Law:
        slots = self._tasks * self._service.slots
        if slots <= 0.0:
            return Law(min(self._service.timeout_s, DAY_SECONDS) * 10.0, 0.0)
        each_s = self._hold_s() / slots
        if self._waits >= _ALL_WAIT or self._ahead > self._waiting:
            # From the line at the tick's beginning to the line at its end.
            mean = (self._waiting + self._ahead) / 2 * each_s
            drift = (self._ahead - self._waiting) * each_s
            return Law.with_variance(mean, drift * drift / 12 + mean * each_s)
        if self._waiting < 1e-9:
            return NOTHING
        mean = self._waiting * each_s / max(self._share, 1e-9)
        # As many as wait at all wait exponentially long.
        square = 2.0 * mean * mean / max(self._waits, 1e-6)
        return Law.with_variance(mean, square - mean * mean)

    def demand(self, tick: int) -> None:
        """Counts the tries of a tick, and those that they make of others when their turn comes."""
        super().demand(tick)
        came = self.tries_now * (1.0 - self.answer.refused) * (1.0 - self.answer.broken)
        _, _, waits, waiting = self._after(came, self._hold_s())
        self.call_now(tick, max(0.0, came + self._waiting - waiting))
        ahead = waiting if max(waits, self._waits) >= _ALL_WAIT else self._waiting
        self._unsure = abs(ahead - self._ahead) / (ahead + 1.0)
        self._ahead = ahead

    def unsettled(self) -> float:
        """Returns by how much of itself the line is other than was expected."""
        return self._unsure if self._unsure > _STEADY else 0.0

    def call(self, at: At, _messages: Amount) -> None:
        """Lets requests go on whose turn has come, for what waits in the line calls nobody."""
        super().call(at, self.begun[at].copy() if isinstance(at, slice) else self.begun.item(at))

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Lets requests come and go, and decides about tasks."""
        start = at if isinstance(at, int) else at.start
        coming = np.atleast_1d(np.asarray(admitted, dtype=float)).tolist()
        if isinstance(at, slice) and len(coming) == 1:
            coming *= at.stop - at.start
        self._strain = -1
        before, share = self._waiting, self._share
        held_s = self._hold_s()
        period = self._period()
        tick, end = start, start + len(coming)
        while tick < end:
            # Up to the next datapoint, as long as nobody has to wait for long.
            stop = min(end, (tick // period + 1) * period)
            if stop - tick < 2 or not self._rest(
                tick, np.array(coming[tick - start : stop - start]), held_s
            ):
                for now in range(tick, stop):
                    self._pass(now, coming[now - start], held_s)
                    self._write(slice(now, now + 1), self._waiting, self._share)
                    if self._share > _CALM and self._strain < 0:
                        self._strain = now
            tick = stop
        # The wait that is expected is that of the tick before.
        changed = abs(self._waiting - before) > _STEADY * (self._waiting + _FEW)
        self._steady = not changed and abs(self._share - share) < _STEADY

    def _period(self) -> int:
        tracking = self._service.tracking
        seconds = 60.0 if tracking is None else tracking.period_s
        return max(1, round(seconds / self.ledger.tick_s))

    def _write(self, at: slice, waiting: Amount, share: Amount) -> None:
        self.ledger.put(self.waiting, at, waiting)
        self.ledger.put(self.busy, at, share * self._tasks * self._service.slots)
        self.ledger.put(self.tasks, at, self._tasks)

    def _rest(self, tick: int, coming: Values, held_s: float) -> bool:
        """Lets ticks pass in which it is at rest, and returns whether it is."""
        service, tick_s = self._service, self.ledger.tick_s
        start_s, end_s = tick * tick_s, (tick + len(coming)) * tick_s
        slots = self._tasks * service.slots
        if slots <= 0.0 or held_s <= 0.0 or self._share > _CALM:
            return False
        if any(when < end_s for when, _ in self._starting) or any(
            (at_s - start_s) % DAY_SECONDS < end_s - start_s + tick_s for at_s, _ in self._edges
        ):
            return False
        shares = coming / tick_s * held_s / slots
        if float(shares.max()) > _CALM or float(np.abs(np.diff(shares)).max()) > 0.02:
            return False
        waits, numbers = waiting_of(slots)
        in_queue = numbers * (1.0 + self._course.ok.cv**2) / 2
        waiting = np.interp(shares, _SHARES, in_queue)
        at = slice(tick, tick + len(coming))
        self._write(at, waiting, shares)
        self.ledger.put(self.begun, at, coming - np.diff(waiting, prepend=self._waiting))
        self._share, self._waiting = float(shares[-1]), float(waiting[-1])
        self._waits = float(np.interp(self._share, _SHARES, waits))
        self._present = self._share * slots + self._waiting
        self._ahead = self._waiting
        tracking = service.tracking
        if tracking is not None:
            by_busy = tracking.busy_share is not None
            self._load += float(shares.sum()) * slots * tick_s if by_busy else float(coming.sum())
            if int(end_s / tracking.period_s + 1e-9) > int(start_s / tracking.period_s + 1e-9):
                self._track(end_s)
        return True

    def _pass(self, tick: int, came: float, held_s: float) -> None:
        service, tick_s = self._service, self.ledger.tick_s
        now = tick * tick_s
        self._scale_by_clock(now)
        if self._starting and self._starting[0][0] <= now + 1e-9:
            due = [count for when, count in self._starting if when <= now + 1e-9]
            self._starting = [each for each in self._starting if each[0] > now + 1e-9]
            self._tasks += sum(due)
        slots = self._tasks * service.slots
        before = self._waiting
        self._present, self._share, self._waits, self._waiting = self._after(came, held_s)
        self.ledger.put(self.begun, tick, max(0.0, came + before - self._waiting))
        # It goes on as it went.
        more = self._waiting - before if self._waits >= _ALL_WAIT else 0.0
        self._ahead = max(0.0, self._waiting + more)
        tracking = service.tracking
        if tracking is None:
            return
        busy = self._share * slots
        self._load += busy * tick_s if tracking.busy_share is not None else came
        after = now + tick_s
        if int(after / tracking.period_s + 1e-9) > int(now / tracking.period_s + 1e-9):
            self._track(after)

    def _after(self, came: float, held_s: float) -> tuple[float, float, float, float]:
        """Returns what there is after a tick: requests, utilisation, chance to wait, waiting."""
        slots = self._tasks * self._service.slots
        if slots <= 0.0:
            there = self._present + came
            return there, 0.0, there, there
        if held_s <= 0.0:
            return 0.0, 0.0, 0.0, 0.0
        waits, numbers = waiting_of(slots)
        in_queue = numbers * (1.0 + self._course.ok.cv**2) / 2
        served = self.ledger.tick_s * slots / held_s
        # A tick's end from its beginning, however short the work is against it.
        ends = slots * _SHARES + in_queue + served * _SHARES
        there = self._present + came
        if there >= ends[-1]:
            return there - served, 1.0, 1.0, there - served - slots
        share = float(np.interp(there, ends, _SHARES))
        return (
            there - served * share,
            share,
            float(np.interp(share, _SHARES, waits)),
            float(np.interp(share, _SHARES, in_queue)),
        )

    def _track(self, now: float) -> None:
        """Takes a datapoint, and grows or shrinks."""
        service = self._service
        tracking = service.tracking
        assert tracking is not None  # noqa: S101
        tasks = max(self._tasks, 1e-9)
        if tracking.busy_share is not None:
            load = self._load / tracking.period_s / (tasks * service.slots)
            target = tracking.busy_share
        else:
            load = self._load * 60.0 / tracking.period_s / tasks
            target = tracking.requests_per_task_per_min or math.inf
        self._load = 0.0
        self._above = self._above + 1 if load > target else 0
        self._below = self._below + 1 if load < 0.9 * target else 0
        asked = math.ceil(tasks * load / target - 1e-9)
        desired = min(service.at_most, max(self._least, asked))
        if self._above >= tracking.above and desired > self._wanted:
            self._grow(now, desired)
        elif (
            self._below >= tracking.below
            and now - self._changed_s >= tracking.cooldown_s
            and desired < self._wanted
        ):
            self._wanted = self._tasks = float(desired)
            self._starting = []
            self._changed_s = now

    def _grow(self, now: float, desired: float) -> None:
        self._starting = [
            *self._starting,
            (now + self._service.start_s, desired - self._wanted),
        ]
        self._wanted = float(desired)
        self._changed_s = now

    def _scale_by_clock(self, now: float) -> None:
        for at_s, least in self._edges:
            if abs((now - at_s) % DAY_SECONDS) < self.ledger.tick_s - 1e-9:
                self._least = least
                if least > self._wanted:
                    self._grow(now, least)

    def kill(self, tick: int) -> None:
        """Takes a task out of service; another one starts for it."""
        if self._tasks > 0.0:
            lost = min(1.0, self._tasks)
            self._present *= 1.0 - lost / self._tasks
            self._tasks -= lost
            when = tick * self.ledger.tick_s + self._service.start_s
            self._starting = sorted([*self._starting, (when, lost)])

    def strained(self, _at: slice, /) -> int | None:
        """Returns the first tick at which it is busier than a steady queue bears."""
        return self._strain if self._strain >= 0 else None

    def calm(self) -> bool:
        """Returns whether nothing holds it back at the moment."""
        return self._share < _CALM - 0.02 and self._steady

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks, tick_s = self.ledger.ticks, self.ledger.tick_s
        series = super().series()
        series.busy[:] = self.busy[:ticks]
        series.capacity[:] = self.tasks[:ticks]
        series.billed_s[:] = self.tasks[:ticks] * tick_s
        return series


def _step_times(service: Service) -> tuple[tuple[float, float], ...]:
    return tuple((step.at_s, step.at_least) for step in service.steps)
