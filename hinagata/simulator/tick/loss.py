"""Erlang's loss within a tick: the share of tries that find all places taken.

Within a tick, who holds places from before and who comes now behave as in the steady state of the
same mean load. With `a` that load, B Erlang's formula, `carry` what is held from before and `fresh`
what all tries of the tick would hold in it:

    a (1 - B(L, a)) = carry + fresh (1 - B(L, a))

It is the fluid limit for many places, exact in steady state, and does not depend on how service
times are distributed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_POINTS = 2048
# Below, less than one try in 10^25 is refused.
_DEVIATIONS = 11.0
_GREATEST_LOAD = 50.0
# Above that many places a load is as good as normal: what that neglects is below 1/sqrt(L).
_NORMAL = 1e5
# Limits that move from tick to tick use the next of a grid, and their load scaled to it.
_GRID = 40.0


@dataclass(frozen=True)
class LossTable:
    """What is refused at a limit, for loads from next to nothing refused to nearly all.

    Attributes:
        limit: How many places there are.
        loads: Offered loads, ascending.
        refused: The share that each of them loses.
    """

    limit: float
    loads: list[float]
    refused: list[float]

    def refused_of(self, carry: float, fresh: float) -> float:
        """Returns the share of tries that are refused in a tick.

        Args:
            carry: Places held from before, as a mean over the tick.
            fresh: Places that all the tick's tries would hold, as a mean over the tick.
        """
        if fresh <= 0.0:
            # Somebody who came all the same: what is taken is known, and it is not his doing.
            return self.at_load(self._load(carry, 0.0))
        return self.at_load(self._load(carry, fresh))

    def _load(self, carry: float, fresh: float) -> float:
        if carry >= self.limit:
            return math.inf
        loads, refused = self.loads, self.refused
        low, high = -1, len(loads)
        while high - low > 1:
            middle = (low + high) // 2
            if (1.0 - refused[middle]) * (loads[middle] - fresh) < carry:
                low = middle
            else:
                high = middle
        if high == 0:
            return carry + fresh
        if high == len(loads):
            # So far above the limit that all places are always taken.
            return fresh / (1.0 - carry / self.limit) if fresh else math.inf
        below = (1.0 - refused[low]) * (loads[low] - fresh)
        above = (1.0 - refused[high]) * (loads[high] - fresh)
        part = (carry - below) / (above - below) if above > below else 1.0
        return loads[low] + part * (loads[high] - loads[low])

    def at_load(self, load: float) -> float:
        """Returns the share that an offered load loses."""
        loads = self.loads
        if load <= loads[0]:
            return 0.0
        if load >= loads[-1]:
            return 1.0 - self.limit / load if load < math.inf else 1.0
        above = bisect_left(loads, load)
        part = (load - loads[above - 1]) / (loads[above] - loads[above - 1])
        return self.refused[above - 1] + part * (self.refused[above] - self.refused[above - 1])


@lru_cache(maxsize=512)
def loss_table(limit: float) -> LossTable:
    """Returns the table of a limit, a whole number or not.

    1 / B = sum over k of L (L-1) ... (L-k+1) / a^k, which a limit between two numbers has too.

    Args:
        limit: How many places there are, above 0.
    """
    deviation = math.sqrt(limit)
    least = max(limit * 1e-3, limit - _DEVIATIONS * deviation)
    dense = limit + _DEVIATIONS * deviation
    loads = np.concatenate(
        [
            np.linspace(least, dense, _POINTS, endpoint=False),
            np.geomspace(dense, max(dense * 2, _GREATEST_LOAD * limit), _POINTS // 4),
        ]
    )
    return LossTable(limit, loads.tolist(), erlang_b(limit, loads).tolist())


def erlang_b(limit: float, loads: Values) -> Values:
    """Returns Erlang's B for loads from about ten deviations below a limit on.

    Args:
        limit: How many places there are, a whole number or not.
        loads: Offered loads.
    """
    if limit > _NORMAL:
        return _erlang_b_of_many(limit, loads)
    inverse, term = np.ones_like(loads), np.ones_like(loads)
    for k in range(math.ceil(limit)):
        term = term * ((limit - k) / loads)
        inverse += term
        if k % 64 == 63 and float(np.max(term / inverse)) < 1e-14:
            break
    return np.asarray(1.0 / inverse)


def _erlang_b_of_many(limit: float, loads: Values) -> Values:
    """Returns Erlang's B where a load is as good as normal.

    With z = (L - a) / sqrt(a) it is the normal density over its sum up to z, over sqrt(a).
    """
    roots = np.sqrt(loads)
    distances = ((limit - loads) / roots).tolist()
    ratios = [
        # Far above the limit, phi(z) / Phi(z) is -z.
        -z
        if z < -30.0
        else math.exp(-z * z / 2) / (1.2533141373155 * math.erfc(-z / math.sqrt(2.0)))
        for z in distances
    ]
    return np.asarray(np.array(ratios) / roots)


def refused(limit: float, carry: float, fresh: float, *, moving: bool = False) -> float:
    """Returns the share of a tick's tries that find no place.

    Args:
        limit: How many places there are; infinite refuses nobody.
        carry: Places held from before, as a mean over the tick.
        fresh: Places that all the tick's tries would hold, as a mean over the tick.
        moving: Whether the limit is another one every tick.
    """
    if limit <= 0.0:
        return 1.0
    load = carry + fresh
    if limit == math.inf or (load < limit and (limit - load) ** 2 > 121.0 * limit):
        return 0.0
    if not moving:
        return loss_table(limit).refused_of(carry, fresh)
    near = math.exp(round(math.log(limit) * _GRID) / _GRID)
    scale = near / limit
    return loss_table(near).refused_of(carry * scale, fresh * scale)


def refused_beside(limit: float, carry: float, fresh: float, followed: float) -> float:
    """Returns the share of a tick's tries that find no place beside those who hand theirs on.

    A place that is taken again as soon as it is left is no matter of chance: as far as places are,
    the others get what is left of them, and no more.

    Args:
        limit: How many places there are; infinite refuses nobody.
        carry: Places that are not free, as a mean over the tick.
        fresh: Places that all these tries would hold, as a mean over the tick.
        followed: The share of the tick's new work for which that holds.
    """
    by_chance = refused(limit, carry, fresh)
    if not followed or not fresh:
        return by_chance
    at_least = min(1.0, max(0.0, 1.0 - (limit - carry) / fresh))
    return followed * at_least + (1.0 - followed) * by_chance


def erlang_b_at(limit: float, load: float) -> float:
    """Returns Erlang's B for a limit that moves, by the nearest of a grid.

    Args:
        limit: How many places there are, a whole number or not.
        load: The offered load.
    """
    if limit <= 0.0:
        return 1.0
    if load <= 0.0 or (load < limit and (limit - load) ** 2 > 121.0 * limit):
        return 0.0
    near = math.exp(round(math.log(limit) * _GRID) / _GRID)
    return loss_table(near).at_load(load * near / limit)
