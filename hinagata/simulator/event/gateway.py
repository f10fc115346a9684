"""API Gateway: a token bucket before what it calls, and a time after which it waits no longer."""

from __future__ import annotations

import math
from heapq import heappush
from typing import Any

from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node, World
from hinagata.simulator.model import Gateway


class GatewayNode(Node):
    """A gateway."""

    __slots__ = (
        "_answer_act",
        "_bucket",
        "_called_act",
        "_deadlines",
        "_gateway",
        "_make",
        "_overhead",
    )

    def __init__(self, gateway: Gateway, world: World) -> None:
        super().__init__(gateway, world)
        self._gateway = gateway
        self._bucket = Bucket(gateway.per_s, gateway.burst)
        self._overhead = float(gateway.overhead_s)
        self._make: Send | None = None
        self._deadlines: Deadlines | None = None
        self._answer_act = self._answer
        self._called_act = self._called

    def connect(self, calls: Calls) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
        """
        if calls:
            self._make = calls.make
            if self._gateway.timeout_s < math.inf:
                self._deadlines = Deadlines(
                    self.world.calendar, self._gateway.timeout_s, self._expired
                )

    def offer(
        self, t: float, message: Message, _since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Lets a message through, or refuses it: see `Node.offer`."""
        if not self._bucket.take(t):
            return REFUSED
        # The deadline, whom to tell, about what, and how it ended.
        result: int | None = OK
        wait = [math.inf, answer, about, OK]
        make = self._make
        if make:
            if self._deadlines:
                self._deadlines.watch(t, wait)
            result = make(t, message, self._called_act, wait)
            if result is None:
                return None
            wait[0] = OVER
            wait[3] = result = FAILED if result else OK
        if not self._overhead:
            return result
        self.world.calendar.at(t + self._overhead, self._answer_act, wait)
        return None

    def _called(self, t: float, wait: list[Any], result: int) -> None:
        if wait[0] == OVER:
            return
        wait[0] = OVER
        wait[3] = FAILED if result else OK
        if self._overhead:
            heappush(self._heap, (t + self._overhead, next(self._tickets), self._answer_act, wait))
        else:
            wait[1](t, wait[2], wait[3])

    @staticmethod
    def _answer(t: float, wait: list[Any]) -> None:
        wait[1](t, wait[2], wait[3])

    @staticmethod
    def _expired(t: float, wait: list[Any]) -> None:
        wait[1](t, wait[2], FAILED)
