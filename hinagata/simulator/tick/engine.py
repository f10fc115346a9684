"""Advances a network tick by tick where something holds it back, else in long stretches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.errors import HinagataError
from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import ClosedLoopRate, DiurnalRate
from hinagata.simulator.model import (
    NO_RETRY,
    AsyncInvoke,
    Call,
    Dependency,
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
from hinagata.simulator.outcome import Outcome, StationSeries
from hinagata.simulator.tick.bucket import GatewayPlace, TablePlace
from hinagata.simulator.tick.channel import AsyncInvokePlace, TopicPlace
from hinagata.simulator.tick.doubts import doubts
from hinagata.simulator.tick.flow import Flow
from hinagata.simulator.tick.function import FunctionPlace, Invoker, Pool
from hinagata.simulator.tick.ledger import Ledger
from hinagata.simulator.tick.paths import latencies
from hinagata.simulator.tick.place import Place, Way, stays_s
from hinagata.simulator.tick.plain import DependencyPlace, WorkflowPlace
from hinagata.simulator.tick.queue import QueuePlace
from hinagata.simulator.tick.service import ServicePlace
from hinagata.simulator.tick.steady import Steady
from hinagata.simulator.tick.stream import StreamPlace
from hinagata.simulator.tick.trouble import trouble_of
from hinagata.simulator.visits import visits, ways

Values = npt.NDArray[np.float64]

# How many ticks are computed at once where nothing holds anything back.
_STRETCH = 1800
# Shorter ones are not worth it.
_SHORT = 20
# After so many calm ticks a stretch is tried; each time in vain, after twice as many.
_QUIET, _MOST_QUIET = 5, 160
# Refusals feed retries, and retries refusals: until they agree to so much.
_AGREED = 1e-6
_MOST_SWEEPS = 25
# Between two shares of which one is too low and one too high, a guess closer to either is none.
_EDGE = 0.05
# More than that is no traffic but a circle that feeds itself.
_MOST_MESSAGES = 1e18
_MOST_TICKS = 10_000_000
# For that long, what swings once a day is a line.
_SMOOTH_S = 60.0


@dataclass(frozen=True, slots=True)
class Guess:
    """What a place was let refuse, and what is known by it of what it should.

    Attributes:
        share: What it refused of the tries.
        off: How much more it should have refused.
        least: The greatest share that was found to be too low; -inf if none was.
        most: The least at which nothing was left to refuse; inf if none was.
    """

    share: float = math.nan
    off: float = math.nan
    least: float = -math.inf
    most: float = math.inf


class Engine:
    """A network while it is computed."""

    def __init__(self, network: Network, tick_s: float) -> None:
        if not (0.0 < tick_s < math.inf and 0.0 < network.duration_s < math.inf):
            raise HinagataError(
                f"a simulation of {network.duration_s} s in ticks of {tick_s} s: "
                "both must be above 0 and finite"
            )
        ticks = max(1, math.ceil(network.duration_s / tick_s - 1e-9))
        if ticks > _MOST_TICKS:
            raise HinagataError(
                f"{ticks:,} ticks are more than the {_MOST_TICKS:,} that fit into memory: "
                "watch a shorter time"
            )
        self._network = network
        self._ledger = Ledger(ticks, tick_s)
        self._visited = visits(network)
        self._sent = {each.name: self._counts(each) for each in network.traffic}
        self._places = {name: self._place(station) for name, station in network.stations.items()}
        self._entering: dict[str, Flow] = {}
        self._closed: list[tuple[Flow, ClosedLoopRate]] = []
        # Rows of what comes from outside.
        self._given: list[Values] = []
        for traffic in network.traffic:
            self._send(traffic)
        for name, station in network.stations.items():
            self._connect(name, station)
        self._order = [self._places[name] for name in self._in_order()]
        self._pool = self._share()
        self._edges = self._edges_of_faults()
        self._repeats = Steady(self._ledger, self._order, self._given)
        self._steps = self._singles = 0
        # The next tick, how many were calm before it, and how many should be for a stretch.
        self._reached = 0, 0, 1

    def run(self, most: float = math.inf) -> int:
        """Lets the time run on, and returns the tick that is reached.

        Args:
            most: After so many single ticks it is stopped.
        """
        ticks = self._ledger.ticks
        tick, quiet, wanted = self._reached
        most += self._singles
        with np.errstate(over="ignore", under="ignore"):
            while tick < ticks and self._singles < most:
                if tick in self._edges:
                    self._set_faults(tick)
                    quiet = 0
                if quiet >= wanted:
                    stop = min(self._next_edge(tick), tick + _STRETCH, ticks)
                    reached = self._stretch(tick, stop)
                    if reached > tick:
                        tick, wanted = reached, _QUIET
                        quiet = wanted if reached == stop else 0
                        if reached == stop:
                            continue
                    else:
                        wanted = min(2 * max(wanted, _QUIET), _MOST_QUIET)
                    quiet = 0
                self._tick(tick)
                quiet = quiet + 1 if self._is_calm() else 0
                tick += 1
                again = 0 if quiet else self._repeats.look(tick, self._next_edge(tick - 1))
                if again:
                    self._repeats.repeat(tick, again)
                    tick += again
        self._reached = tick, quiet, wanted
        return tick

    def _tick(self, tick: int) -> None:
        self._steps += 1
        self._singles += 1
        self._let_users_in(tick, tick + 1)
        order = self._order
        self._expect(tick)
        before: dict[Place, Guess] = {}
        for _ in range(_MOST_SWEEPS):
            for place in order:
                place.demand(tick)
            moved = self._judge(tick, before)
            moved = max(moved, *(place.unsettled() for place in order))
            if moved < _AGREED:
                break
            self._expect(tick)
        for place in order:
            place.commit(tick)
            place.note(tick)
        if self._pool is not None:
            self._pool.spend(self._pool_invoked(slice(tick, tick + 1)), self._ledger.tick_s)
        if tick % 256 == 0 and not self._is_bounded():
            raise HinagataError(
                f"more than {_MOST_MESSAGES:.0e} messages came to a station by second "
                f"{tick * self._ledger.tick_s:,.0f}: something feeds itself without end"
            )

    def _is_bounded(self) -> bool:
        return all(place.tries_now < _MOST_MESSAGES for place in self._order)

    def _expect(self, tick: int) -> None:
        for place in reversed(self._order):
            place.expect_anew(tick)
        for place in self._order:
            place.listen()

    def _judge(self, tick: int, before: dict[Place, Guess]) -> float:
        """Finds what each refuses of the tick's tries, and returns how far that was off."""
        moved = 0.0
        pool = self._pool
        shared: list[FunctionPlace] = pool.functions if pool else []
        own: list[float] = []
        for place in self._order:
            refused = place.judge(tick)
            if pool and isinstance(place, FunctionPlace) and place.pool is pool:
                place.own_refused = refused
                continue
            moved = max(moved, self._move(place, refused, before))
        if pool and shared:
            own = [place.own_refused for place in shared]
            together = pool.judge(tick, own)
            for place, refused in zip(shared, own, strict=True):
                total = 1.0 - (1.0 - refused) * (1.0 - together * place.contending())
                moved = max(moved, self._move(place, total, before))
        return moved

    @staticmethod
    def _move(place: Place, refused: float, before: dict[Place, Guess]) -> float:
        """Lets a place refuse another share: by secants, for who is refused tries elsewhere."""
        share = place.limited
        off = step = refused - share
        last = before.get(place, Guess())
        if share != last.share:
            slope = (off - last.off) / (share - last.share)
            # Elsewhere it would run away from where the two agree.
            if slope < 0.0:
                step = -off / slope
        least = max(last.least, share) if off > 0.0 else last.least
        most = min(last.most, share) if refused == 0.0 < share else last.most
        if least >= most:
            # What the others do has changed since.
            least, most = -math.inf, math.inf
        before[place] = Guess(share, off, least, most)
        wanted = min(1.0, max(0.0, share + step))
        width = most - least
        # Where the first refusals fail whole batches, secants creep along the side of none.
        if width < math.inf and not least + _EDGE * width < wanted < most - _EDGE * width:
            wanted = (least + most) / 2
        place.limited = wanted
        return min(abs(off), width)

    def _is_calm(self) -> bool:
        return all(place.calm() for place in self._order)

    def _stretch(self, start: int, stop: int) -> int:
        """Computes ticks at once, as far as nothing holds anything back, and returns how far."""
        if stop - start < _SHORT:
            return start
        saved = [place.save() for place in self._order]
        requests = self._pool.requests if self._pool else 0.0
        self._ledger.open()
        self._many(start, stop)
        strained = self._strained(slice(start, stop))
        if strained is None:
            self._ledger.keep()
            return stop
        self._ledger.undo()
        for place, values in zip(self._order, saved, strict=True):
            place.load(values)
        if self._pool:
            self._pool.requests = requests
        if strained - start >= _SHORT:
            self._many(start, strained)
            return strained
        return start

    def _many(self, start: int, stop: int) -> None:
        self._steps += 1
        at = slice(start, stop)
        for place in self._order:
            place.limited = 0.0
        self._let_users_in(start, stop)
        self._expect(start)
        for place in self._order:
            place.commit(at)
            place.note(at)
        if self._pool is not None:
            self._pool.spend(self._pool_invoked(at), self._ledger.tick_s * (stop - start))

    def _strained(self, at: slice) -> int | None:
        found = [place.strained(at) for place in self._order]
        if self._pool is not None:
            found.append(self._pool.strained(at))
        first = [tick for tick in found if tick is not None]
        return min(first) if first else None

    def _pool_invoked(self, at: slice) -> float:
        assert self._pool is not None  # noqa: S101
        invoked = 0.0
        for place in self._pool.functions:
            invoked += place.invoked(at)
        return invoked

    def _edges_of_faults(self) -> list[int]:
        tick_s = self._ledger.tick_s
        edges = {0}
        for each in self._network.disturbances:
            edges.update({round(each.start_s / tick_s), round(each.end_s / tick_s)})
        return sorted(edge for edge in edges if 0 <= edge < self._ledger.ticks)

    def _next_edge(self, tick: int) -> int:
        return min((edge for edge in self._edges if edge > tick), default=self._ledger.ticks)

    def _set_faults(self, tick: int) -> None:
        now = (tick + 0.5) * self._ledger.tick_s
        active = [each for each in self._network.disturbances if each.start_s <= now < each.end_s]
        for name, place in self._places.items():
            place.trouble = trouble_of([each for each in active if each.station == name])
        if self._pool is not None:
            limits = [
                each.limit
                for each in active
                if each.inject is Inject.CONCURRENCY and each.limit is not None
            ]
            self._pool.change(min(limits, default=math.inf))
        for each in self._network.disturbances:
            if round(each.start_s / self._ledger.tick_s) == tick and each.station is not None:
                hit = self._places.get(each.station)
                if each.inject is Inject.KILL_TASK and isinstance(hit, ServicePlace):
                    hit.kill(tick)
                elif each.inject is Inject.UPDATE and isinstance(hit, FunctionPlace):
                    hit.update()

    def _place(self, station: Station) -> Place:
        if isinstance(station, Function):
            return FunctionPlace(station, self._ledger, self._network.account)
        if type(station) not in _PLACES:
            raise HinagataError(f"{station.name} is a station that the tick engine does not know")
        return _PLACES[type(station)](station, self._ledger)

    def _flow(
        self,
        name: str,
        caller: str,
        *,
        retry: Retry = NO_RETRY,
        timeout_s: float = math.inf,
        latency_s: float = 0.0,
    ) -> Flow:
        if name not in self._places:
            raise HinagataError(f"{caller} sends to {name}, which is no station")
        place = self._places[name]
        flow = Flow(
            self._ledger, place.answer, retry=retry, timeout_s=timeout_s, latency_s=latency_s
        )
        place.flows.append(flow)
        return flow

    def _send(self, traffic: Traffic) -> None:
        channel = isinstance(self._network.stations[traffic.target], Queue | Stream | Topic)
        flow = self._flow(
            traffic.target,
            traffic.name,
            retry=traffic.retry,
            timeout_s=math.inf if channel else traffic.timeout_s,
        )
        self._entering[traffic.name] = flow
        if isinstance(traffic.rate, ClosedLoopRate):
            self._closed.append((flow, traffic.rate))
            return
        row = flow.due[0]
        assert row is not None  # noqa: S101
        row[: self._ledger.ticks] = self._sent[traffic.name]
        self._given.append(row)

    def _connect(self, name: str, station: Station) -> None:
        place = self._places[name]
        match place, station:
            case QueuePlace(), Queue():
                if station.poller is not None and place.invoker is not None:
                    self._invoke(station.poller.function, name, place.invoker)
                place.dead = self._to(station.dead_letter, name)
            case StreamPlace(), Stream():
                for reader in station.readers:
                    invoker = Invoker(self._ledger, partial=False)
                    self._invoke(reader.function, name, invoker)
                    place.add(reader, invoker, self._to(reader.on_failure, name))
            case AsyncInvokePlace(), AsyncInvoke():
                place.invoke = self._flow(station.function, name)
                place.told = self._to(station.on_failure, name)
            case TopicPlace(), Topic():
                place.dead = self._to(station.dead_letter, name)
            case _:
                pass
        for call in station.calls:
            timeout_s = call.timeout_s
            if isinstance(station, Gateway):
                timeout_s = min(timeout_s, station.timeout_s)
            target = self._network.stations.get(call.target)
            if not call.waits or isinstance(target, Queue | Stream | Topic | AsyncInvoke):
                timeout_s = math.inf
            flow = self._flow(
                call.target, name, retry=call.retry, timeout_s=timeout_s, latency_s=call.latency_s
            )
            place.ways.append(Way(call, flow, self._shares(call, name)))

    def _to(self, name: str | None, caller: str) -> Flow | None:
        return None if name is None else self._flow(name, caller)

    def _invoke(self, name: str, channel: str, invoker: Invoker) -> None:
        if name not in self._places:
            raise HinagataError(f"{channel} sends to {name}, which is no station")
        place = self._places[name]
        if isinstance(place, FunctionPlace):
            place.invokers.append(invoker)
            return
        # A station that knows no batches is given their messages one by one.
        invoker.flow = self._flow(name, channel)
        invoker.answer = place.answer

    def _shares(self, call: Call, name: str) -> Values | None:
        """Returns the share of a station's messages that a call is made for, each tick."""
        if call.sources is None:
            return None
        total = np.zeros(self._ledger.ticks)
        these = np.zeros(self._ledger.ticks)
        let_in = self._let_in
        for source, times in self._visited[name].items():
            came = let_in[source] * times
            total += came
            if source in call.sources:
                these += came
        # A last one for what is looked at just after the end.
        shares = np.divide(these, total, out=np.zeros(len(total)), where=total > 0.0)
        return np.append(shares, shares[-1])

    @cached_property
    def _let_in(self) -> dict[str, Values]:
        """How many messages of a source get past the API that takes them, in each tick.

        Who is refused there comes nowhere, and would else be taken for a part of what does.
        """
        found = dict(self._sent)
        for name, station in self._network.stations.items():
            if isinstance(station, Gateway):
                own = [each.name for each in self._network.traffic if each.target == name]
                total = sum((self._sent[each] for each in own), np.zeros(self._ledger.ticks))
                most = station.per_s * self._ledger.tick_s
                for each in own:
                    found[each] = self._sent[each] * (most / np.maximum(total, most))
        return found

    def _counts(self, traffic: Traffic) -> Values:
        """Returns how many messages a source sends in each tick."""
        ledger = self._ledger
        rate: object = traffic.rate
        edges = np.minimum(np.arange(ledger.ticks + 1) * ledger.tick_s, self._network.duration_s)
        if isinstance(rate, ClosedLoopRate):
            return np.full(ledger.ticks, traffic.rate.rate_at(0.0) * ledger.tick_s)
        count: Callable[[float, float], float] = traffic.rate.count
        if isinstance(rate, DiurnalRate) and ledger.tick_s <= _SMOOTH_S / 10:
            # Exact each minute, in between along what is nearly a line.
            knots = np.arange(0.0, edges[-1] + _SMOOTH_S, _SMOOTH_S)
            rates = np.array([rate.rate_at(knot) for knot in knots.tolist()])
            exact = np.array([count(0.0, knot) for knot in knots.tolist()])
            line = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2 * _SMOOTH_S)])
            since = np.minimum((edges / _SMOOTH_S).astype(np.int64), len(knots) - 2)
            part = edges - knots[since]
            slope = (rates[since + 1] - rates[since]) / _SMOOTH_S
            beyond = rates[since] * part + slope * part**2 / 2
            stretch = np.diff(exact) / np.maximum(np.diff(line), 1e-300)
            counted = exact[since] + beyond * stretch[since]
        else:
            counted = np.array([count(0.0, edge) for edge in edges.tolist()])
        counts = np.maximum(np.diff(counted), 0.0)
        if not np.isfinite(counts).all():
            raise HinagataError(f"the rate of {traffic.name} is not a finite number")
        return np.asarray(counts)

    def _let_users_in(self, start: int, stop: int) -> None:
        for flow, rate in self._closed:
            fate = flow.fate(waits=True)
            latency_s = (1.0 - fate.lost) * fate.ok.mean + fate.lost * fate.sorry.mean
            row = flow.due[0]
            assert row is not None  # noqa: S101
            sent = rate.rate_at(0.0, latency_seconds=latency_s) * self._ledger.tick_s
            self._ledger.put(row, slice(start, stop), sent)

    def _share(self) -> Pool | None:
        functions = [
            place
            for place in self._order
            if isinstance(place, FunctionPlace) and place.shares_account()
        ]
        if not functions:
            return None
        reserved = 0.0
        for station in self._network.stations.values():
            if isinstance(station, Function) and station.in_account:
                own = station.provisioned if station.reserved is None else station.reserved
                reserved += own
        return Pool(self._network.account, functions, reserved)

    def _in_order(self) -> list[str]:
        """Returns the stations, each after all that send to it."""
        before: dict[str, set[str]] = {name: set() for name in self._network.stations}
        for name, station in self._network.stations.items():
            for target in _targets(station):
                before[target].add(name)
        try:
            return list(TopologicalSorter(before).static_order())
        except CycleError as error:
            raise HinagataError(
                f"messages go round for ever: {' → '.join(error.args[1])}; end that in the "
                "architecture, or take the event engine"
            ) from None

    def totals(self, ticks: int) -> dict[tuple[str, str], float]:
        """Returns what is compared of the first ticks.

        Args:
            ticks: How many.
        """
        return {
            (name, each): float(getattr(series, each)[:ticks].sum())
            for name, place in self._places.items()
            for series in [place.series()]
            for each in ("attempts", "throttled", "failed", "queued")
        }

    def outcome(self) -> Outcome:
        """Returns what happened."""
        stations = {name: place.series() for name, place in self._places.items()}
        for series in stations.values():
            there = series.in_flight + series.queued
            before = np.concatenate([[0.0], there[:-1]])
            series.present[:] = (before + there) / 2
            ended = series.done + series.failed + series.dead + series.expired
            series.latency_s[:] = stays_s(series.arrivals, ended, self._ledger.tick_s)
        account = StationSeries.zeros(self._ledger.ticks)
        for name, station in self._network.stations.items():
            if isinstance(station, Function) and station.in_account:
                account.busy[:] += stations[name].busy
                account.throttled[:] += stations[name].throttled
        return Outcome(
            engine="tick",
            tick_s=self._ledger.tick_s,
            duration_s=self._network.duration_s,
            stations={**stations, "": account},
            latencies=latencies(self._network, self._places, self._sent, self._ledger),
            sent={
                name: float(np.sum(flow.arrivals[: self._ledger.ticks]))
                for name, flow in self._entering.items()
            },
            doubts=tuple(doubts(self._network, stations)),
            events=self._steps,
        )


def _targets(station: Station) -> Iterator[str]:
    """Yields whom a station sends to, whatever becomes of a message."""
    yield from (way.target for way in ways(station))
    told: list[str | None] = []
    if isinstance(station, Queue | Topic):
        told.append(station.dead_letter)
    elif isinstance(station, AsyncInvoke):
        told.append(station.on_failure)
    elif isinstance(station, Stream):
        told.extend(reader.on_failure for reader in station.readers)
    yield from (name for name in told if name is not None)


_PLACES: Mapping[type[Station], Callable[[Any, Ledger], Place]] = {
    AsyncInvoke: AsyncInvokePlace,
    Dependency: DependencyPlace,
    Gateway: GatewayPlace,
    Queue: QueuePlace,
    Service: ServicePlace,
    Stream: StreamPlace,
    Table: TablePlace,
    Topic: TopicPlace,
    Workflow: WorkflowPlace,
}
