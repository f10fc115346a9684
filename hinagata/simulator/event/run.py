"""Lets every message of a network go its way, one by one."""

from __future__ import annotations

import dataclasses
import gc
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop
from itertools import count
from typing import Any

import numpy as np

from hinagata.errors import HinagataError
from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import ClosedLoopRate
from hinagata.simulator.draws import Window, arrivals, durations, highest, stream, uniform
from hinagata.simulator.event.async_invoke import AsyncInvokeNode
from hinagata.simulator.event.batch import SendBatch, Singly
from hinagata.simulator.event.calendar import time_of
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.coming import Coming
from hinagata.simulator.event.dependency import TimedNode, WorkflowNode
from hinagata.simulator.event.door import AT_THE_DOOR, Door
from hinagata.simulator.event.function import FunctionNode
from hinagata.simulator.event.gateway import GatewayNode
from hinagata.simulator.event.ledger import Clock
from hinagata.simulator.event.link import Send, link, link_of, source
from hinagata.simulator.event.node import Node, World
from hinagata.simulator.event.pool import Pool
from hinagata.simulator.event.queue import QueueNode
from hinagata.simulator.event.scaling import Scaling
from hinagata.simulator.event.service import ServiceNode
from hinagata.simulator.event.stream import StreamNode
from hinagata.simulator.event.table import TableNode
from hinagata.simulator.event.topic import TopicNode
from hinagata.simulator.model import (
    AsyncInvoke,
    Call,
    Dependency,
    Disturbance,
    Function,
    Gateway,
    Network,
    Queue,
    Service,
    Station,
    Stream,
    Table,
    Topic,
    Work,
    Workflow,
)
from hinagata.simulator.outcome import Outcome, StationSeries

# The stations that are made of nothing but themselves.
NODES: dict[type[Station], Callable[[Any, World], Node]] = {
    Gateway: GatewayNode,
    Queue: QueueNode,
    Stream: StreamNode,
    Topic: TopicNode,
    AsyncInvoke: AsyncInvokeNode,
    Table: TableNode,
}
# Five minutes' work: more than the event engine is meant for, so that nothing goes on for ever.
AT_MOST_EVENTS = 50_000_000
# What is logged is counted after so many events, and their number is judged.
CHUNK = 50_000
# As many messages at the peak as can be sorted together in the processor's nearest memory.
IN_A_SLOT = 128


def run_events(
    network: Network, *, tick_s: float = 1.0, at_most_events: float = AT_MOST_EVENTS
) -> Outcome:
    """Returns what happens to every single message of a network.

    The same network, seed included, gives the same outcome bit by bit.

    Args:
        network: Its stations and traffic.
        tick_s: The length of a tick of the outcome's series; it changes nothing else.
        at_most_events: After so many events the run is given up.

    Raises:
        HinagataError: The network has more events than that, a station that is not there, or a
            number that is none.
    """
    return Run(network, tick_s, at_most_events).outcome()


class _Over(Exception):  # noqa: N818  # the end of a run is no error
    """The time is up."""


