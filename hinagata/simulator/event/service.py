"""A load balancer before containers, and how these follow their load."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from heapq import heappush
from itertools import count
from typing import Any

from hinagata.scenario.fault import Inject
from hinagata.simulator.draws import durations, uniform
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.node import FAILED, OK, Answer, Message, Node, World, is_poison
from hinagata.simulator.model import Disturbance, Service
from hinagata.simulator.outcome import StationSeries

# What is noted of a request: until when somebody waits, the message, whom to tell, about what.
DEADLINE, MESSAGE, TOLD, ABOUT = range(4)
Request = list[Any]


class ServiceNode(Node):
    """A service: one line for all its slots."""

    __slots__ = (
        "_busy",
        "_calls",
        "_came",
        "_deadlines",
        "_draw",
        "_entered",
        "_faults",
        "_finish_act",
        "_killed",
        "_left",
        "_line",
        "_number",
        "_occupied_s",
        "_running",
        "_since",
        "_slots",
        "_special",
        "_watched",
        "_work",
        "service",
        "tasks",
    )

    def __init__(self, service: Service, world: World, *, killed: bool) -> None:
        super().__init__(service, world)
        self.service = service
        self.tasks = service.tasks
        self._slots = 0
        self._busy = 0
        self._line: deque[Request] = deque()
        self._work: Iterator[float] = durations(service.work, world.draws(self.name, "work"))
        self._draw = uniform(world.draws(self.name, "faults"))
        self._deadlines = (
            Deadlines(world.calendar, service.timeout_s, self._expired)
            if service.timeout_s < math.inf
            else None
        )
        self._calls: Calls | None = None
        self._faults: list[Disturbance] = []
        # Which requests are worked on, only where a task will be killed in the middle of them.
        self._running: dict[int, Request] | None = {} if killed else None
        self._killed: set[int] = set()
        self._number = count().__next__
        # Whether a request may be more than a time, and whether somebody asks for the busy slots.
        self._watched = service.tracking is not None and service.tracking.busy_share is not None
        self._special = killed or self._watched
        self._came = 0
        self._occupied_s = 0.0
        self._since = 0.0
        self._entered = self.ledger.entered
        self._left = self.ledger.left
        self._finish_act = self._finish
        self.resize(0.0, service.tasks)

    def connect(self, calls: Calls) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
        """
        self._calls = calls or None
        self._judge()

    def offer(
        self, t: float, message: Message, _since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Takes a request: see `Node.offer`."""
        self._came += 1
        request = [math.inf, message, answer, about]
        if self._deadlines is not None:
            self._deadlines.watch(t, request)
        if self._busy < self._slots:
            if self._special:
                self._start(t, request)
            else:
                self._busy += 1
                self._entered.append(t)
                heappush(
                    self._heap,
                    (t + next(self._work), next(self._tickets), self._finish_act, request),
                )
        else:
            self._line.append(request)
        return None

    def resize(self, t: float, tasks: float) -> None:
        """Changes how many tasks take requests; what they work on is finished.

        Args:
            t: When.
            tasks: How many.
        """
        self.tasks = tasks
        self._slots = math.floor(tasks * self.service.slots + 1e-9)
        while self._line and self._busy < self._slots:
            self._start(t, self._line.popleft())

    def load(self, t: float) -> tuple[int, float]:
        """Returns how many requests came, and how long slots were busy, since it was asked last.

        Args:
            t: The time.
        """
        self._account(t)
        answer = self._came, self._occupied_s
        self._came = 0
        self._occupied_s = 0.0
        return answer

    def sample(self, tick: int, _t: float, /) -> None:
        """Notes the tasks: see `Node.sample`."""
        self.ledger.capacity[tick] = self.tasks

    def series(self) -> StationSeries:
        """Returns what happened here; every second of a task is billed, from its start on."""
        series = super().series()
        series.billed_s[:] = self.ledger.rented * self.world.clock.lengths
        return series

    def disturb(self, disturbance: Disturbance, t: float, /, *, begins: bool) -> None:
        """Begins or ends what goes wrong inside the service: see `Node.disturb`."""
        if disturbance.inject == Inject.KILL_TASK:
            if begins:
                self._kill(t)
        elif disturbance.inject in {Inject.RAISE, Inject.CRASH, Inject.HANG, Inject.POISON}:
            if begins:
                self._faults.append(disturbance)
            elif disturbance.inject != Inject.POISON:
                self._faults.remove(disturbance)
            self._judge()

    def _judge(self) -> None:
        """Decides whether a request is just a time: then it takes the short way."""
        self._special = bool(
            self._calls or self._faults or self._running is not None or self._watched
        )

    def _start(self, t: float, request: Request) -> None:
        """Lets a free slot work on a request."""
        if self._watched:
            self._account(t)
        self._busy += 1
        self._entered.append(t)
        work = next(self._work)
        if not (self._calls or self._faults or self._running is not None):
            heappush(self._heap, (t + work, next(self._tickets), self._finish_act, request))
            return
        number = self._number()
        if self._running is not None:
            self._running[number] = request
        fails = False
        for fault in self._faults:
            if fault.inject == Inject.POISON:
                fails = fails or is_poison(fault, request[MESSAGE])
            elif next(self._draw) < fault.share:
                fails = True
                if fault.inject == Inject.HANG:
                    work = self.service.timeout_s
        self.world.calendar.at(t + work, self._worked, (number, request, fails))

    def _finish(self, t: float, request: Request) -> None:
        """Ends the work on a request that is just a time."""
        if self._special or self._line:
            self._free(t)
        else:
            self._busy -= 1
            self._left.append(t)
        # Who waited too long has got his answer already, from the load balancer.
        if request[DEADLINE] != OVER:
            request[DEADLINE] = OVER
            request[TOLD](t, request[ABOUT], OK)

    def _answer(self, t: float, request: Request, result: int) -> None:
        if request[DEADLINE] != OVER:
            request[DEADLINE] = OVER
            request[TOLD](t, request[ABOUT], result)

    def _worked(self, t: float, state: tuple[int, Request, bool]) -> None:
        number, request, fails = state
        if number in self._killed:
            self._killed.discard(number)
            return
        if fails or not self._calls:
            self._end(t, state, FAILED if fails else OK)
            return
        result = self._calls.make(t, request[MESSAGE], self._called, state)
        if result is not None:
            self._end(t, state, result)

    def _called(self, t: float, state: tuple[int, Request, bool], result: int) -> None:
        if state[0] in self._killed:
            self._killed.discard(state[0])
        else:
            self._end(t, state, result)

    def _end(self, t: float, state: tuple[int, Request, bool], result: int) -> None:
        if self._running is not None:
            del self._running[state[0]]
        self._free(t)
        self._answer(t, state[1], FAILED if result else OK)

    def _free(self, t: float) -> None:
        if self._watched:
            self._account(t)
        self._left.append(t)
        self._busy -= 1
        if self._line and self._busy < self._slots:
            self._start(t, self._line.popleft())

    @staticmethod
    def _expired(t: float, request: Request) -> None:
        request[TOLD](t, request[ABOUT], FAILED)

    def _kill(self, t: float) -> None:
        """Ends a task: its share of the requests fails, and another task takes its place."""
        if self._running is None or self.tasks < 1:
            return
        share = 1 / self.tasks
        self.resize(t, self.tasks - 1)
        for number, request in list(self._running.items()):
            if next(self._draw) < share:
                del self._running[number]
                self._killed.add(number)
                self._free(t)
                self._answer(t, request, FAILED)
        self.world.calendar.at(t + self.service.start_s, self._replace)

    def _replace(self, t: float, _: object) -> None:
        self.resize(t, self.tasks + 1)

    def _account(self, t: float) -> None:
        self._occupied_s += self._busy * (t - self._since)
        self._since = t
