"""Percentiles of times without keeping the times."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

# Bins that grow by one per cent each, from a microsecond to four months: no percentile is wrong by
# more than half a per cent, and memory does not grow with the messages.
GROWTH = math.log(1.01)
SHORTEST_S = 1e-6
BINS = math.ceil(math.log(1e13) / GROWTH)


class Percentiles:
    """A histogram of times whose bins are as wide as one per cent of them."""

    __slots__ = ("_bins",)

    def __init__(self) -> None:
        self._bins: npt.NDArray[np.int64] = np.zeros(BINS + 1, dtype=np.int64)

    def add(self, times: npt.NDArray[np.float64]) -> None:
        """Counts times.

        Args:
            times: In seconds.
        """
        logs = np.log(np.maximum(times, SHORTEST_S) / SHORTEST_S) / GROWTH
        rows = np.minimum(np.ceil(logs).astype(np.int64), BINS)
        self._bins += np.bincount(rows, minlength=BINS + 1)

    def at(self, share: float) -> float | None:
        """Returns the time that this share of all did not exceed; None if there were none.

        Args:
            share: From 0 to 1.
        """
        total = int(self._bins.sum())
        if not total:
            return None
        row = int(np.searchsorted(np.cumsum(self._bins), share * total))
        return SHORTEST_S * math.exp((row - 0.5) * GROWTH) if row else 0.0
