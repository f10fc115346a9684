"""What happens next: the heart of the event engine."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappush
from itertools import count
from typing import Any

# What is done at a time, with whatever it is about.
Act = Callable[[float, Any], None]
# The time, the ticket, the act, and what it is about.
Appointment = tuple[float, float, Act, Any]
# What is later than this slot of a second is put aside unsorted.
SLOTS_PER_S = 10


class Calendar:
    """Acts by time; those of the same time in the order in which they were entered.

    Entries are tuples, the cheapest thing that a heap can compare. The ticket decides between equal
    times, so that acts are never compared. Hot code pushes to `heap` itself.

    A heap of ten thousand entries is slow, for they do not fit the processor's nearest memory. So
    what is for later waits in the list of its slot, and comes to the heap when that begins.

    Attributes:
        heap: What is next.
        ticket: Returns the next ticket.
    """

    __slots__ = ("_later", "_open_act", "_slot", "heap", "ticket")

    def __init__(self) -> None:
        self.heap: list[Appointment] = []
        self.ticket = count().__next__
        self._later: dict[int, list[Appointment]] = {}
        self._slot = 0
        self._open_act = self._open

    def at(self, t: float, act: Act, about: Any = None) -> None:
        """Enters an act.

        Args:
            t: When.
            act: What is called then, with the time and `about`.
            about: What it is about.
        """
        heappush(self.heap, (t, self.ticket(), act, about))

    def later(self, t: float, act: Act, about: Any) -> None:
        """Enters an act that may be far away.

        Args:
            t: When.
            act: What is called then, with the time and `about`.
            about: What it is about.
        """
        appointment = (t, self.ticket(), act, about)
        slot = int(t * SLOTS_PER_S)
        if slot <= self._slot:
            heappush(self.heap, appointment)
        elif slot in self._later:
            self._later[slot].append(appointment)
        else:
            self._later[slot] = [appointment]
            heappush(self.heap, (slot / SLOTS_PER_S, -1.0, self._open_act, slot))

    def _open(self, _: float, slot: int) -> None:
        self._slot = slot
        self.heap.extend(self._later.pop(slot))
        heapify(self.heap)
