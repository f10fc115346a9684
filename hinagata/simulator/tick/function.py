"""Lambda functions, and the pool of places that they share in an account."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Account, Function
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick import loss
from hinagata.simulator.tick.flow import Answer, Flow
from hinagata.simulator.tick.law import NOTHING, Kernel, Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.place import Course, Place
from hinagata.simulator.tick.warm_pool import WarmPool

Values = npt.NDArray[np.float64]

# A pool that grows while its environments start is looked at so often: an environment that starts
# is busy, and what comes meanwhile needs another one.
_FINE_S, _MOST_FINE = 0.02, 50
# Starts shorter than that do not feed on themselves.
_SHORT_START_S = 0.1
# How far ahead starts are followed, in ticks.
_AHEAD = 64
# With more starts than that, of its invocations and a second, a pool grows.
_GROWS, _FEW = 0.005, 0.2
_LACKING = 0.5


class Invoker:
    """A channel that invokes a function with batches.

    Attributes:
        partial: Whether only the messages that failed come back.
        batch: Messages of a batch, on the average, at the moment.
        batches: Batches that are begun.
        messages: Messages in them.
        answer: What a batch can expect.
        course: How the work on it goes.
        spoilt: The share of the messages of a batch taken that fail, whether it does or not.
        turned_away: The share of messages that are in batches refused.
        wholly: The share of batches taken of which all messages fail, one by one.
        batches_now: Batches of the tick that is looked at.
        following: Those of them that begin as one of its own ends, and find its place free.
        gap_s: For how long it is.
        most: The most batches at once.
        each_s: What each message adds to a batch's time.
        flow: The messages one by one, if the station knows no batches.
    """

    def __init__(self, ledger: Ledger, *, partial: bool) -> None:
        self.partial = partial
        self.batch = 1.0
        self.batches = ledger.row()
        self.messages = ledger.row()
        self.refused = ledger.row()
        self.done = ledger.row()
        self.failed = ledger.row()
        self.errors = ledger.row()
        self.broken = ledger.row()
        self.answer = Answer()
        self.course = Course(NOTHING, 0.0, NOTHING)
        self.spoilt = self.wholly = self.turned_away = 0.0
        self.turned_back = ledger.row()
        self.batches_now = self.following = self.gap_s = 0.0
        self.most = math.inf
        self.each_s = 0.0
        self.flow: Flow | None = None


class FunctionPlace(Place):
    """A Lambda function.

    Attributes:
        invokers: The channels that invoke it.
        held: Places that are taken, as a mean over each tick, by what was admitted until now.
        starting: What starts add to that.
        cold: Environments started.
        pool: What it shares; None if it has its own places.
        limit: Its own places.
        own_refused: What it refuses in this tick, but for the pool.
    """

    keeps = ("_warm_saved", "_allowance", "_cold_share", "_fine", "_growing", "_requests")

    def __init__(self, station: Function, ledger: Ledger, account: Account) -> None:
        super().__init__(station, ledger)
        self._function = station
        self._account = account
        self.invokers: list[Invoker] = []
        self.held = ledger.row()
        self.starting = ledger.row()
        self.cold = ledger.row()
        self._size = ledger.row()
        self.pool: Pool | None = None
        self.own_refused = 0.0
        self.limit = math.inf if station.reserved is None else float(station.reserved)
        self._work = Law.of(station.work)
        self._each = Law.of(station.per_message)
        self._start = Law.of(station.cold_start)
        self._warm = WarmPool(station.keep_alive_s, station.provisioned, ledger.tick_s)
        self._allowance = account.scale_at_once if station.in_account else math.inf
        self._cold_share = self._started_now = 0.0
        self._growing = False
        self._fine_ticks = max(1, min(_MOST_FINE, round(ledger.tick_s / _FINE_S)))
        self._fine = np.zeros((2, 0))
        # Requests a second: a bucket of its own if it has its own places.
        self._requests = math.inf
        if station.in_account and station.reserved is not None:
            self._requests = station.reserved * account.requests_per_slot
        self._most_requests = self._requests
        self._course = Course(NOTHING, 0.0, NOTHING)
        self._holds: tuple[tuple[float, Kernel], ...] = ()
        self._first_hold = self._followed = self._gaps = 0.0

    @property
    def _warm_saved(self) -> tuple[object, ...]:
        return self._warm.save()

    @_warm_saved.setter
    def _warm_saved(self, saved: tuple[object, ...]) -> None:
        self._warm.load(saved)

    def period(self) -> int:
        """Returns after how many ticks its pool looks back anew."""
        return round(self._warm.row_s / self.ledger.tick_s)

    def remains(self) -> list[Any]:
        """Returns what is the same a while later: see `Place.remains`."""
        kept = self._warm.known()
        return [kept, self._allowance, self._cold_share, self._growing, self._requests]

    def work(self) -> Law:
        """Returns its own time, for a single message."""
        return self._work.plus(self._each)

    def expect(self, tick: int, /) -> None:
        """Works out what an invocation can expect."""
        station, trouble = self._function, self.trouble
        bad = 1.0 - (1.0 - station.fails) * (1.0 - trouble.bad) * (1.0 - trouble.poisoned)
        self.own_bad = bad
        later = self._cold_start()
        self.meet()
        for invoker in self.invokers:
            size = invoker.batch
            each = Law.with_variance(size * self._each.mean, size * self._each.variance)
            # One that is slow is so inside: its place is held.
            work = self._work.plus(each).plus(trouble.later)
            whole = trouble.bad if invoker.partial else 1.0 - (1.0 - bad) ** max(1.0, size)
            if not invoker.partial and size > 1.0:
                # Its own failures are of the invocation, poison is of a message.
                sound = (1.0 - trouble.poisoned) ** size
                whole = 1.0 - (1.0 - station.fails) * (1.0 - trouble.bad) * sound
            course = self._cut(self.course(work, whole, tick, batch=size, partial=invoker.partial))
            single = 1.0 - (1.0 - station.fails) * (1.0 - trouble.poisoned)
            invoker.course = course
            invoker.answer.refused = self.answer.refused
            invoker.answer.broken = trouble.broken
            invoker.answer.bad = course.bad
            invoker.answer.ok = course.ok.plus(later)
            invoker.answer.sorry = course.sorry.plus(later)
            sound = 1.0 - course.spoilt
            if invoker.partial:
                sound *= 1.0 - single
            invoker.spoilt = 1.0 - (1.0 - course.bad) * sound
            # Each of its messages failed, one by one.
            invoker.wholly = (1.0 - course.bad) * (1.0 - sound) ** size
            invoker.each_s = self._each.mean + sum(
                way.call.messages * way.flow.fate(waits=way.call.waits).ok.mean for way in self.ways
            )
        if self.flows or not self.invokers:
            self._course = self._cut(self.course(self.work().plus(trouble.later), bad, tick))
            self.answer.bad = self._course.bad
            self.answer.ok = self._course.ok.plus(later)
            self.answer.sorry = self._course.sorry.plus(later)

    def facts(self, tick: int, /) -> tuple[object, ...] | None:
        """Returns what it expects by."""
        batches = tuple(invoker.batch for invoker in self.invokers)
        return (super().facts(tick), self._cold_share, batches)

    def _cut(self, course: Course) -> Course:
        """Returns how work goes that ends at the timeout at the latest."""
        limit, hanging = self._function.timeout_s, self.trouble.hanging
        late = course.ok.longer_than(limit)
        if limit == math.inf or (not hanging and late < 1e-12):
            return course
        late_sorry = course.sorry.at_most(limit)
        timed_out = (1.0 - course.bad) * (1.0 - (1.0 - hanging) * (1.0 - late))
        bad = course.bad + timed_out
        mean = (course.bad * late_sorry.mean + timed_out * limit) / bad
        square = course.bad * (late_sorry.variance + late_sorry.mean**2) + timed_out * limit**2
        ok = course.ok.at_most(limit) if late < 1.0 else NOTHING
        return Course(ok, bad, Law.with_variance(mean, square / bad - mean**2), course.spoilt)

    def _cold_start(self) -> Law:
        share, start = self._cold_share, self._start
        if share <= 0.0 or start.mean <= 0.0:
            return NOTHING
        square = share * (start.variance + start.mean**2)
        return Law.with_variance(share * start.mean, square - (share * start.mean) ** 2)

    def demand(self, tick: int) -> None:
        """Counts the tries of a tick, and those that they make of others within it."""
        super().demand(tick)
        through = (1.0 - self.answer.refused) * (1.0 - self.answer.broken)
        calls = self.tries_now * through
        tick_s = self.ledger.tick_s
        fresh = self.tries_now * _first(self._course, tick_s) if self.tries_now else 0.0
        followed = gaps = 0.0
        for invoker in self.invokers:
            batches = invoker.batches_now
            if batches:
                self.tries_now += batches
                calls += batches * invoker.batch * through
                first = _first(invoker.course, tick_s)
                fresh += batches * first
                following = min(batches, invoker.following)
                followed += following * first
                # Who takes the place meanwhile makes him who left it stand back instead.
                gaps += following * invoker.gap_s / tick_s
        if self.invokers:
            self.call_now(tick, calls)
        self._first_hold = fresh
        room = self.top() - self.held.item(tick) - self.starting.item(tick) - gaps
        self._followed = min(followed, max(0.0, room))
        self._gaps = gaps

    def holding(self, tick: int) -> tuple[float, float]:
        """Returns places that are not free, and those that tries of the tick contend for."""
        held = self.held.item(tick) + self.starting.item(tick) + self._followed + self._gaps
        return held, (self._first_hold - self._followed) * self.open_share()

    def contending(self) -> float:
        """Returns the share of the tries that find no place that was just left for them."""
        return 1.0 - self._followed / self._first_hold if self._followed else 1.0

    def judge(self, tick: int, /) -> float:
        """Returns the share refused by what is its own: places, requests, new environments."""
        if self.tries_now <= 0.0:
            return 0.0
        wanted = self.tries_now * self.open_share()
        by_rate = _over(wanted, self._requests_there(self._requests, self._most_requests))
        carry, fresh = self.holding(tick)
        fresh *= 1.0 - by_rate
        refused = 0.0
        if self._function.reserved is not None:
            contending = self.contending()
            refused = contending * loss.refused_beside(self.limit, carry, fresh, 1.0 - contending)
        if self._allowance < math.inf:
            refused = max(refused, self._beyond_allowance(carry, fresh))
        return 1.0 - (1.0 - by_rate) * (1.0 - refused)

    def _requests_there(self, left: float, per_s: float) -> float:
        return left if left == math.inf else min(left, per_s) + per_s * self.ledger.tick_s

    def _beyond_allowance(self, carry: float, fresh: float) -> float:
        account = self._account
        more = account.scale_per_s * self.ledger.tick_s
        load = carry + fresh
        if load + 6.0 * math.sqrt(load) < self._allowance:
            return 0.0
        limit = self._warm.size() + min(self._allowance, account.scale_at_once) + more / 2
        return loss.refused(limit, carry, fresh, moving=True)

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Takes places, and starts environments."""
        ledger = self.ledger
        self._hold(at, admitted, self._course)
        invoked: Amount = admitted
        for invoker in self.invokers:
            batches: Amount = invoker.batches[at]
            if isinstance(at, slice):
                batches = np.array(batches)
            if not np.any(batches):
                continue
            course, answer = invoker.course, invoker.answer
            through = (1.0 - answer.refused) * (1.0 - answer.broken)
            taken = batches * through
            messages = invoker.messages[at]
            ledger.put(invoker.refused, at, batches * answer.refused)
            ledger.put(invoker.broken, at, (1.0 - answer.refused) * answer.broken * batches)
            self._hold(at, taken, course)
            invoked = invoked + taken
            got = messages * (1.0 - invoker.turned_away) * (1.0 - answer.broken)
            ledger.put(invoker.turned_back, at, messages - got)
            spoilt = got * invoker.spoilt
            ok_ends = answer.ok.ends(ledger.tick_s)
            ledger.spread(invoker.done, at, got - spoilt, ok_ends)
            ledger.spread(invoker.failed, at, spoilt, ok_ends)
            if course.bad > 0.0:
                ledger.spread(
                    invoker.errors, at, taken * course.bad, answer.sorry.ends(ledger.tick_s)
                )
            if invoker.wholly > 0.0:
                ledger.spread(invoker.errors, at, taken * invoker.wholly, ok_ends)
            self.call(at, got)
        if isinstance(at, int):
            self._start_some(at, float(invoked))
        else:
            self._start_many(at, np.asarray(invoked) + np.zeros(at.stop - at.start))
        self._spend_requests(at, invoked)

    def commit(self, at: At) -> None:
        """Lets a tick or a stretch happen."""
        tries: Amount = 0.0
        admitted: Amount = 0.0
        for flow in self.flows:
            came, taken = flow.commit(at)
            tries = tries + came
            admitted = admitted + taken
        if self.flows:
            self.call(at, admitted)
        self.happen(at, tries, admitted)

    def _hold(self, at: At, admitted: Amount, course: Course) -> None:
        tick_s = self.ledger.tick_s
        if course.bad < 1.0:
            self.ledger.spread(self.held, at, admitted * (1.0 - course.bad), course.ok.busy(tick_s))
        if course.bad > 0.0:
            self.ledger.spread(self.held, at, admitted * course.bad, course.sorry.busy(tick_s))

    def _spend_requests(self, at: At, invoked: Amount) -> None:
        if self._requests == math.inf:
            return
        ticks = 1 if isinstance(at, int) else at.stop - at.start
        there = self._requests + self._most_requests * self.ledger.tick_s * ticks
        self._requests = min(self._most_requests, max(0.0, there - float(np.sum(invoked))))

    def top(self) -> float:
        """Returns how many can be busy at most."""
        most = self.limit if self._function.reserved is not None else math.inf
        if self.pool is not None:
            most = min(most, self.pool.limit + self._function.provisioned)
        if self.invokers and not self.flows:
            most = min(most, sum(invoker.most for invoker in self.invokers))
        return most

    def _start_some(self, tick: int, invoked: float) -> None:
        """Starts the environments of a tick."""
        ledger = self.ledger
        tick_s = ledger.tick_s
        mean = max(0.0, self.held.item(tick) + self.starting.item(tick))
        rate = invoked / tick_s
        top = self.top()
        # Starts feed on themselves if others come while they last.
        during = rate * self._start.mean
        slow = self._start.mean >= _SHORT_START_S and tick_s > _FINE_S and during >= _FEW
        if slow and (self._growing or self._warm.lacks(mean, top) > _LACKING):
            cold = self._start_finely(tick, invoked, top)
        else:
            self._growing = False
            cold = self._warm.step(rate, mean, tick_s, top)
            if cold and self._start.mean:
                ledger.spread(self.starting, tick, cold, self._extra(tick_s))
        cold = min(cold, invoked)
        ledger.put(self.cold, tick, cold)
        ledger.put(self._size, tick, self._warm.size())
        self._cold_share = cold / invoked if invoked > 0.0 else 0.0
        self._started_now = cold
        if self._allowance < math.inf:
            account = self._account
            gained = min(self._allowance, account.scale_at_once) + account.scale_per_s * tick_s
            self._allowance = min(account.scale_at_once, max(0.0, gained - cold))

    def _extra(self, tick_s: float) -> Kernel:
        """Returns by how much longer an environment is busy that has to start first."""
        course = self.invokers[0].course if self.invokers and not self.flows else self._course
        long = course.ok.plus(self._start).busy(tick_s).shares
        short = course.ok.busy(tick_s).shares
        extra = np.zeros(max(len(long), len(short)))
        extra[: len(long)] += long
        extra[: len(short)] -= short
        return Kernel(0, extra)

    def _start_finely(self, tick: int, invoked: float, top: float) -> float:
        """Starts the environments of a tick while the pool grows: those that start are busy."""
        tick_s, steps = self.ledger.tick_s, self._fine_ticks
        fine_s = tick_s / steps
        ahead = _AHEAD * steps
        ticks = self.ledger.ticks
        course = self.invokers[0].course if self.invokers and not self.flows else self._course
        kernel = course.ok.busy(fine_s).shares[:ahead]
        now = np.convolve(np.full(steps, invoked / steps), kernel)[: ahead + steps]
        if not self._growing or self._fine.shape[1] == 0:
            # What was admitted before, spread evenly over each coming tick.
            coming = np.zeros(_AHEAD + 1)
            known = self.held[tick : min(tick + _AHEAD + 1, ticks)].copy()
            own = np.zeros(_AHEAD + 1)
            per_tick = course.ok.busy(tick_s).shares[: _AHEAD + 1] * invoked
            own[: len(per_tick)] = per_tick
            coming[: len(known)] = np.maximum(0.0, known - own[: len(known)])
            starting = np.zeros(_AHEAD + 1)
            later = self.starting[tick : min(tick + _AHEAD + 1, ticks)]
            starting[: len(later)] = later
            self._fine = np.vstack([np.repeat(coming, steps), np.repeat(starting, steps)])
        self._growing = True
        busy, starting = self._fine
        busy[: len(now)] += now[: len(busy)]
        extra = self._extra(fine_s).shares[:ahead]
        rate = invoked / tick_s
        cold = 0.0
        for step in range(steps):
            started = self._warm.step(
                rate, max(0.0, float(busy[step] + starting[step])), fine_s, top
            )
            if started > 1e-9:
                room = min(len(extra), len(starting) - step)
                starting[step : step + room] += started * extra[:room]
                cold += started
        # What is known of the starts, tick by tick.
        means = starting.reshape(-1, steps).mean(axis=1)
        room = min(len(means), ticks - tick)
        self.ledger.put(self.starting, slice(tick, tick + room), means[:room])
        lacks = self._warm.lacks(max(0.0, float(busy[0] + starting[0])), top)
        if lacks <= _LACKING and cold < _GROWS * invoked:
            self._growing = False
        fine = np.zeros_like(self._fine)
        fine[:, :-steps] = self._fine[:, steps:]
        self._fine = fine
        return cold

    def _start_many(self, at: slice, invoked: Values) -> None:
        """Starts the environments of a stretch, in the steps in which the pool looks back."""
        ledger = self.ledger
        tick_s = ledger.tick_s
        per_row = round(self._warm.row_s / tick_s)
        means = np.maximum(0.0, self.held[at] + self.starting[at])
        top = self.top()
        rows = (at.stop - at.start) // per_row
        whole = rows * per_row
        cold = np.zeros(at.stop - at.start)
        if rows:
            rates = invoked[:whole].reshape(rows, per_row).sum(axis=1) / self._warm.row_s
            busy = means[:whole].reshape(rows, per_row).mean(axis=1)
            started, sizes = self._warm.steps(rates, busy, top)
            cold[:whole] = np.repeat(started / per_row, per_row)
            ledger.put(self._size, slice(at.start, at.start + whole), np.repeat(sizes, per_row))
        for tick in range(whole, len(cold)):
            cold[tick] = self._warm.step(
                float(invoked[tick]) / tick_s, float(means[tick]), tick_s, top
            )
        if whole < len(cold):
            ledger.put(self._size, slice(at.start + whole, at.stop), self._warm.size())
        cold = np.minimum(cold, invoked)
        ledger.put(self.cold, at, cold)
        if self._start.mean and cold.any():
            ledger.spread(self.starting, at, cold, self._extra(tick_s))
        total = float(invoked.sum())
        self._cold_share = float(cold.sum()) / total if total > 0.0 else 0.0
        if self._allowance < math.inf:
            account = self._account
            gained = account.scale_per_s * tick_s * len(cold) - float(cold.sum())
            self._allowance = min(account.scale_at_once, max(0.0, self._allowance + gained))

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which a limit is near, or the pool grows."""
        found = []
        held = self.held[at] + self.starting[at]
        invoked = self._tries(at)
        if self._function.reserved is not None:
            found.append(held > _safe_load(self.limit))
        per_tick = self._most_requests * self.ledger.tick_s
        if per_tick < math.inf:
            found.append(invoked > per_tick)
        cold = self.cold[at]
        if self._allowance < math.inf:
            found.append(cold > 0.5 * self._account.scale_per_s * self.ledger.tick_s)
        # How busy it is at a jump must be known tick by tick, and finer where starts take long.
        found.append((cold > _GROWS * invoked) & (cold > _FEW * self.ledger.tick_s))
        if not found:
            return None
        strained = np.logical_or.reduce(found)
        place = int(np.argmax(strained))
        return at.start + place if strained[place] else None

    def cold_shares(self) -> Values:
        """Returns the share of the invocations of each tick that started an environment."""
        invoked = np.zeros(len(self.cold))
        for flow in self.flows:
            invoked += flow.taken
        for invoker in self.invokers:
            invoked += invoker.batches - invoker.refused
        return np.divide(self.cold, invoked, out=np.zeros(len(invoked)), where=invoked > 1e-9)

    def shares_account(self) -> bool:
        """Returns whether its places are those of the account."""
        return self._function.in_account and self._function.reserved is None

    def update(self) -> None:
        """Lets all environments be started anew, for they have new code."""
        self._warm.restart()

    def invoked(self, at: slice) -> float:
        """Returns how many invocations of a stretch were let through."""
        count = 0.0
        for flow in self.flows:
            count += float(flow.taken[at].sum())
        for invoker in self.invokers:
            count += float((invoker.batches[at] - invoker.refused[at]).sum())
        return count

    def calm(self) -> bool:
        """Returns whether nothing holds it back at the moment."""
        few = self._cold_share < _GROWS or self._started_now < _FEW * self.ledger.tick_s
        return self.limited < 1e-9 and not self._growing and few

    def _tries(self, at: slice) -> Values:
        tries = np.zeros(at.stop - at.start)
        for flow in self.flows:
            tries += flow.tries[at]
        for invoker in self.invokers:
            tries += invoker.batches[at]
        return tries

    def series(self) -> StationSeries:
        """Returns what happened."""
        ticks, tick_s = self.ledger.ticks, self.ledger.tick_s
        series = super().series()
        for invoker in self.invokers:
            refused, broken = invoker.refused[:ticks], invoker.broken[:ticks]
            batches, messages = invoker.batches[:ticks], invoker.messages[:ticks]
            series.arrivals[:] += messages
            series.attempts[:] += batches
            series.throttled[:] += refused
            series.errors[:] += invoker.errors[:ticks] + broken
            series.done[:] += invoker.done[:ticks]
            turned_away = invoker.turned_back[:ticks]
            series.failed[:] += invoker.failed[:ticks] + turned_away
            series.in_flight[:] += np.cumsum(
                messages - turned_away - invoker.done[:ticks] - invoker.failed[:ticks]
            )
        series.cold_starts[:] = self.cold[:ticks]
        series.busy[:] = np.clip(self.held[:ticks] + self.starting[:ticks], 0.0, self.top())
        series.billed_s[:] = series.busy * tick_s
        series.calls[:] = series.attempts - series.throttled
        series.capacity[:] = self._size[:ticks]
        return series


class Pool:
    """The places that all functions of an account share which have none of their own."""

    def __init__(self, account: Account, functions: list[FunctionPlace], reserved: float) -> None:
        self._account = account
        self.functions = functions
        self._taken = reserved
        self.limit = max(0.0, account.concurrency - reserved)
        self._most = self.limit * account.requests_per_slot
        self.requests = self._most
        for function in functions:
            function.pool = self

    def change(self, concurrency: float) -> None:
        """Changes what the account has."""
        self.limit = max(0.0, min(concurrency, self._account.concurrency) - self._taken)

    def judge(self, tick: int, own: list[float]) -> float:
        """Returns the share of the tick's tries that the account has no place for.

        Args:
            tick: Which.
            own: What each function refuses on its own.
        """
        carry = fresh = tries = followed = first = 0.0
        for function, refused in zip(self.functions, own, strict=True):
            held, more = function.holding(tick)
            followed += function._followed  # noqa: SLF001
            first += function._first_hold  # noqa: SLF001
            more *= 1.0 - refused
            provisioned = function._function.provisioned  # noqa: SLF001
            if provisioned:
                load = held + more
                beyond = max(0.0, load - provisioned) / load if load else 0.0
                held, more = held * beyond, more * beyond
            carry += held
            fresh += more
            tries += function.tries_now * (1.0 - refused) * function.open_share()
        if tries <= 0.0:
            return 0.0
        tick_s = self.functions[0].ledger.tick_s
        by_rate = _over(tries, self.requests + self._most * tick_s)
        return 1.0 - (1.0 - by_rate) * (
            1.0
            - loss.refused_beside(
                self.limit, carry, fresh * (1.0 - by_rate), followed / first if first else 0.0
            )
        )

    def spend(self, invoked: float, seconds: float) -> None:
        """Takes requests from the bucket."""
        left = self.requests + self._most * seconds - invoked
        self.requests = min(self._most, max(0.0, left))

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick of a stretch at which the account's limits are near."""
        held = np.zeros(at.stop - at.start)
        tries = np.zeros(at.stop - at.start)
        for function in self.functions:
            held += function.held[at] + function.starting[at]
            tries += function._tries(at)  # noqa: SLF001
        tick_s = self.functions[0].ledger.tick_s
        strained = (held > _safe_load(self.limit)) | (tries > self._most * tick_s)
        place = int(np.argmax(strained))
        return at.start + place if strained[place] else None


def _first(course: Course, tick_s: float) -> float:
    """Returns what an invocation holds of the tick in which it comes."""
    held = 0.0
    if course.bad < 1.0:
        held = (1.0 - course.bad) * float(course.ok.busy(tick_s).shares[0])
    if course.bad > 0.0:
        held += course.bad * float(course.sorry.busy(tick_s).shares[0])
    return held


def _over(wanted: float, there: float) -> float:
    return 1.0 - there / wanted if wanted > there else 0.0


def _safe_load(limit: float) -> float:
    """Returns the load up to which fewer than one try in a million is refused."""
    if limit == math.inf:
        return math.inf
    # Erlang's B falls as a normal tail: six deviations are far beyond that.
    return max(0.0, limit - 5.0 * math.sqrt(limit)) if limit > 40 else limit * 0.15
