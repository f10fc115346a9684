"""What happens next: the heart of the event engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from heapq import heappush
from itertools import chain, count
from operator import itemgetter
from typing import Any

# What is done at a time, with whatever it is about.
Act = Callable[[float, Any], None]
# The time, the ticket, the act, and what it is about.
Appointment = tuple[float, float, Act, Any]
# What begins with a time, something, and an act that is given all of it: a message that is sent, or
# what its sender notes of it.
Late = Any
# So many tickets are drawn until somebody looks at what has happened.
TICKETS = 50_000

time_of = itemgetter(0)


class Calendar:
    """Acts by time; those of the same time in the order in which they were entered.

    Entries are tuples, the cheapest thing that a heap can compare. The ticket decides between equal
    times, so that acts are never compared. Hot code pushes to `heap` itself.

    A heap of ten thousand entries is slow, and so is one that every arrival goes through. So what
    is for later, and all that comes from outside, waits in the list of its slot; that is sorted
    once, when the slot begins, which costs a third of what a heap does.

    Attributes:
        heap: What is next within the slot.
        tickets: The next tickets.
        slot: The number of the slot that is open.
        slots: What is for later slots, by their number.
        per_s: How many slots a second has.
        drawn: How many tickets were drawn, in whole thousands.
        looked: What is called after every so many tickets.
    """

    __slots__ = ("drawn", "heap", "looked", "per_s", "slot", "slots", "tickets")

    def __init__(self) -> None:
        self.heap: list[Appointment] = []
        self.slots: defaultdict[int, list[Late]] = defaultdict(list)
        self.slot = -1
        # A power of two, so that slots begin and end where they should, to the last digit.
        self.per_s = 1.0
        self.drawn = 0
        self.looked: Callable[[], None] = _nothing
        self.tickets = chain.from_iterable(self._ranges())

    def at(self, t: float, act: Act, about: Any = None) -> None:
        """Enters an act.

        Args:
            t: When.
            act: What is called then, with the time and `about`.
            about: What it is about.
        """
        heappush(self.heap, (t, next(self.tickets), act, about))

    def later(self, late: Late) -> None:
        """Enters what may be far away.

        Args:
            late: What begins with its time, and has its act in the third place.
        """
        slot = int(late[0] * self.per_s)
        if slot > self.slot:
            self.slots[slot].append(late)
        else:
            heappush(self.heap, (late[0], next(self.tickets), late[2], late))

    def open(self, slot: int) -> list[Late]:
        """Returns what was put off until a slot, in the order of time.

        Args:
            slot: Its number, one more than that of the slot before.
        """
        self.slot = slot
        late = self.slots.pop(slot, [])
        late.sort(key=time_of)
        return late

    def clear(self) -> None:
        """Forgets what did not happen."""
        self.heap.clear()
        self.slots.clear()

    def _ranges(self) -> Iterator[range]:
        for first in count(0, TICKETS):
            yield range(first, first + TICKETS)
            self.drawn = first + TICKETS
            self.looked()


def _nothing() -> None:
    """Looks at nothing: nobody is there yet."""
