"""API Gateway: a token bucket before what it calls, and a time after which it waits no longer."""

from __future__ import annotations

import math
from typing import Any

from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.link import Deadlines
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node, World
from hinagata.simulator.model import Gateway


class GatewayNode(Node):
    """A gateway."""

    __slots__ = ("_answer_act", "_bucket", "_calls", "_deadlines", "_gateway")

    def __init__(self, gateway: Gateway, world: World) -> None:
        super().__init__(gateway, world)
        self._gateway = gateway
        self._bucket = Bucket(gateway.per_s, gateway.burst)
        self._calls: Calls | None = None
        self._deadlines: Deadlines | None = None
        self._answer_act = self._answer

    def connect(self, calls: Calls) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
        """
        if calls:
            self._calls = calls
            if self._gateway.timeout_s < math.inf:
                self._deadlines = Deadlines(self, self._gateway.timeout_s, self._expired)

    def offer(
        self, t: float, message: Message, _since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Lets a message through, or refuses it: see `Node.offer`."""
        if not self._bucket.has(t):
            return REFUSED
        self._bucket.take()
        state = (answer, about)
        key: Any = state
        result: int | None = OK
        if self._calls:
            if self._deadlines:
                key = self._ticket()
                self._deadlines.watch(t, key, state)
            result = self._calls.make(t, message, self._called, key)
            if result is None:
                return None
            if self._deadlines:
                self._deadlines.end(key)
        return self._return(t, state, FAILED if result else OK)

    def _called(self, t: float, key: Any, result: int) -> None:
        state = self._deadlines.end(key) if self._deadlines else key
        if state is not None:
            ended = self._return(t, state, FAILED if result else OK)
            if ended is not None:
                state[0](t, state[1], ended)

    def _return(self, t: float, state: tuple[Answer, Any], result: int) -> int | None:
        """Returns how a try ended, unless the answer takes its time."""
        if not self._gateway.overhead_s:
            return result
        self.world.calendar.at(t + self._gateway.overhead_s, self._answer_act, (*state, result))
        return None

    @staticmethod
    def _answer(t: float, state: tuple[Answer, Any, int]) -> None:
        answer, about, result = state
        answer(t, about, result)

    @staticmethod
    def _expired(t: float, _: object, state: tuple[Answer, Any]) -> None:
        state[0](t, state[1], FAILED)
