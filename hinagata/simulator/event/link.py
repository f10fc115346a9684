"""What a caller does with a station: sends, waits, gives up waiting, tries again."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from hinagata.simulator.draws import waits
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node
from hinagata.simulator.model import NO_RETRY, Call, Retry

# What a link notes of a message: since when, the message, whom to tell, about what, tries made.
SINCE, MESSAGE, TOLD, ABOUT, TRIES = range(5)


class Send(Protocol):
    """Sends a message, and tells once how that ended, unless it returns it at once."""

    def __call__(self, t: float, message: Message, told: Answer, about: Any) -> int | None:
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
    if timeout_s < math.inf or latency_s or retry.retries:
        return PatientLink(target, purpose, retry, timeout_s, latency_s).send
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
        self._answer = self._answered

    def send(self, t: float, message: Message, told: Answer, about: Any) -> int | None:
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


class Deadlines:
    """Waits that end after the same time each, with one entry in the calendar for all of them.

    As they begin in order, they end in order; most are over before, and cost the calendar nothing.
    """

    __slots__ = ("_after", "_armed", "_calendar", "_expire", "_open", "_ring_act")

    def __init__(
        self, node: Node, after_s: float, expire: Callable[[float, Any, Any], None]
    ) -> None:
        self._calendar = node.world.calendar
        self._after = after_s
        self._expire = expire
        # A dict forgets its first entries too slowly: it goes past all that it has forgotten.
        self._open: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self._armed = False
        self._ring_act = self._ring

    def watch(self, begun: float, key: Any, about: Any) -> None:
        """Begins a wait.

        Args:
            begun: When it began, not before the one before it.
            key: Its own, to end it by.
            about: What it is about.
        """
        self._open[key] = (begun + self._after, about)
        if not self._armed:
            self._armed = True
            self._calendar.at(begun + self._after, self._ring_act)

    def end(self, key: Any) -> Any:
        """Ends a wait, and returns what it was about; None if its time was up before.

        Args:
            key: Its key.
        """
        held = self._open.pop(key, None)
        return None if held is None else held[1]

    def _ring(self, t: float, _: object) -> None:
        late = []
        self._armed = False
        for key, (end, _about) in self._open.items():
            if end > t:
                self._armed = True
                self._calendar.at(end, self._ring_act)
                break
            late.append(key)
        for key in late:
            about = self.end(key)
            if about is not None:
                self._expire(t, key, about)


class PatientLink:
    """A caller who waits for a time, and tries again what failed, was refused or took longer."""

    __slots__ = (
        "_answer",
        "_deadlines",
        "_latency",
        "_ledger",
        "_offer",
        "_retries",
        "_try_act",
        "_wait",
        "_world",
    )

    def __init__(
        self, target: Node, purpose: str, retry: Retry, timeout_s: float, latency_s: float
    ) -> None:
        self._world = target.world
        self._ledger = target.ledger
        self._offer = target.entrance
        self._retries = retry.retries
        self._wait = waits(retry, target.world.draws(purpose, target.name, "retry"))
        self._latency = latency_s
        self._deadlines = (
            Deadlines(target, timeout_s, self._expired) if timeout_s < math.inf else None
        )
        self._answer = self._answered
        self._try_act = self._arrive

    def send(self, t: float, message: Message, told: Answer, about: Any) -> int | None:
        """Sends a message: see `Send`."""
        self._ledger.arrived.append(t)
        return self._try(t, [t, message, told, about, 0])

    def _try(self, t: float, state: list[Any]) -> int | None:
        key: Any = state
        if self._deadlines:
            key = self._world.calendar.ticket()
            self._deadlines.watch(t, key, state)
        if self._latency:
            self._world.calendar.at(t + self._latency, self._try_act, (key, state))
            return None
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answer, key)
        if result is None:
            return None
        if self._deadlines:
            self._deadlines.end(key)
        return self._conclude(t, state, result)

    def _arrive(self, t: float, way: tuple[Any, list[Any]]) -> None:
        key, state = way
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answer, key)
        if result is not None:
            self._answered(t, key, result)

    def _answered(self, t: float, key: Any, result: int) -> None:
        state = self._deadlines.end(key) if self._deadlines else key
        # What comes too late is the answer to a try that was given up.
        if state is not None:
            self._tell(t, state, self._conclude(t, state, result))

    def _expired(self, t: float, _: object, state: list[Any]) -> None:
        self._tell(t, state, self._conclude(t, state, FAILED))

    def _conclude(self, t: float, state: list[Any], result: int) -> int | None:
        """Returns how the message ended, or None if it is tried again."""
        ledger = self._ledger
        if result == OK:
            sent, source = state[MESSAGE]
            ledger.done.extend((state[SINCE], t, sent, source))
            return OK
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        tries = state[TRIES]
        if tries < self._retries:
            state[TRIES] = tries + 1
            ledger.waiting.extend((t, 1.0))
            self._world.calendar.at(t + self._wait(tries), self._try_again, state)
            return None
        ledger.failed.extend((state[SINCE], t))
        return result

    def _try_again(self, t: float, state: list[Any]) -> None:
        self._ledger.waiting.extend((t, -1.0))
        self._ledger.tried.extend((t, 1.0))
        self._tell(t, state, self._try(t, state))

    @staticmethod
    def _tell(t: float, state: list[Any], result: int | None) -> None:
        if result is not None:
            state[TOLD](t, state[ABOUT], result)


class HandOver:
    """A caller who goes on as soon as his message is taken, and tries again until it is."""

    __slots__ = (
        "_channel",
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
        self._channel = target.channel
        self._offer = target.entrance
        self._retries = retry.retries
        self._wait = waits(retry, target.world.draws(purpose, target.name, "retry"))
        self._latency = latency_s

    def send(self, t: float, message: Message, told: Answer, about: Any) -> int | None:
        """Sends a message: see `Send`."""
        ledger = self._ledger
        ledger.arrived.append(t)
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
            ledger.waiting.extend((t, 1.0))
            self._world.calendar.at(t + self._wait(tries), self._try_again, state)
            return None
        ledger.failed.extend((state[SINCE], t))
        return result

    def _arrive(self, t: float, state: list[Any]) -> None:
        self._tell(t, state, self._try(t, state))

    def _try_again(self, t: float, state: list[Any]) -> None:
        self._ledger.waiting.extend((t, -1.0))
        self._ledger.tried.extend((t, 1.0))
        if self._latency:
            self._world.calendar.at(t + self._latency, self._arrive, state)
        else:
            self._arrive(t, state)

    @staticmethod
    def _tell(t: float, state: list[Any], result: int | None) -> None:
        if result is not None:
            state[TOLD](t, state[ABOUT], result)
