"""Notices that a network goes on as it does, however much it is held back, and lets it.

A network that refuses nothing is computed in stretches. One that is overloaded all day long costs
its ticks, one by one; but if nothing changes from outside it soon repeats itself, and only what
waits for it grows, evenly. Then what the last ticks were, the coming ones will be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hinagata.simulator.tick.ledger import Ledger
from hinagata.simulator.tick.place import Place

Values = npt.NDArray[np.float64]

# So many ticks, at least, are compared with those before.
_SPAN = 60
# What lies further ahead than that must be nothing: what comes back after hours is not steady yet.
_AHEAD = 4096
# How much may change from a span to the next: as a share, and as one of all that is sent. Sweeps
# agree to a millionth of all tries, of which the refused may be a small part; a mean must be the
# same to a tenth of it, lest what changes slowly is taken for what does not.
_SHARE, _OF_ALL = 5e-5, 1e-9
# In vain, it is looked again after twice as long, up to that.
_LONGEST_PAUSE = 1920


class _Moment(NamedTuple):
    """What is known at a tick.

    Attributes:
        tick: The tick that comes next.
        ahead: What every row already knows of the coming ticks.
        settled: What must be the same later.
        piled: What may have grown.
    """

    tick: int
    ahead: list[Values]
    settled: list[Any]
    piled: list[Values]


class Steady:
    """Looks for a network's repetition, and writes it down."""

    def __init__(self, ledger: Ledger, places: Sequence[Place], given: Iterable[Values]) -> None:
        self._ledger = ledger
        self._places = places
        self._given = list(given)
        self._fixed = {id(row) for row in self._given}
        period = math.lcm(*(place.period() for place in places))
        self._span = period * math.ceil(_SPAN / period)
        self._possible = all(place.repeats() for place in places) and period <= _SPAN
        self._pause = self._span
        self._from = 2 * self._span
        self._before: _Moment | None = None

    def look(self, tick: int, stop: int) -> int:
        """Returns how many coming ticks will be as those before; 0 if that is not known.

        Args:
            tick: The first of them.
            stop: Where it ends at the latest.
        """
        if tick < self._from or not self._possible:
            return 0
        many = self._constant(tick, stop)
        if many < 4 * self._span:
            self._wait(tick)
            return 0
        before, now = self._before, self._moment(tick)
        if before is None or before.tick + self._span != tick:
            self._before, self._from = now, tick + self._span
            return 0
        if not self._same(before, now):
            self._wait(tick)
            return 0
        self._pause = self._span
        return many - many % self._span

    def repeat(self, tick: int, many: int) -> None:
        """Lets ticks be as those before.

        Args:
            tick: The first of them.
            many: How many: whole spans.
        """
        before, span, end = self._before, self._span, self._ledger.ticks
        assert before is not None  # noqa: S101
        piles = {id(row) for place in self._places for row in place.piles()}
        after = tick + many
        for row in self._own():
            last = row[tick - span : tick].copy()
            ahead = row[tick : min(tick + _AHEAD, end)].copy()
            filled = np.tile(last, many // span)
            if id(row) in piles:
                growth = last[-1] - row[tick - span - 1]
                filled += growth * np.repeat(np.arange(1, many // span + 1), span)
            row[tick:after] = filled
            room = end - after
            row[after : after + min(len(ahead), room)] = ahead[:room]
            row[end] += ahead[room:].sum()
        for place, was in zip(self._places, before.piled, strict=True):
            place.repeat(many, (place.piled() - was) * (many / span))
        self._before = None
        self._from = after + 2 * span

    def _wait(self, tick: int) -> None:
        self._before = None
        self._from = tick + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _own(self) -> list[Values]:
        return [row for row in self._ledger.rows if id(row) not in self._fixed]

    def _moment(self, tick: int) -> _Moment:
        return _Moment(
            tick,
            [row[tick : tick + _AHEAD].copy() for row in self._own()],
            [place.remains() for place in self._places],
            [place.piled() for place in self._places],
        )

    def _constant(self, tick: int, stop: int) -> int:
        """Returns for how long as much comes from outside as did for two spans."""
        for place in self._places:
            stop = min(stop, place.repeats_until(tick))
        for row in self._given:
            known = row[tick - 2 * self._span : stop]
            off = np.abs(known - row[tick - 1]) > 1e-9 * row[tick - 1]
            if off.any():
                stop = min(stop, tick - 2 * self._span + int(np.argmax(off)))
        return max(0, stop - tick)

    def _same(self, before: _Moment, now: _Moment) -> bool:
        least = _OF_ALL * max((float(row[now.tick - 1]) for row in self._given), default=0.0)
        rows = self._own()
        if len(rows) != len(before.ahead):
            return False
        piles = {id(row) for place in self._places for row in place.piles()}
        tick, span = now.tick, self._span
        for row, earlier, later in zip(rows, before.ahead, now.ahead, strict=True):
            last, previous = row[tick - span : tick], row[tick - 2 * span : tick - span]
            growth = last - previous
            if id(row) in piles:
                growth = growth - growth[-1]
            if not _alike(last - growth, last, least):
                return False
            if abs(growth.mean()) > least + _SHARE / 10 * abs(last).max():
                return False
            many = min(len(earlier), len(later))
            if not _alike(earlier[:many], later[:many], least):
                return False
            if row[tick + _AHEAD : -1].any():
                return False
        return all(
            _alike(np.asarray(one, dtype=float), np.asarray(other, dtype=float), least)
            for was, there in zip(before.settled, now.settled, strict=True)
            for one, other in zip(was, there, strict=True)
        )


def _alike(one: Values, other: Values, least: float) -> bool:
    same = one.shape == other.shape
    return same and bool(np.isclose(one, other, rtol=_SHARE, atol=least).all())
