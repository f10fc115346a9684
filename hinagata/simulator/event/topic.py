"""Topics and buses: each message goes on to all who subscribe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hinagata.simulator.draws import uniform
from hinagata.simulator.event.calls import how_many
from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import OK, Answer, Message, Node, World, unheard
from hinagata.simulator.model import Call, Topic

# What is noted of a message: since when it is here, the message, its open deliveries, whether one
# could not be made.
SINCE, MESSAGE, OPEN, GIVEN_UP = range(4)


class TopicNode(Node):
    """A topic."""

    __slots__ = ("_calls", "_dead_letter", "_delay", "_deliver_act", "_share")

    channel = True

    def __init__(self, topic: Topic, world: World) -> None:
        super().__init__(topic, world)
        self._delay = topic.delay_s
        self._share: Iterator[float] = uniform(world.draws(self.name, "share"))
        self._calls: Sequence[tuple[Call, Send, frozenset[int] | None]] = ()
        self._dead_letter: Send | None = None
        self._deliver_act = self._deliver

    def connect(
        self,
        calls: Sequence[tuple[Call, Send, frozenset[int] | None]],
        dead_letter: Send | None,
    ) -> None:
        """Gives it those who subscribe.

        Args:
            calls: The calls, what makes them, and the sources that they are for.
            dead_letter: To where what cannot be delivered goes; None if it is lost.
        """
        self._calls = calls
        self._dead_letter = dead_letter

    def offer(
        self, t: float, message: Message, since: float, _answer: Answer, _about: Any, /
    ) -> int | None:
        """Takes a message: see `Node.offer`."""
        self.world.calendar.at(t + self._delay, self._deliver_act, (since, message))
        return OK

    def _deliver(self, t: float, taken: tuple[float, Message]) -> None:
        since, message = taken
        # Its own delivery to itself is open until all others are begun.
        state: list[Any] = [since, message, 1, False]
        for call, send, numbers in self._calls:
            for _ in range(how_many(call, message, self._share, numbers)):
                state[OPEN] += 1
                result = send(t, message, self._delivered, state)
                if result is not None:
                    self._delivered(t, state, result)
        self._delivered(t, state, OK)

    def _delivered(self, t: float, state: list[Any], result: int) -> None:
        state[OPEN] -= 1
        if result != OK:
            state[GIVEN_UP] = True
            if self._dead_letter:
                self._dead_letter(t, state[MESSAGE], unheard, None)
        if state[OPEN]:
            return
        ledger = self.ledger
        since, message, _, given_up = state
        if not given_up:
            ledger.done.extend((since, t, message[0], message[1]))
        elif self._dead_letter:
            ledger.dead.extend((since, t))
        else:
            ledger.failed.extend((since, t))
