"""The calls that a station makes for a message, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import OK, Answer, Message
from hinagata.simulator.model import Call

# What is noted of a message's calls: which one it is at, how many of it are left, the message, whom
# to tell, about what.
AT, LEFT, MESSAGE, TOLD, ABOUT = range(5)


def how_many(
    call: Call, message: Message, share: Iterator[float], numbers: frozenset[int] | None
) -> int:
    """Returns how many times a call is made for a message.

    Args:
        call: The call.
        message: The message.
        share: Draws from 0 to 1, for the fraction.
        numbers: The sources whose messages go this way; None for all.
    """
    if numbers is not None and message[1] not in numbers:
        return 0
    whole = int(call.messages)
    fraction = call.messages - whole
    return whole + 1 if fraction and next(share) < fraction else whole


class Calls:
    """Makes a station's calls for a message, until one fails.

    Attributes:
        make: Makes the calls, and tells how they ended unless it returns that: see `Send`.
    """

    __slots__ = ("_calls", "_share", "make")

    def __init__(
        self,
        calls: Sequence[tuple[Call, Send, frozenset[int] | None]],
        share: Iterator[float],
    ) -> None:
        self._calls = calls
        self._share = share
        # A single call of every message needs nobody to lead it.
        alone = len(calls) == 1 and calls[0][0].messages == 1 and calls[0][2] is None
        self.make: Send = calls[0][1] if alone else self._make

    def __bool__(self) -> bool:
        """Returns whether there are any."""
        return bool(self._calls)

    def _make(self, t: float, message: Message, told: Answer, about: Any) -> int | None:
        return self._go_on(t, [-1, 0, message, told, about])

    def _go_on(self, t: float, state: list[Any]) -> int | None:
        calls = self._calls
        while True:
            while not state[LEFT]:
                state[AT] += 1
                if state[AT] == len(calls):
                    return OK
                call, _, numbers = calls[state[AT]]
                state[LEFT] = how_many(call, state[MESSAGE], self._share, numbers)
            state[LEFT] -= 1
            result = calls[state[AT]][1](t, state[MESSAGE], self._answered, state)
            if result is None or result:
                return result

    def _answered(self, t: float, state: list[Any], result: int) -> None:
        ended = result or self._go_on(t, state)
        if ended is not None:
            state[TOLD](t, state[ABOUT], ended)
