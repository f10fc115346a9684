"""What happens next: the heart of the event engine."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from itertools import count
from typing import Any

# What is done at a time, with whatever it is about.
Act = Callable[[float, Any], None]


class Calendar:
    """Acts by time; those of the same time in the order in which they were entered.

    Entries are tuples, the cheapest thing that a heap can compare. The ticket decides between equal
    times, so that acts are never compared. Hot code pushes to `heap` itself.

    Attributes:
        heap: `(time, ticket, act, what it is about)`.
        ticket: Returns the next ticket.
    """

    __slots__ = ("heap", "ticket")

    def __init__(self) -> None:
        self.heap: list[tuple[float, float, Act, Any]] = []
        self.ticket = count().__next__

    def at(self, t: float, act: Act, about: Any = None) -> None:
        """Enters an act.

        Args:
            t: When.
            act: What is called then, with the time and `about`.
            about: What it is about.
        """
        heappush(self.heap, (t, self.ticket(), act, about))
