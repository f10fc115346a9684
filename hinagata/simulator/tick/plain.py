"""Stations that only take their time: dependencies, workflows, and what takes messages over."""

from __future__ import annotations

import math

import numpy as np

from hinagata.simulator.model import Dependency, Workflow
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick import loss
from hinagata.simulator.tick.law import Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.place import Place


class DependencyPlace(Place):
    """Something outside: so many calls at once, and the time that each takes."""

    def __init__(self, station: Dependency, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._dependency = station
        self.held = ledger.row()

    def work(self) -> Law:
        """Returns its own time."""
        return Law.of(self._dependency.latency)

    def judge(self, tick: int, /) -> float:
        """Returns the share of the tick's tries that there is no place for."""
        if self._dependency.at_most == math.inf or self.tries_now <= 0.0:
            return 0.0
        fresh = self.tries_now * self.open_share()
        fresh *= float(self.answer.ok.busy(self.ledger.tick_s).shares[0])
        return loss.refused(self._dependency.at_most, self.held.item(tick), fresh)

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Takes places."""
        tick_s = self.ledger.tick_s
        answer = self.answer
        self.ledger.spread(self.held, at, admitted * (1.0 - answer.bad), answer.ok.busy(tick_s))
        if answer.bad:
            self.ledger.spread(self.held, at, admitted * answer.bad, answer.sorry.busy(tick_s))

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which its places are nearly taken."""
        limit = self._dependency.at_most
        if limit == math.inf:
            return None
        near = limit - 5.0 * math.sqrt(limit) if limit > 40 else limit * 0.15
        strained = self.held[at] > near
        place = int(np.argmax(strained))
        return at.start + place if strained[place] else None

    def series(self) -> StationSeries:
        """Returns what happened."""
        series = super().series()
        series.busy[:] = self.held[: self.ledger.ticks]
        return series


class WorkflowPlace(Place):
    """Step Functions: its own time, and its calls."""

    def __init__(self, station: Workflow, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._workflow = station

    def work(self) -> Law:
        """Returns its own time."""
        return Law(self._workflow.own_s, 0.0)
