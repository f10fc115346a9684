"""The messages of a source, on their way into the calendar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hinagata.simulator.draws import Window
from hinagata.simulator.event.calendar import Calendar, Late


class Coming:
    """Enters what a source sends, a window at a time: no message goes through a heap."""

    __slots__ = ("_calendar", "_entries", "_known_s", "_windows")

    def __init__(
        self,
        calendar: Calendar,
        windows: Iterator[Window],
        entries: Callable[[list[float]], list[Late]],
    ) -> None:
        self._calendar = calendar
        self._windows = windows
        self._entries = entries
        self._known_s = 0.0

    def enter(self, until_s: float) -> None:
        """Enters all that is sent until a time, or a little longer.

        Args:
            until_s: That time.
        """
        while self._known_s < until_s:
            self._known_s, times = next(self._windows, (math.inf, np.zeros(0)))
            if len(times):
                self._enter(times)

    def _enter(self, times: npt.NDArray[np.float64]) -> None:
        calendar = self._calendar
        sent = times.tolist()
        entries = self._entries(sent)
        slots = (times * calendar.per_s).astype(np.int64)
        first = [0, *(np.flatnonzero(np.diff(slots)) + 1).tolist(), len(sent)]
        for begin, end in pairwise(first):
            calendar.slots[int(slots[begin])] += entries[begin:end]
