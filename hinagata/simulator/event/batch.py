"""How a channel gives a batch to the station that works for it."""

from __future__ import annotations

from typing import Any, Protocol

from hinagata.simulator.event.link import Send, link
from hinagata.simulator.event.node import FAILED, OK, REFUSED, BatchAnswer, Entry, Node

# What an entry of a channel begins with, whatever the channel notes beyond that.
SINCE, MESSAGE = range(2)


class SendBatch(Protocol):
    """Sends a batch, and tells once which of it failed, unless it returns a refusal at once."""

    def __call__(
        self, t: float, entries: list[Entry], told: BatchAnswer, about: Any, *, partial: bool
    ) -> int | None:
        """Sends a batch.

        Args:
            t: The time.
            entries: Its messages, in their channel.
            told: What is told which of them failed.
            about: What `told` is given.
            partial: Whether the others are done then.
        """


class Singly:
    """Gives the messages of a batch to a station that knows no batches."""

    __slots__ = ("_send", "_world")

    def __init__(self, target: Node) -> None:
        self._world = target.world
        self._send: Send = link(target, "batch")

    def send(
        self, t: float, entries: list[Entry], told: BatchAnswer, about: Any, *, partial: bool
    ) -> int | None:
        """Sends a batch: see `SendBatch`."""
        # How many are open, those that failed, all, whom to tell, about what, and how.
        batch: list[Any] = [len(entries), [], entries, told, about, partial]
        refused = 0
        for entry in entries:
            result = self._send(t, entry[MESSAGE], self._answered, (batch, entry))
            if result is not None:
                refused += result == REFUSED
                batch[0] -= 1
                if result:
                    batch[1].append(entry)
        if refused == len(entries):
            return REFUSED
        if not batch[0]:
            self._world.calendar.at(t, self._tell, batch)
        return None

    def _answered(self, t: float, about: tuple[list[Any], Entry], result: int) -> None:
        batch, entry = about
        batch[0] -= 1
        if result != OK:
            batch[1].append(entry)
        if not batch[0]:
            self._tell(t, batch)

    @staticmethod
    def _tell(t: float, batch: list[Any]) -> None:
        _, failed, entries, told, about, partial = batch
        told(t, about, failed if partial or not failed else entries)


__all__ = ["FAILED", "MESSAGE", "SINCE", "SendBatch", "Singly"]
