"""The order in which a queue gives away its messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from hinagata.simulator.event.node import Entry


class Line(Protocol):
    """Messages that wait."""

    def __bool__(self) -> bool:
        """Returns whether any could be taken."""

    def put(self, entry: Entry) -> None:
        """Puts a message at the end."""

    def put_back(self, entry: Entry) -> None:
        """Puts a message back that was taken, and that nobody is done with."""

    def take(self) -> Entry:
        """Takes a message that a batch may begin with."""

    def take_with(self, first: Entry, /) -> Entry | None:
        """Takes another one for the batch of `first`; None if none fits."""

    def release(self, entry: Entry) -> None:
        """Says that a message that was taken will not come back."""

    def oldest(self) -> Entry | None:
        """Returns the message that would be taken first, or None."""


class StandardLine:
    """First come, first served; what comes back comes last."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()

    def __bool__(self) -> bool:
        """Returns whether any could be taken."""
        return bool(self._entries)

    def put(self, entry: Entry) -> None:
        """Puts a message at the end."""
        self._entries.append(entry)

    def put_back(self, entry: Entry) -> None:
        """Puts a message at the end again."""
        self._entries.append(entry)

    def take(self) -> Entry:
        """Takes the first message."""
        return self._entries.popleft()

    def take_with(self, _first: Entry, /) -> Entry | None:
        """Takes the first message, if there is one."""
        return self._entries.popleft() if self._entries else None

    def release(self, entry: Entry) -> None:
        """Holds nothing for a message that was taken."""

    def oldest(self) -> Entry | None:
        """Returns the first message."""
        return self._entries[0] if self._entries else None


class GroupedLine:
    """First in, first out in each group; a group with messages taken waits until they are settled.

    A message's group is drawn when it comes.
    """

    __slots__ = ("_draw", "_group_of", "_held", "_ready", "_waiting")

    def __init__(self, draw: Callable[[], int]) -> None:
        self._draw = draw
        self._group_of: dict[int, int] = {}
        # How many messages of each group are taken, and the groups that may be taken from.
        self._held: dict[int, int] = {}
        self._ready: dict[int, None] = {}
        self._waiting: dict[int, deque[Entry]] = {}

    def __bool__(self) -> bool:
        """Returns whether any could be taken."""
        return bool(self._ready)

    def put(self, entry: Entry) -> None:
        """Puts a message at the end of its group."""
        group = self._draw()
        self._group_of[id(entry)] = group
        self._waiting.setdefault(group, deque()).append(entry)
        if group not in self._held:
            self._ready[group] = None

    def put_back(self, entry: Entry) -> None:
        """Puts a message back at the head of its group."""
        group = self._group_of[id(entry)]
        self._waiting.setdefault(group, deque()).appendleft(entry)
        self._let_go(group)

    def take(self) -> Entry:
        """Takes the first message of the group that is ready longest."""
        group = next(iter(self._ready))
        del self._ready[group]
        return self._take_from(group)

    def take_with(self, first: Entry, /) -> Entry | None:
        """Takes another message of the same group."""
        group = self._group_of[id(first)]
        return self._take_from(group) if group in self._waiting else None

    def release(self, entry: Entry) -> None:
        """Forgets a message, and lets its group go on once none of it is taken."""
        self._let_go(self._group_of.pop(id(entry)))

    def oldest(self) -> Entry | None:
        """Returns the first message of all groups."""
        heads = [entries[0] for entries in self._waiting.values()]
        return min(heads, key=lambda entry: float(entry[0]), default=None)

    def _take_from(self, group: int) -> Entry:
        entries = self._waiting[group]
        entry = entries.popleft()
        if not entries:
            del self._waiting[group]
        self._held[group] = self._held.get(group, 0) + 1
        return entry

    def _let_go(self, group: int) -> None:
        self._held[group] -= 1
        if not self._held[group]:
            del self._held[group]
            if group in self._waiting:
                self._ready[group] = None
