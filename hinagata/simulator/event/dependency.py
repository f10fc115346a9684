"""Stations that take their time and then make their calls: dependencies and workflows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heappush
from typing import Any

from hinagata.simulator.draws import durations
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node, World
from hinagata.simulator.model import Dependency, Work, Workflow
from hinagata.simulator.outcome import StationSeries


class TimedNode(Node):
    """A station that is busy for a time, then for its calls, with so many messages at once."""

    __slots__ = ("_at_most", "_busy", "_calls", "_time", "_worked_act")

    def __init__(
        self, station: Dependency | Workflow, world: World, work: Work, at_most: float = math.inf
    ) -> None:
        super().__init__(station, world)
        self._time: Iterator[float] = durations(work, world.draws(self.name, "work"))
        self._at_most = at_most
        self._busy = 0
        self._calls: Calls | None = None
        self._worked_act = self._worked

    def connect(self, calls: Calls) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
        """
        self._calls = calls or None

    def offer(
        self, t: float, message: Message, _since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Takes a message, or refuses it: see `Node.offer`."""
        if self._busy + 1 > self._at_most:
            return REFUSED
        self._busy += 1
        self.ledger.entered.append(t)
        heappush(
            self._heap,
            (t + next(self._time), next(self._tickets), self._worked_act, (message, answer, about)),
        )
        return None

    def _worked(self, t: float, state: tuple[Message, Answer, Any]) -> None:
        message, answer, about = state
        if self._calls:
            result = self._calls.make(t, message, self._called, (answer, about))
            if result is None:
                return
            self._end(t, answer, about, result)
        else:
            self._end(t, answer, about, OK)

    def _called(self, t: float, whom: tuple[Answer, Any], result: int) -> None:
        self._end(t, whom[0], whom[1], result)

    def _end(self, t: float, answer: Answer, about: Any, result: int) -> None:
        self._busy -= 1
        self.ledger.left.append(t)
        answer(t, about, FAILED if result else OK)


class WorkflowNode(TimedNode):
    """A workflow: billed by its duration where it is an express one."""

    __slots__ = ()

    def series(self) -> StationSeries:
        """Returns what happened here: see `Node.series`."""
        series = super().series()
        series.billed_s[:] = series.busy * self.world.clock.lengths
        return series
