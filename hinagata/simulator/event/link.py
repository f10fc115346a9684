"""What a caller does with a station: sends, waits, gives up waiting, tries again."""

from __future__ import annotations

import math
from typing import Any, Protocol

from hinagata.simulator.draws import Waits
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node
from hinagata.simulator.model import NO_RETRY, Call, Retry

# What a link notes of a message: since when, the message, whom to tell, about what, tries made.
SINCE, MESSAGE, TOLD, ABOUT, TRIES = range(5)


class Send(Protocol):
    """Sends a message, and tells once how that ended, unless it returns it at once."""

    def __call__(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message.

        Args:
            t: The time.
            message: The message.
            told: What is told how it ended, unless that is returned.
            about: What `told` is given.
        """


def link(
    target: Node,
    purpose: str,
    *,
    waits: bool = True,
    retry: Retry = NO_RETRY,
    timeout_s: float = math.inf,
    latency_s: float = 0.0,
) -> Send:
    """Returns what sends messages to a station in the simplest way that does all that is asked.

    Args:
        target: The station.
        purpose: Who sends, for the draws.
        waits: Whether he waits for the end of the work; a channel has none to wait for.
        retry: What he does about a try that failed.
        timeout_s: How long he waits.
        latency_s: How long a message is on its way.
    """
    if target.channel or not waits:
        return HandOver(target, purpose, retry, latency_s).send
    if timeout_s < math.inf or latency_s:
        return PatientLink(target, purpose, retry, timeout_s, latency_s).send
    if retry.retries:
        return EagerLink(target, purpose, retry).send
    return Link(target).send


def link_of(call: Call, target: Node, purpose: str) -> Send:
    """Returns what makes a call.

    Args:
        call: The call.
        target: Its target.
        purpose: Who makes it, for the draws.
    """
    return link(
        target,
        purpose,
        waits=call.waits,
        retry=call.retry,
        timeout_s=call.timeout_s,
        latency_s=call.latency_s,
    )


class Link:
    """A caller who waits as long as it takes, and tries once."""

    __slots__ = ("_answer", "_arrived", "_done", "_ledger", "_offer")

    def __init__(self, target: Node) -> None:
        self._ledger = target.ledger
        self._arrived = target.ledger.arrived.append
        self._done = target.ledger.done.extend
        self._offer = target.entrance
        self._answer: Answer = self._answered

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._arrived(t)
        result = self._offer(t, message, t, self._answer, (t, message, told, about))
        if result is not None:
            self._end(t, t, message, result)
        return result

    def _answered(self, t: float, state: tuple[float, Message, Answer, Any], result: int) -> None:
        since, message, told, about = state
        if result:
            self._end(t, since, message, result)
        else:
            self._done((since, t, message[0], message[1]))
        told(t, about, result)

    def _end(self, t: float, since: float, message: Message, result: int) -> None:
        ledger = self._ledger
        if result == OK:
            self._done((since, t, message[0], message[1]))
            return
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        ledger.failed.extend((since, t))


class Source(Link):
    """Somebody outside who sends, and does not care how it ends."""

    __slots__ = ()

    def __init__(self, target: Node) -> None:
        super().__init__(target)
        self._answer = self._ended

    def send(self, t: float, message: Message, _told: Answer, _about: Any, /) -> int | None:
        """Sends a message that is as old as its first try: see `Send`."""
        self._arrived(t)
        result = self._offer(t, message, t, self._answer, message)
        if result is not None:
            self._end(t, t, message, result)
        return result

    def _ended(self, t: float, message: Message, result: int) -> None:
        since, source = message
        if result:
            self._end(t, since, message, result)
        else:
            self._done((since, t, since, source))


class EagerLink:
    """A caller who waits as long as it takes, and tries again what failed or was refused."""

    __slots__ = (
        "_again_act",
        "_answer",
        "_last",
        "_later",
        "_ledger",
        "_longest",
        "_offer",
        "_put_off",
        "_refused",
        "_retried",
        "_retries",
        "_share",
    )

    def __init__(self, target: Node, purpose: str, retry: Retry) -> None:
        calendar = target.world.calendar
        self._later = calendar.later
        self._ledger = target.ledger
        self._refused = target.ledger.refused.append
        self._put_off = target.ledger.put_off.append
        self._retried = target.ledger.retried.append
        self._offer = target.entrance
        self._retries = retry.retries
        waits = Waits(retry, target.world.draws(purpose, target.name, "retry"))
        self._longest = waits.longest
        self._last = len(waits.longest) - 1
        self._share = waits.share
        self._answer = self._answered
        self._again_act = self._try_again

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._ledger.arrived.append(t)
        state = [t, message, told, about, 0]
        result = self._offer(t, message, t, self._answer, state)
        return None if result is None else self._conclude(t, state, result)

    def _try_again(self, t: float, state: list[Any]) -> None:
        self._retried(t)
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answer, state)
        if result is None:
            return
        tries = state[TRIES]
        if result == REFUSED and tries < self._last:
            # What a storm is made of goes the shortest way: not through `_conclude`.
            self._refused(t)
            state[TRIES] = tries + 1
            self._put_off(t)
            self._later(t + self._longest[tries] * self._share(), self._again_act, state)
            return
        result = self._conclude(t, state, result)
        if result is not None:
            state[TOLD](t, state[ABOUT], result)

    def _answered(self, t: float, state: list[Any], result: int) -> None:
        if result == OK:
            sent, source = state[MESSAGE]
            self._ledger.done.extend((state[SINCE], t, sent, source))
            state[TOLD](t, state[ABOUT], OK)
            return
        ended = self._conclude(t, state, result)
        if ended is not None:
            state[TOLD](t, state[ABOUT], ended)

    def _conclude(self, t: float, state: list[Any], result: int) -> int | None:
        """Returns how the message ended, or None if it is tried again."""
        if result == OK:
            sent, source = state[MESSAGE]
            self._ledger.done.extend((state[SINCE], t, sent, source))
            return OK
        if result == REFUSED:
            self._refused(t)
        else:
            self._ledger.errors.append(t)
        tries = state[TRIES]
        if tries < self._retries:
            state[TRIES] = tries + 1
            self._put_off(t)
            last = self._last
            longest = self._longest[tries if tries < last else last]  # noqa: FURB136  # hot
            self._later(t + longest * self._share(), self._again_act, state)
            return None
        self._ledger.failed.extend((state[SINCE], t))
        return result


class PatientLink(EagerLink):
    """A caller who is told late, or who waits for a time only, and may try again."""

    __slots__ = ("_calendar", "_deadlines", "_latency")

    def __init__(
        self, target: Node, purpose: str, retry: Retry, timeout_s: float, latency_s: float
    ) -> None:
        super().__init__(target, purpose, retry)
        self._calendar = target.world.calendar
        self._latency = latency_s
        self._deadlines = (
            Deadlines(self._calendar, timeout_s, self._expired) if timeout_s < math.inf else None
        )

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._ledger.arrived.append(t)
        return self._try(t, [t, message, told, about, 0])

    def _try(self, t: float, state: list[Any]) -> int | None:
        # The answer to a try that took too long must find that it is over, and not the next one.
        wait = [math.inf, state]
        if self._deadlines:
            self._deadlines.watch(t, wait)
        if self._latency:
            self._calendar.at(t + self._latency, self._arrive, wait)
            return None
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answer, wait)
        if result is None:
            return None
        wait[0] = OVER
        return self._conclude(t, state, result)

    def _arrive(self, t: float, wait: list[Any]) -> None:
        state = wait[1]
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answer, wait)
        if result is not None:
            self._answered(t, wait, result)

    def _answered(self, t: float, wait: list[Any], result: int) -> None:
        if wait[0] != OVER:
            wait[0] = OVER
            self._tell(t, wait[1], self._conclude(t, wait[1], result))

    def _expired(self, t: float, wait: list[Any]) -> None:
        self._tell(t, wait[1], self._conclude(t, wait[1], FAILED))

    def _try_again(self, t: float, state: list[Any]) -> None:
        self._retried(t)
        self._tell(t, state, self._try(t, state))

    @staticmethod
    def _tell(t: float, state: list[Any], result: int | None) -> None:
        if result is not None:
            state[TOLD](t, state[ABOUT], result)


class HandOver:
    """A caller who goes on as soon as his message is taken, and tries again until it is."""

    __slots__ = (
        "_arrived",
        "_channel",
        "_direct",
        "_latency",
        "_ledger",
        "_offer",
        "_retries",
        "_wait",
        "_world",
    )

    def __init__(self, target: Node, purpose: str, retry: Retry, latency_s: float) -> None:
        self._world = target.world
        self._ledger = target.ledger
        self._arrived = target.ledger.arrived.append
        self._channel = target.channel
        self._direct = target.channel and not latency_s and not target.disturbed
        self._offer = target.entrance
        self._retries = retry.retries
        self._wait = Waits(retry, target.world.draws(purpose, target.name, "retry")).draw
        self._latency = latency_s

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._arrived(t)
        if self._direct:
            # A channel whose door nobody stands before knows at once whether it takes a message.
            result = self._offer(t, message, t, told, about)
            if result == OK:
                return OK
            return self._taken(t, [t, message, told, about, 0], REFUSED)
        state = [t, message, told, about, 0]
        if self._latency:
            self._world.calendar.at(t + self._latency, self._arrive, state)
            return None
        return self._try(t, state)

    def _try(self, t: float, state: list[Any]) -> int | None:
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answered, state)
        if self._channel:
            return None if result is None else self._taken(t, state, result)
        if result is None:
            return OK
        if result == OK:
            self._end(t, state, OK)
            return OK
        return self._taken(t, state, result)

    def _answered(self, t: float, state: list[Any], result: int) -> None:
        if self._channel:
            self._tell(t, state, self._taken(t, state, result))
        else:
            self._end(t, state, result)

    def _end(self, t: float, state: list[Any], result: int) -> None:
        ledger = self._ledger
        if result == OK:
            sent, source = state[MESSAGE]
            ledger.done.extend((state[SINCE], t, sent, source))
        else:
            ledger.errors.append(t)
            ledger.failed.extend((state[SINCE], t))

    def _taken(self, t: float, state: list[Any], result: int) -> int | None:
        """Returns whether the message was taken in the end; None if it is tried again."""
        if result == OK:
            return OK
        ledger = self._ledger
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        tries = state[TRIES]
        if tries < self._retries:
            state[TRIES] = tries + 1
            ledger.put_off.append(t)
            self._world.calendar.later(t + self._wait(tries), self._try_again, state)
            return None
        ledger.failed.extend((state[SINCE], t))
        return result

    def _arrive(self, t: float, state: list[Any]) -> None:
        self._tell(t, state, self._try(t, state))

    def _try_again(self, t: float, state: list[Any]) -> None:
        self._ledger.retried.append(t)
        if self._latency:
            self._world.calendar.at(t + self._latency, self._arrive, state)
        else:
            self._arrive(t, state)

    @staticmethod
    def _tell(t: float, state: list[Any], result: int | None) -> None:
        if result is not None:
            state[TOLD](t, state[ABOUT], result)