class Run:
    """A network on its way through time."""

    def __init__(self, network: Network, tick_s: float, at_most_events: float) -> None:
        _check(network, tick_s, at_most_events)
        self._network = network
        self._at_most_events = at_most_events
        self._numbers = {traffic.name: number for number, traffic in enumerate(network.traffic)}
        clock = Clock(network.duration_s, tick_s)
        self._world = World(clock, network.seed, len(network.traffic))
        self._world.calendar.per_s = _slots_per_s(network)
        self._world.calendar.looked = self._look
        self._sent = [0] * len(network.traffic)
        # Appointments of slots that have passed, and after how many of them it is looked at them.
        self._put_off = 0
        self._look_at = CHUNK
        functions = [s for s in network.stations.values() if isinstance(s, Function)]
        self._pool = Pool(network.account, functions)
        self._nodes = {name: self._node(station) for name, station in network.stations.items()}
        self._batches: dict[str, SendBatch] = {
            name: node.offer_batch
            for name, node in self._nodes.items()
            if isinstance(node, FunctionNode)
        }
        self._samples: list[Callable[[int, float], None]] = [
            node.sample for node in self._nodes.values() if type(node).sample is not Node.sample
        ]
        self._doors: dict[str, Door] = {}
        self._set_doors()
        for name, station in network.stations.items():
            self._connect(self._nodes[name], station)
        self._samples.extend(
            Scaling(node).sample for node in self._nodes.values() if isinstance(node, ServiceNode)
        )
        self._set_disturbances()

    def outcome(self) -> Outcome:
        """Lets the time run, and returns what happened."""
        calendar = self._world.calendar
        clock = self._world.clock
        calendar.at(float(clock.ends[0]), self._sample, 0)
        calendar.heap.append((self._network.duration_s, math.inf, _stop, None))
        calendar.heap.sort()
        events = self._run()
        nodes = self._nodes.values()
        stations = {node.name: node.series() for node in nodes}
        sources = list(self._numbers)
        return Outcome(
            engine="event",
            tick_s=clock.tick_s,
            duration_s=self._network.duration_s,
            stations={**stations, "": self._account(stations)},
            latencies=tuple(
                latency for node in nodes for latency in node.ledger.latencies(node.name, sources)
            ),
            sent=dict(zip(sources, map(float, self._sent), strict=True)),
            events=events,
        )

    def _run(self) -> int:
        """Lets things happen until the time is up, and returns how many did."""
        calendar = self._world.calendar
        # Nothing here refers to itself, so there is nothing to be found by going through millions
        # of messages again and again.
        collects = gc.isenabled()
        events = 0
        gc.disable()
        try:
            self._go_through_slots(self._let_come())
        except _Over:
            self._settle()
            events = self._put_off + next(calendar.tickets) - len(calendar.heap)
        except RecursionError:
            raise HinagataError(
                "the stations call each other in a circle that takes no time: end that in the "
                "architecture, or give one of them a time"
            ) from None
        finally:
            # Whatever did not happen would be gone through then.
            calendar.clear()
            if collects:
                gc.enable()
        return events

    def _go_through_slots(self, coming: list[Coming]) -> None:
        calendar = self._world.calendar
        heap, pop = calendar.heap, heappop
        for slot in count():
            end = (slot + 1) / calendar.per_s
            for each in coming:
                each.enter(end)
            late = calendar.open(slot)
            if end >= self._network.duration_s:
                del late[bisect_left(late, self._network.duration_s, key=time_of) :]
            self._put_off += len(late)
            # The hottest loop: what the heap has comes first, at the same time too.
            for one in late:
                t = one[0]
                while heap[0][0] <= t:
                    at, _, act, about = pop(heap)
                    act(at, about)
                one[2](t, one)
            while heap[0][0] <= end:
                t, _, act, about = pop(heap)
                act(t, about)
            if self._put_off > self._look_at:
                self._look()

    def _look(self) -> None:
        """Counts what is logged, and gives up where there is no end to it."""
        self._settle()
        self._look_at = self._put_off + CHUNK
        calendar = self._world.calendar
        events = self._put_off + calendar.drawn - len(calendar.heap)
        if events > self._at_most_events:
            reached = calendar.heap[0][0]
            raise HinagataError(
                f"the simulation had {events:,} events by second {reached:,.0f}: watch a "
                "shorter time, lower the rates, or take the tick engine"
            )

    def _settle(self) -> None:
        for node in self._nodes.values():
            node.ledger.settle()

    def _sample(self, t: float, tick: int) -> None:
        for sample in self._samples:
            sample(tick, t)
        if tick + 1 < self._world.clock.ticks:
            self._world.calendar.at(float(self._world.clock.ends[tick + 1]), self._sample, tick + 1)

    def _account(self, stations: dict[str, StationSeries]) -> StationSeries:
        """Returns what all functions of the account do together."""
        series = StationSeries.zeros(self._world.clock.ticks)
        for name, station in self._network.stations.items():
            if isinstance(station, Function) and station.in_account:
                series.busy[:] += stations[name].busy
                series.throttled[:] += stations[name].throttled
        return series

    def _let_come(self) -> list[Coming]:
        """Returns what enters the messages of each source, and lets users begin."""
        coming = []
        calendar = self._world.calendar
        for number, traffic in enumerate(self._network.traffic):
            draws = stream(self._network.seed, traffic.name, "arrivals")
            target = self._nodes[traffic.target]
            retry, timeout_s = traffic.retry, traffic.timeout_s
            if isinstance(traffic.rate, ClosedLoopRate):
                send = link(target, traffic.name, retry=retry, timeout_s=timeout_s)
                self._let_users_in(traffic.rate, send, number, draws)
            else:
                entries = source(target, traffic.name, number, retry=retry, timeout_s=timeout_s)
                windows = arrivals(traffic.rate, self._network.duration_s, draws)
                coming.append(Coming(calendar, self._counted(number, windows), entries))
        return coming

    def _counted(self, number: int, windows: Iterator[Window]) -> Iterator[Window]:
        for known_s, times in windows:
            self._sent[number] += len(times)
            yield known_s, times

    def _let_users_in(
        self, rate: ClosedLoopRate, send: Send, number: int, draws: np.random.Generator
    ) -> None:
        """Lets each user think, send, wait for the answer, and think again."""
        calendar = self._world.calendar
        think = durations(Work(mean_s=rate.think_seconds), draws)

        def ask(t: float, _: object) -> None:
            self._sent[number] += 1
            result = send(t, (t, number, None), answered, None)
            if result is not None:
                answered(t, None, result)

        def answered(t: float, _: object, _result: int) -> None:
            calendar.at(t + next(think), ask)

        for _ in range(rate.users):
            calendar.at(next(think), ask)

    def _node(self, station: Station) -> Node:
        world = self._world
        match station:
            case Function():
                return FunctionNode(station, world, self._network.account, self._pool)
            case Service():
                return ServiceNode(station, world, killed=self._is(station, Inject.KILL_TASK))
            case Workflow():
                return WorkflowNode(station, world, Work(mean_s=station.own_s, cv=0.0))
            case Dependency():
                return TimedNode(station, world, station.latency, station.at_most)
        if type(station) not in NODES:
            raise HinagataError(f"{station.name} is a station that the event engine does not know")
        return NODES[type(station)](station, world)

    def _connect(self, node: Node, station: Station) -> None:
        match node, station:
            case FunctionNode(), _:
                node.connect(self._calls(station), updated=self._is(station, Inject.UPDATE))
            case GatewayNode() | ServiceNode() | TimedNode() | TableNode(), _:
                node.connect(self._calls(station))
            case QueueNode(), Queue():
                batch = self._batch(station.poller.function, station) if station.poller else None
                node.connect(batch, self._tell(station.dead_letter, station))
            case StreamNode(), Stream():
                node.connect(
                    [
                        (
                            reader,
                            self._batch(reader.function, station),
                            self._tell(reader.on_failure, station),
                        )
                        for reader in station.readers
                    ]
                )
            case TopicNode(), Topic():
                node.connect(self._sends(station), self._tell(station.dead_letter, station))
            case AsyncInvokeNode(), AsyncInvoke():
                node.connect(
                    link(self._target(station.function, station), station.name),
                    self._tell(station.on_failure, station),
                )
            case _:
                pass

    def _calls(self, station: Station) -> Calls:
        share = uniform(self._world.draws(station.name, "calls"))
        return Calls(self._sends(station), share)

    def _sends(self, station: Station) -> list[tuple[Call, Send, frozenset[int] | None]]:
        return [
            (
                call,
                link_of(call, self._target(call.target, station), station.name),
                None
                if call.sources is None
                else frozenset(
                    self._numbers[name] for name in call.sources if name in self._numbers
                ),
            )
            for call in station.calls
        ]

    def _target(self, name: str, caller: Station) -> Node:
        if name not in self._nodes:
            raise HinagataError(f"{caller.name} sends to {name}, which is no station")
        return self._nodes[name]

    def _batch(self, name: str, channel: Station) -> SendBatch:
        target = self._target(name, channel)
        if name in self._batches:
            return self._batches[name]
        return Singly(target).send

    def _tell(self, name: str | None, station: Station) -> Send | None:
        return (
            None if name is None else link(self._target(name, station), station.name, waits=False)
        )

    def _is(self, station: Station, inject: Inject) -> bool:
        return any(
            d.station == station.name and d.inject == inject for d in self._network.disturbances
        )

    def _set_doors(self) -> None:
        """Puts a door before each station that is disturbed before anything is linked to it."""
        for disturbance in self._network.disturbances:
            name = disturbance.station
            if name is None or disturbance.inject not in AT_THE_DOOR or name in self._doors:
                continue
            if name in self._nodes:
                node = self._nodes[name]
                door = Door(node, node.entrance, self._batches.get(name))
                self._doors[name] = door
                node.entrance = door.offer
                if name in self._batches:
                    self._batches[name] = door.offer_batch

    def _set_disturbances(self) -> None:
        for disturbance in self._network.disturbances:
            if disturbance.station is not None and disturbance.station not in self._nodes:
                raise HinagataError(
                    f"{disturbance.inject} is to hit {disturbance.station}, which is no station"
                )
            calendar = self._world.calendar
            calendar.at(disturbance.start_s, self._begin, disturbance)
            calendar.at(disturbance.end_s, self._end, disturbance)

    def _begin(self, t: float, disturbance: Disturbance) -> None:
        self._disturb(t, disturbance, begins=True)

    def _end(self, t: float, disturbance: Disturbance) -> None:
        self._disturb(t, disturbance, begins=False)

    def _disturb(self, t: float, disturbance: Disturbance, *, begins: bool) -> None:
        if disturbance.station is None:
            self._pool.change(t, disturbance.limit if begins else None)
            return
        if disturbance.station in self._doors and disturbance.inject in AT_THE_DOOR:
            self._doors[disturbance.station].disturb(disturbance, begins=begins)
        self._nodes[disturbance.station].disturb(disturbance, t, begins=begins)


