"""Waits that end after a time, most of which are over before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from hinagata.simulator.event.calendar import Calendar

# A wait is a list that begins with its deadline; this one is over.
OVER = -1.0
# So many waits are let be before those that are over are sorted out.
FEW = 1000

Wait = list[Any]


class Deadlines:
    """Waits of the same length each, with one entry in the calendar for all of them.

    As they begin in order, they end in order. One that is over costs nothing but its place in the
    line, until as many are over as are not.
    """

    __slots__ = ("_after", "_calendar", "_expire", "_line", "_many", "_ring_act")

    def __init__(
        self, calendar: Calendar, after_s: float, expire: Callable[[float, Wait], None]
    ) -> None:
        self._calendar = calendar
        self._after = float(after_s)
        self._expire = expire
        self._line: deque[Wait] = deque()
        # How many may be in line until it needs attention: none, if no deadline is entered.
        self._many = 0
        self._ring_act = self._ring

    def watch(self, begun: float, wait: Wait) -> None:
        """Begins a wait, and writes its deadline into it.

        Args:
            begun: When it begins, not before the one before it.
            wait: The wait; whoever ends it sets its deadline to `OVER`.
        """
        wait[0] = begun + self._after
        line = self._line
        line.append(wait)
        if len(line) > self._many:
            self._attend()

    def _attend(self) -> None:
        """Enters the first deadline, or sorts out waits that are over."""
        if self._many:
            self._line = line = deque(one for one in self._line if one[0] != OVER)
            self._many = FEW + 2 * len(line)
        else:
            self._many = FEW
            self._calendar.at(self._line[0][0], self._ring_act)

    def _ring(self, t: float, _: object) -> None:
        late = []
        line = self._line
        while line and line[0][0] <= t:
            wait = line.popleft()
            if wait[0] != OVER:
                late.append(wait)
        if line:
            self._calendar.at(line[0][0], self._ring_act)
        else:
            self._many = 0
        for wait in late:
            # One that expires may end another one.
            if wait[0] != OVER:
                wait[0] = OVER
                self._expire(t, wait)
