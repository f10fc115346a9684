"""What callers meet at a station that is disturbed, before the station itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hinagata.scenario.fault import Inject
from hinagata.simulator.draws import uniform
from hinagata.simulator.event.batch import SendBatch
from hinagata.simulator.event.node import (
    FAILED,
    OK,
    REFUSED,
    Answer,
    BatchAnswer,
    Entry,
    Message,
    Node,
    unheard,
)
from hinagata.simulator.model import Disturbance

# What is met at the door; all else goes wrong inside.
AT_THE_DOOR = frozenset(
    {
        Inject.SLOW,
        Inject.DOWN,
        Inject.THROTTLE,
        Inject.SERVER_ERROR,
        Inject.DUPLICATE,
        Inject.REORDER,
    }
)
# What happens to a message on its way, for which there must be a channel.
DELIVERY = frozenset({Inject.DUPLICATE, Inject.REORDER})
# A message that others overtake is held back by up to this.
HELD_BACK_S = 1.0
RESULTS = {Inject.DOWN: FAILED, Inject.SERVER_ERROR: FAILED, Inject.THROTTLE: REFUSED}


class Door:
    """Stands before a station: callers ask it in the station's place."""

    __slots__ = ("_active", "_batch", "_draw", "_node", "_offer")

    def __init__(self, node: Node, offer: Any, batch: SendBatch | None) -> None:
        self._node = node
        self._offer = offer
        self._batch = batch
        self._active: list[Disturbance] = []
        self._draw: Iterator[float] = uniform(node.world.draws(node.name, "door"))

    def disturb(self, disturbance: Disturbance, *, begins: bool) -> None:
        """Begins or ends a disturbance.

        Args:
            disturbance: What goes wrong.
            begins: Whether it begins.
        """
        if disturbance.inject in DELIVERY and not self._node.channel:
            return
        if disturbance.inject in self._node.inside:
            return
        if begins:
            self._active.append(disturbance)
        else:
            self._active.remove(disturbance)

    def offer(
        self, t: float, message: Message, since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Lets a message through, unless something is wrong: see `Node.offer`."""
        delay = 0.0
        for disturbance in self._active:
            if disturbance.inject != Inject.DOWN and next(self._draw) >= disturbance.share:
                continue
            if disturbance.inject in RESULTS:
                return RESULTS[disturbance.inject]
            if disturbance.inject == Inject.SLOW:
                delay += disturbance.delay_s
            elif disturbance.inject == Inject.DUPLICATE:
                if self._offer(t, message, t, unheard, None) == OK:
                    self._node.ledger.arrived.append(t)
            else:
                state = (message, since, unheard, None)
                self._node.world.calendar.at(t + next(self._draw) * HELD_BACK_S, self._pass, state)
                return OK
        if delay:
            self._node.world.calendar.at(t + delay, self._pass, (message, since, answer, about))
            return None
        return self._offer(t, message, since, answer, about)  # type: ignore[no-any-return]

    def offer_batch(
        self, t: float, entries: list[Entry], told: BatchAnswer, about: Any, *, partial: bool
    ) -> int | None:
        """Lets a batch through, unless something is wrong: see `SendBatch`."""
        delay = 0.0
        for disturbance in self._active:
            if disturbance.inject != Inject.DOWN and next(self._draw) >= disturbance.share:
                continue
            if disturbance.inject in RESULTS:
                return self._reject(t, entries, told, about, RESULTS[disturbance.inject])
            if disturbance.inject == Inject.SLOW:
                delay += disturbance.delay_s
        state = (entries, told, about, partial)
        if delay:
            self._node.world.calendar.at(t + delay, self._pass_batch, state)
            return None
        if self._batch is None:
            return REFUSED
        return self._batch(t, entries, told, about, partial=partial)

    def _pass(self, t: float, state: tuple[Message, float, Answer, Any]) -> None:
        message, since, answer, about = state
        result = self._offer(t, message, since, answer, about)
        if result is not None:
            answer(t, about, result)

    def _pass_batch(self, t: float, state: tuple[list[Entry], BatchAnswer, Any, bool]) -> None:
        entries, told, about, partial = state
        if self._batch and self._batch(t, entries, told, about, partial=partial) is not None:
            # A late refusal: for the channel, all of the batch has failed.
            told(t, about, entries)

    def _reject(
        self, t: float, entries: list[Entry], told: BatchAnswer, about: Any, result: int
    ) -> int | None:
        ledger = self._node.ledger
        ledger.came.extend((t, float(len(entries))))
        ledger.tried.extend((t, 1.0))
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        for _ in entries:
            ledger.failed.extend((t, t))
        if result == REFUSED:
            return REFUSED
        self._node.world.calendar.at(t, self._tell_all, (told, about, entries))
        return None

    @staticmethod
    def _tell_all(t: float, state: tuple[BatchAnswer, Any, list[Entry]]) -> None:
        told, about, entries = state
        told(t, about, entries)
