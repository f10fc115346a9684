"""Follows some messages of each source through what the ticks found, to tell how long they took.

What each of them meets is drawn by the shares of its tick: refusals, failures, starts and waits. So
percentiles have the shape that mixtures of these have, and means need no assumption of a law.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hinagata.simulator.draws import stream
from hinagata.simulator.model import (
    AsyncInvoke,
    Function,
    Gateway,
    Network,
    Queue,
    Retry,
    Service,
    Station,
    Stream,
    Table,
    Topic,
    Traffic,
    Workflow,
)
from hinagata.simulator.model import Dependency as DependencyStation
from hinagata.simulator.outcome import PathLatency
from hinagata.simulator.tick.channel import AsyncInvokePlace
from hinagata.simulator.tick.flow import jittered, wait_s
from hinagata.simulator.tick.function import FunctionPlace
from hinagata.simulator.tick.law import Law
from hinagata.simulator.tick.ledger import Ledger
from hinagata.simulator.tick.place import Place
from hinagata.simulator.tick.queue import QueuePlace
from hinagata.simulator.tick.service import ServicePlace
from hinagata.simulator.tick.stream import StreamPlace

Values = npt.NDArray[np.float64]
Found = npt.NDArray[np.bool_]

# Enough for a 99th percentile that is good to a few per cent.
_FOLLOWED = 6000
# A message that is called for more often than that takes as long as that many calls, in proportion.
_MOST_CALLS = 4
_MOST_TRIES = 12


def latencies(
    network: Network, places: Mapping[str, Place], sent: Mapping[str, Values], ledger: Ledger
) -> tuple[PathLatency, ...]:
    """Returns the percentiles of every path that a message took.

    Args:
        network: What was computed.
        places: Its stations as they were computed.
        sent: What each source sent in each tick.
        ledger: The ticks.
    """
    found = []
    for traffic in network.traffic:
        times = Walk(network, places, ledger, traffic, sent[traffic.name]).times()
        for name in network.stations:
            taken = times.get(name, np.zeros(0))
            some = len(taken) > 0
            p50, p95, p99 = np.quantile(taken, (0.5, 0.95, 0.99)) if some else (0.0, 0.0, 0.0)
            found.append(
                PathLatency(
                    source=traffic.name,
                    station=name,
                    p50_s=float(p50) if some else None,
                    p95_s=float(p95) if some else None,
                    p99_s=float(p99) if some else None,
                )
            )
    return tuple(found)


class Walk:
    """The ways of some messages of one source."""

    def __init__(
        self,
        network: Network,
        places: Mapping[str, Place],
        ledger: Ledger,
        traffic: Traffic,
        sent: Values,
    ) -> None:
        self._network = network
        self._places = places
        self._ledger = ledger
        self._traffic = traffic
        self._sent = sent
        self._rng = stream(network.seed, traffic.name, "followed")
        self._times: dict[str, list[Values]] = {}
        self._waits: dict[str, Values] = {}

    def times(self) -> dict[str, Values]:
        """Returns how long messages took to the end of each station's work, from their sending."""
        total = float(self._sent.sum())
        if total <= 0.0:
            return {}
        # Evenly through all that is sent.
        shares = (np.arange(_FOLLOWED) + self._rng.random(_FOLLOWED)) / _FOLLOWED
        edges = np.concatenate([[0.0], np.cumsum(self._sent)])
        sent = np.interp(shares * total, edges, np.arange(len(edges)) * self._ledger.tick_s)
        traffic = self._traffic
        self._send(traffic.target, sent, sent, retry=traffic.retry, timeout_s=traffic.timeout_s)
        return {name: np.concatenate(taken) for name, taken in self._times.items()}

    def _at(self, row: Values, times: Values) -> Values:
        ticks = np.minimum(times / self._ledger.tick_s, self._ledger.ticks - 1.0)
        return np.asarray(row[ticks.astype(np.int64)])

    def _happens(self, shares: Values) -> Found:
        return np.asarray(self._rng.random(len(shares)) < shares)

    def _send(
        self,
        name: str,
        sent: Values,
        since: Values,
        *,
        retry: Retry,
        timeout_s: float = math.inf,
        latency_s: float = 0.0,
    ) -> tuple[Values, Found]:
        """Sends messages, again and again, and returns when that ended, and whether well."""
        place = self._places[name]
        station = self._network.stations[name]
        ends = since.copy()
        well = np.zeros(len(since), dtype=bool)
        open_ = np.arange(len(since))
        now = since.copy()
        channel = isinstance(station, Queue | Stream | Topic | AsyncInvoke)
        for number in range(min(retry.retries, _MOST_TRIES) + 1):
            if not len(open_):
                break
            arrived = now[open_] + latency_s
            refused = self._happens(self._at(place.refused, arrived))
            broken = self._happens(self._at(place.broken, arrived))
            through = ~(refused | broken)
            ended, good = arrived.copy(), np.zeros(len(open_), dtype=bool)
            if through.any():
                inside = arrived[through] + self._at(place.later_s, arrived[through])
                took, fine = self._work(name, sent[open_[through]], inside)
                if channel:
                    took, fine = inside, np.ones(len(inside), dtype=bool)
                else:
                    late = took - now[open_[through]] > timeout_s
                    took = np.where(late, now[open_[through]] + timeout_s, took)
                    fine &= ~late
                ended[through], good[through] = took, fine
            if not channel and good.any():
                self._note(name, sent[open_[good]], ended[good])
            ends[open_], well[open_] = ended, good
            open_, ended = open_[~good], ended[~good]
            wait = wait_s(retry, number)
            draws = self._rng.random(len(open_)) if jittered(retry) else np.ones(len(open_))
            now[open_] = ended + wait * draws
        return ends, well

    def _note(self, name: str, sent: Values, ended: Values) -> None:
        within = ended <= self._network.duration_s
        self._times.setdefault(name, []).append((ended - sent)[within])

    def _work(self, name: str, sent: Values, begun: Values) -> tuple[Values, Found]:
        """Lets a station work on messages, and returns when that ended, and whether well."""
        station, place = self._network.stations[name], self._places[name]
        match station:
            case Queue() if isinstance(place, QueuePlace):
                self._queue(station, place, sent, begun)
                return begun, np.ones(len(begun), dtype=bool)
            case Stream() if isinstance(place, StreamPlace):
                self._stream(station, place, sent, begun)
                return begun, np.ones(len(begun), dtype=bool)
            case AsyncInvoke() if isinstance(place, AsyncInvokePlace):
                self._async(station, sent, begun)
                return begun, np.ones(len(begun), dtype=bool)
            case Topic():
                self._topic(station, sent, begun)
                return begun, np.ones(len(begun), dtype=bool)
        time = begun + self._own(station, place, begun, 1.0)
        well = ~self._happens(self._at(place.spoilt_alone, begun))
        time, well = self._calls(station, sent, time, well)
        limit = station.timeout_s if isinstance(station, Function | Service) else math.inf
        if isinstance(station, Gateway):
            time = time + station.overhead_s
        if limit < math.inf:
            late = time - begun > limit
            time, well = np.where(late, begun + limit, time), well & ~late
        return time, well

    def _own(self, station: Station, place: Place, begun: Values, batch: float) -> Values:
        """Returns the station's own time for each message."""
        count = len(begun)
        match station:
            case Function() if isinstance(place, FunctionPlace):
                time = Law.of(station.work).draw(self._rng, count)
                if station.per_message is not None:
                    time = time + batch * station.per_message.mean_s
                if station.cold_start is not None:
                    cold = self._happens(self._at(place.cold_shares(), begun))
                    time = time + cold * Law.of(station.cold_start).draw(self._rng, count)
                return time
            case Service() if isinstance(place, ServicePlace):
                wait = self._at(place.wait_s, begun)
                cv = self._at(place.wait_cv, begun)
                own = Law.of(station.work).draw(self._rng, count)
                return own + _spread(self._rng, wait, cv)
            case Table():
                return Law.of(station.latency).draw(self._rng, count)
            case DependencyStation():
                return Law.of(station.latency).draw(self._rng, count)
            case Workflow():
                return np.full(count, station.own_s)
            case _:
                return np.zeros(count)

    def _calls(
        self, station: Station, sent: Values, time: Values, well: Found
    ) -> tuple[Values, Found]:
        time, well = time.copy(), well.copy()
        for call in station.calls:
            if call.sources is not None and self._traffic.name not in call.sources:
                continue
            number = min(call.messages, _MOST_CALLS)
            # Beyond that, the time of as many more.
            more = call.messages / number if number else 0.0
            for turn in range(math.ceil(number)):
                these = well & (self._rng.random(len(well)) < number - turn)
                if not these.any():
                    continue
                timeout_s = call.timeout_s
                if isinstance(station, Gateway):
                    timeout_s = min(timeout_s, station.timeout_s)
                ended, good = self._send(
                    call.target,
                    sent[these],
                    time[these],
                    retry=call.retry,
                    timeout_s=timeout_s,
                    latency_s=call.latency_s,
                )
                if call.waits:
                    time[these] += (ended - time[these]) * more
                    well[these] = good
        return time, well

    def _batch(self, name: str, sent: Values, begun: Values, size: float) -> Values:
        """Lets a function work on messages in batches, and returns when that ended."""
        station, place = self._network.stations[name], self._places[name]
        time = begun + self._own(station, place, begun, size)
        # A message of a batch waits for the calls of all of them.
        ended, _ = self._calls(station, sent, time, np.ones(len(begun), dtype=bool))
        return begun + (time - begun) + (ended - time) * max(1.0, size)

    def _queue(self, queue: Queue, place: QueuePlace, sent: Values, begun: Values) -> None:
        poller, invoker = queue.poller, place.invoker
        if poller is None or invoker is None:
            return
        waits = self._line_s(queue.name, place.came_in, place.waiting)
        tries = min(queue.max_receives or _MOST_TRIES, _MOST_TRIES)
        now = begun
        size = _ratio(invoker.messages, invoker.batches)
        # A refused batch is tried again every second, until its messages are visible again.
        patience = np.cumsum(-np.log(np.maximum(place.too_busy, 1e-300)))
        spoilt = _ratio(place.spoilt, place.received)
        for _ in range(tries):
            taken = now + self._at(waits, now)
            if poller.window_s:
                full_s = self._at(_ratio(np.ones_like(size), invoker.messages), taken)
                fills = np.minimum(poller.window_s, full_s * self._ledger.tick_s * poller.batch)
                taken = taken + self._rng.random(len(taken)) * fills
            received = taken + poller.receive_s
            kept_s = self._kept_s(patience, received)
            received = received + kept_s
            well = (kept_s < queue.visibility_s) & ~self._happens(
                np.clip(self._at(spoilt, received), 0.0, 1.0)
            )
            batch = float(np.mean(self._at(size, taken))) if len(taken) else 1.0
            if well.any():
                ended = self._batch(poller.function, sent[well], received[well], batch)
                self._note(queue.name, sent[well], ended)
                self._note(poller.function, sent[well], ended)
            sent, now = sent[~well], taken[~well] + queue.visibility_s
            if not len(sent):
                return

    def _kept_s(self, patience: Values, received: Values) -> Values:
        """Returns how long batches are tried before they are taken.

        With r the refused share, who comes in tick a is still refused in tick b with the product
        of r from a to b: as soon as the sum of -ln r exceeds an exponential draw he is taken.
        """
        tick_s = self._ledger.tick_s
        first = np.minimum((received / tick_s).astype(np.int64), len(patience) - 1)
        before = np.where(first > 0, patience[first - 1], 0.0)
        until = np.searchsorted(patience, before + self._rng.exponential(size=len(first)), "right")
        return np.asarray((until - first) * tick_s)

    def _stream(self, station: Stream, place: StreamPlace, sent: Values, begun: Values) -> None:
        for number, reading in enumerate(place.readings):
            reader = reading.reader
            hottest, kept = place.hottest_share(), reading.left
            waits = self._line_s(f"{station.name}/{number}", place.hottest, kept)
            hot = self._rng.random(len(begun)) < hottest
            calm = self._rng.random(len(begun)) * min(
                reader.poll_s, 2.0 * reading.idle_s if reading.idle_s else reader.poll_s
            )
            now = begun + np.where(hot, self._at(waits, begun), calm)
            if reader.window_s:
                now = now + self._rng.random(len(now)) * reader.window_s
            size = _ratio(reading.invoker.messages, reading.invoker.batches)
            batch = float(np.mean(self._at(size, now))) if len(now) else 1.0
            ended = self._batch(reader.function, sent, now, batch)
            self._note(reader.function, sent, ended)
            if number == 0:
                self._note(station.name, sent, ended)

    def _async(self, station: AsyncInvoke, sent: Values, begun: Values) -> None:
        now, failures, refusals = begun, np.zeros(len(begun)), np.zeros(len(begun))
        place = self._places[station.function]
        since = begun
        for _ in range(2 * _MOST_TRIES):
            if not len(now):
                return
            refused = self._happens(self._at(place.refused, now))
            ended, well = now.copy(), np.zeros(len(now), dtype=bool)
            if (~refused).any():
                took, fine = self._work(station.function, sent[~refused], now[~refused])
                ended[~refused], well[~refused] = took, fine
            if well.any():
                self._note(station.function, sent[well], ended[well])
                self._note(station.name, sent[well], ended[well])
            throttled = np.minimum(300.0, 2.0**refusals)
            listed = np.array([wait_s(station.retry, number) for number in range(8)])
            waits = np.where(refused, throttled, listed[np.minimum(failures, 7).astype(int)])
            failures = failures + (~refused & ~well)
            refusals = refusals + refused
            following = ended + waits
            on = ~well & (failures <= station.retry.retries)
            on &= following - since <= station.max_age_s
            sent, since, now = sent[on], since[on], following[on]
            failures, refusals = failures[on], refusals[on]

    def _topic(self, topic: Topic, sent: Values, begun: Values) -> None:
        delivered = begun + topic.delay_s
        last = delivered.copy()
        for call in topic.calls:
            if call.sources is not None and self._traffic.name not in call.sources:
                continue
            these = self._rng.random(len(sent)) < call.messages
            if these.any():
                ended, _ = self._send(
                    call.target,
                    sent[these],
                    delivered[these],
                    retry=call.retry,
                    timeout_s=call.timeout_s,
                    latency_s=call.latency_s,
                )
                last[these] = np.maximum(last[these], ended)
        self._note(topic.name, sent, last)

    def _line_s(self, key: str, came: Values, waiting: Values) -> Values:
        """Returns how long who comes in each tick waits in line, first come, first served."""
        if key not in self._waits:
            ticks, tick_s = self._ledger.ticks, self._ledger.tick_s
            entered = np.cumsum(came[:ticks])
            left = np.maximum.accumulate(entered - waiting[:ticks])
            middle = entered - came[:ticks] / 2
            # Each tick's end, and a hair of a message more, so that the curve is one to one.
            curve = left + np.arange(ticks) * 1e-9
            curve = np.concatenate([[0.0], curve])
            # Who does not get away before the end is not seen to.
            never = 2.0 * self._network.duration_s + self._ledger.tick_s
            gone = np.interp(middle, curve, np.arange(ticks + 1) * tick_s, right=never)
            since = (np.arange(ticks) + 0.5) * tick_s
            self._waits[key] = np.maximum(0.0, gone - since)
        return self._waits[key]


def _spread(rng: np.random.Generator, means: Values, cvs: Values) -> Values:
    """Returns lognormal times of several laws."""
    sigma2 = np.log1p(cvs * cvs)
    safe = np.maximum(means, 1e-300)
    draws = rng.standard_normal(len(means))
    times = np.exp(np.log(safe) - sigma2 / 2 + np.sqrt(sigma2) * draws)
    return np.where(means > 1e-12, times, 0.0)


def _ratio(some: Values, of: Values) -> Values:
    return np.divide(some, of, out=np.zeros(len(some)), where=of > 0)