def _slots_per_s(network: Network) -> float:
    """Returns a power of two, for slots of so many messages at the peak, and of one at least."""
    peak, count, duration_s = 1.0 / network.duration_s, 1.0, network.duration_s
    for traffic in network.traffic:
        if not isinstance(traffic.rate, ClosedLoopRate):
            peak += highest(traffic.rate, 0.0, duration_s)
            count += traffic.rate.count(0.0, duration_s)
    return 2.0 ** round(math.log2(min(peak / IN_A_SLOT, count / duration_s)))


def _stop(_t: float, _about: object) -> None:
    raise _Over


def _check(network: Network, tick_s: float, at_most_events: float) -> None:
    """Refuses what cannot be run, or not in a reasonable time."""
    for what, value in (("duration", network.duration_s), ("tick", tick_s)):
        if not 0 < value < math.inf:
            raise HinagataError(f"the {what} of a simulation is {value} s: it must be above 0")
    _check_numbers("the account", network.account)
    for station in network.stations.values():
        _check_numbers(station.name, station)
    expected = 0.0
    for traffic in network.traffic:
        if traffic.target not in network.stations:
            raise HinagataError(f"{traffic.name} sends to {traffic.target}, which is no station")
        rate = traffic.rate
        if isinstance(rate, ClosedLoopRate):
            expected += rate.users
        else:
            expected += rate.count(0.0, network.duration_s)
    if not expected <= at_most_events:
        raise HinagataError(
            f"{expected:,.0f} messages are too many to follow one by one: watch a shorter time, "
            "lower the rates, or take the tick engine"
        )


def _check_numbers(name: str, part: Any) -> None:
    """Refuses what is negative, or no number."""
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        parts: Iterable[Any] = value if isinstance(value, tuple) else (value,)
        for one in parts:
            if dataclasses.is_dataclass(one):
                _check_numbers(f"{name}, {field.name}", one)
            elif isinstance(one, float | int) and not one >= 0:
                raise HinagataError(f"{field.name} of {name} is {one}: it must not be negative")
