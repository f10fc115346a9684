"""The queue that Lambda keeps before a function that is invoked asynchronously."""

from __future__ import annotations

from typing import Any

from hinagata.simulator.draws import Waits
from hinagata.simulator.event.link import Send
from hinagata.simulator.event.node import OK, REFUSED, Answer, Message, Node, World, unheard
from hinagata.simulator.model import AsyncInvoke, Retry

# How a throttled invocation is tried again, until it is too old.
AFTER_THROTTLING = Retry(retries=10, base_s=1.0, cap_s=300.0, jitter=False)

# What is noted of a message: since when it is here, the message, its failures, its refusals.
SINCE, MESSAGE, FAILURES, REFUSALS = range(4)


class AsyncInvokeNode(Node):
    """The queue of asynchronous invocations."""

    __slots__ = (
        "_invoke",
        "_max_age",
        "_on_failure",
        "_retries",
        "_send",
        "_throttle_wait",
        "_wait",
    )

    channel = True

    def __init__(self, station: AsyncInvoke, world: World) -> None:
        super().__init__(station, world)
        self._invoke = station
        self._max_age = station.max_age_s
        self._retries = station.retry.retries
        self._wait = Waits(station.retry, world.draws(self.name, "retry")).draw
        self._throttle_wait = Waits(AFTER_THROTTLING, world.draws(self.name, "throttled")).draw
        self._send: Send | None = None
        self._on_failure: Send | None = None

    def connect(self, send: Send, on_failure: Send | None) -> None:
        """Gives it the function, and whom it tells of what it gives up.

        Args:
            send: To the function.
            on_failure: To whom it is told; None if nobody is.
        """
        self._send = send
        self._on_failure = on_failure

    def offer(
        self, t: float, message: Message, since: float, _answer: Answer, _about: Any, /
    ) -> int | None:
        """Takes a message: see `Node.offer`."""
        self._try(t, [since, message, 0, 0])
        return OK

    def _try(self, t: float, state: list[Any]) -> None:
        if self._send:
            result = self._send(t, state[MESSAGE], self._answered, state)
            if result is not None:
                self._answered(t, state, result)

    def _answered(self, t: float, state: list[Any], result: int) -> None:
        ledger = self.ledger
        if result == OK:
            sent, source, _ = state[MESSAGE]
            ledger.done.extend((state[SINCE], t, sent, source))
            return
        if result == REFUSED:
            ledger.refused.append(t)
            wait = self._throttle_wait(state[REFUSALS])
            state[REFUSALS] += 1
        else:
            ledger.errors.append(t)
            if state[FAILURES] >= self._retries:
                self._give_up(t, state, ledger.failed)
                return
            wait = self._wait(state[FAILURES])
            state[FAILURES] += 1
        if t + wait - state[SINCE] > self._max_age:
            self._give_up(t, state, ledger.expired)
            return
        ledger.put_off.append(t)
        self.world.calendar.at(t + wait, self._try_again, state)

    def _try_again(self, t: float, state: list[Any]) -> None:
        self.ledger.retried.append(t)
        self._try(t, state)

    def _give_up(self, t: float, state: list[Any], lost: list[float]) -> None:
        if self._on_failure:
            lost = self.ledger.dead
            self._on_failure(t, state[MESSAGE], unheard, None)
        lost.extend((state[SINCE], t))
