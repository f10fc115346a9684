"""How a service's number of tasks follows its load, and the clock."""

from __future__ import annotations

import math

from hinagata.scenario.rate import DAY_SECONDS
from hinagata.simulator.event.service import ServiceNode
from hinagata.simulator.model import ScheduledStep, TargetTracking

# Below this share of the target a service shrinks: as CloudWatch's alarms of ECS's policies do.
LOW = 0.9


class Scaling:
    """Decides how many tasks a service has.

    A datapoint is judged by the tasks of its own time: what was needed then is not needed twice.
    """

    __slots__ = (
        "_above",
        "_at_least",
        "_below",
        "_changed_at",
        "_desired",
        "_node",
        "_service",
        "_starting",
    )

    def __init__(self, node: ServiceNode) -> None:
        self._node = node
        self._service = service = node.service
        self._at_least = service.at_least
        self._desired = service.tasks
        self._starting = 0.0
        self._above = 0
        self._below = 0
        self._changed_at = -math.inf
        calendar = node.world.calendar
        if service.tracking:
            calendar.at(service.tracking.period_s, self._judge, service.tracking)
        for step in service.steps:
            calendar.at(step.at_s, self._step, step)

    def sample(self, tick: int, _: float) -> None:
        """Notes, at the end of a tick, the tasks that are paid for.

        Args:
            tick: Its number.
        """
        self._node.ledger.rented[tick] = self._node.tasks + self._starting

    def _judge(self, t: float, tracking: TargetTracking) -> None:
        """Takes a datapoint, and changes the tasks if enough of them say so."""
        self._node.world.calendar.at(t + tracking.period_s, self._judge, tracking)
        came, occupied_s = self._node.load(t)
        # The share of the target that each task has to bear.
        if tracking.requests_per_task_per_min is not None:
            needed = came * 60 / tracking.period_s / tracking.requests_per_task_per_min
        elif tracking.busy_share is not None:
            needed = occupied_s / tracking.period_s / (self._service.slots * tracking.busy_share)
        else:
            return
        tasks = self._node.tasks
        self._above = self._above + 1 if needed > tasks else 0
        self._below = self._below + 1 if needed < LOW * tasks else 0
        # A whole number of tasks is not one more for a rounding error.
        wanted = math.ceil(needed - 1e-9)
        if (self._above >= tracking.above and wanted > self._desired) or (
            self._below >= tracking.below
            and wanted < self._desired
            and t - self._changed_at >= tracking.cooldown_s
        ):
            self._change(t, wanted)

    def _step(self, t: float, step: ScheduledStep) -> None:
        self._node.world.calendar.at(t + DAY_SECONDS, self._step, step)
        self._at_least = step.at_least
        if self._desired < step.at_least:
            self._change(t, step.at_least)

    def _change(self, t: float, wanted: float) -> None:
        desired = min(max(wanted, self._at_least), self._service.at_most)
        more = desired - self._desired
        if not more:
            return
        self._desired = desired
        self._changed_at = t
        if more > 0:
            self._starting += more
            self._node.world.calendar.at(t + self._service.start_s, self._started, more)
        else:
            self._node.resize(t, self._node.tasks + more)

    def _started(self, t: float, more: float) -> None:
        self._starting -= more
        self._node.resize(t, self._node.tasks + more)
