"""What a caller does with a station: sends, waits, gives up waiting, tries again."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat
from typing import Any, Protocol

from hinagata.simulator.draws import Waits
from hinagata.simulator.event.calendar import Late
from hinagata.simulator.event.deadlines import OVER, Deadlines
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node, unheard
from hinagata.simulator.model import NO_RETRY, Call, Retry

# What a link notes of a message: since when, the message, whom to tell, about what, tries made.
SINCE, MESSAGE, TOLD, ABOUT, TRIES = range(5)
State = tuple[Any, ...]


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


def source(
    target: Node, purpose: str, number: int, *, retry: Retry, timeout_s: float
) -> Callable[[list[float]], list[Late]]:
    """Returns what enters messages from outside into the calendar; nobody cares how they end.

    Args:
        target: The station that they are sent to.
        purpose: Who sends, for the draws.
        number: Of the source.
        retry: What he does about a try that failed.
        timeout_s: How long he waits.
    """
    if not target.channel and timeout_s == math.inf:
        if retry.retries:
            waits = Waits(retry, target.world.draws(purpose, target.name, "retry"))
            return Try(target, retry, waits, number).entries
        return Source(target, number).entries
    send = link(target, purpose, retry=retry, timeout_s=timeout_s)

    def begin(t: float, message: Message) -> None:
        send(t, message, unheard, None)

    return lambda times: list(zip(times, repeat(number), repeat(begin)))


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
        self._arrived = target.ledger.arrived
        self._done = target.ledger.done
        self._offer = target.entrance
        self._answer: Answer = self._answered

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._arrived.append(t)
        offer = self._offer
        result = offer(t, message, t, self._answer, (t, message, told, about))
        if result is not None:
            self._end(t, t, message, result)
        return result

    def _answered(self, t: float, state: tuple[float, Message, Answer, Any], result: int) -> None:
        since, message, told, about = state
        if result:
            self._end(t, since, message, result)
        else:
            self._done.extend((since, t, message[0], message[1]))
        told(t, about, result)

    def _end(self, t: float, since: float, message: Message, result: int) -> None:
        ledger = self._ledger
        if result == OK:
            self._done.extend((since, t, message[0], message[1]))
            return
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        ledger.failed.extend((since, t))


class Source(Link):
    """Somebody outside who sends, and does not care how it ends."""

    __slots__ = ("_number",)

    def __init__(self, target: Node, number: int) -> None:
        super().__init__(target)
        self._number = number
        self._answer = self._ended

    def entries(self, times: list[float]) -> list[Late]:
        """Returns the messages that are sent: each is its own entry in the calendar.

        Args:
            times: When.
        """
        return list(zip(times, repeat(self._number), repeat(self._begin)))

    def _begin(self, t: float, message: Message) -> None:
        self._arrived.append(t)
        offer = self._offer
        result = offer(t, message, t, self._answer, message)
        if result is not None:
            self._end(t, t, message, result)

    def _ended(self, t: float, message: Message, result: int) -> None:
        since = message[0]
        if result:
            self._end(t, since, message, result)
        else:
            self._done.extend((since, t, since, message[1]))


class _Open:
    """A station of which nobody knows whether it is closed."""

    closed = False


def _known_of(target: Node) -> Node | type[_Open]:
    """Returns what callers ask whether a station is closed."""
    # Whom a door stands before may be closed, and the door let nobody know.
    return _Open if target.disturbed else target


class EagerLink(Link):
    """A caller who waits as long as it takes, and tries again what failed or was refused."""

    __slots__ = (
        "_again_act",
        "_bounced",
        "_calendar",
        "_last",
        "_longest",
        "_retried",
        "_retries",
        "_share",
        "_target",
        "_turned",
    )

    def __init__(self, target: Node, purpose: str, retry: Retry) -> None:
        super().__init__(target)
        self._calendar = target.world.calendar
        self._turned = target.ledger.turned
        self._retried = target.ledger.retried
        self._bounced = target.ledger.bounced
        self._retries = retry.retries
        waits = Waits(retry, target.world.draws(purpose, target.name, "retry"))
        self._longest = waits.longest
        self._last = len(waits.longest) - 1
        self._share = waits.share
        self._again_act = self._try_again
        self._target = _known_of(target)

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        state = (t, message, told, about, 0)
        if self._target.closed and self._retries:
            self._turned.append(t)
            self._wait(t, state)
            return None
        self._arrived.append(t)
        offer = self._offer
        result = offer(t, message, t, self._answer, state)
        return None if result is None else self._conclude(t, state, result)

    def _try_again(self, t: float, late: tuple[float, State, Any]) -> None:
        state = late[1]
        since, message, told, about, tries = state
        if self._target.closed and tries < self._retries:
            self._bounced.append(t)
            self._wait(t, state)
            return
        self._retried.append(t)
        offer = self._offer
        result = offer(t, message, since, self._answer, state)
        if result is not None:
            result = self._conclude(t, state, result)
            if result is not None:
                told(t, about, result)

    def _wait(self, t: float, state: State) -> None:
        """Puts a message off until its next try."""
        since, message, told, about, tries = state
        again = t + self._longest[min(tries, self._last)] * next(self._share)
        state = (since, message, told, about, tries + 1)
        self._calendar.later((again, state, self._again_act))

    def _answered(self, t: float, state: State, result: int) -> None:
        since, message, told, about, _ = state
        if result == OK:
            self._done.extend((since, t, message[0], message[1]))
            told(t, about, OK)
            return
        ended = self._conclude(t, state, result)
        if ended is not None:
            told(t, about, ended)

    def _conclude(self, t: float, state: State, result: int) -> int | None:
        """Returns how the message ended, or None if it is tried again."""
        since, message, _, _, tries = state
        if result == OK:
            self._done.extend((since, t, message[0], message[1]))
            return OK
        ledger = self._ledger
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        if tries < self._retries:
            ledger.put_off.append(t)
            self._wait(t, state)
            return None
        ledger.failed.extend((since, t))
        return result


class Try(Link):
    """One of the tries of somebody outside who tries again, and tells nobody how it ends.

    Most of the messages that there are in a storm wait for their next try, and most tries are
    refused. So what waits is one small tuple, its own entry in the calendar: when, since when, and
    the beginning of the next try. More would not fit the processor's nearest memory.
    """

    __slots__ = (
        "_begin_act",
        "_begun",
        "_calendar",
        "_last",
        "_longest",
        "_next_act",
        "_node",
        "_number",
        "_per_s",
        "_refused",
        "_retry",
        "_share",
        "_slots",
        "_target",
        "_tries",
        "_waits",
    )

    def __init__(
        self, target: Node, retry: Retry, waits: Waits, number: int, tries: int = 0
    ) -> None:
        super().__init__(target)
        ledger, calendar = target.ledger, target.world.calendar
        self._node = target
        self._target = _known_of(target)
        self._retry = retry
        self._waits = waits
        self._number = number
        self._answer = self._ended
        self._tries = tries
        self._last = tries >= retry.retries
        self._longest = waits.longest[min(tries, len(waits.longest) - 1)]
        self._share = waits.share
        self._calendar = calendar
        self._slots = calendar.slots
        self._per_s = calendar.per_s
        self._begun = ledger.retried if tries else ledger.arrived
        self._refused = ledger.bounced if tries else ledger.turned
        self._begin_act = self._begin
        self._next_act: Callable[[float, Any], None] | None = None

    def entries(self, times: list[float]) -> list[Late]:
        """Returns the messages whose first try this is.

        Args:
            times: When.
        """
        return list(zip(times, times, repeat(self._begin_act)))

    def _begin(self, t: float, late: tuple[float, float, Any]) -> None:
        if self._target.closed and not self._last:
            # What a storm is made of goes the shortest way: `_wait`, without the way to it.
            self._refused.append(t)
            again = t + self._longest * next(self._share)
            slot = int(again * self._per_s)
            act = self._next_act
            if slot > self._calendar.slot and act is not None:
                self._slots[slot].append((again, late[1], act))
            else:
                self._wait(again, late[1])
            return
        self._begun.append(t)
        sent = late[1]
        message = (sent, self._number, None)
        offer = self._offer
        result = offer(t, message, sent, self._answer, message)
        if result is not None:
            self._ended(t, message, result)

    def _wait(self, again: float, sent: float) -> None:
        """Puts a message off until its next try."""
        if self._next_act is None:
            tries = self._tries + 1
            following = Try(self._node, self._retry, self._waits, self._number, tries)
            self._next_act = following._begin_act
        self._calendar.later((again, sent, self._next_act))

    def _ended(self, t: float, message: Message, result: int) -> None:
        sent = message[0]
        if result == OK:
            self._done.extend((sent, t, sent, message[1]))
            return
        ledger = self._ledger
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        if self._last:
            ledger.failed.extend((sent, t))
        else:
            ledger.put_off.append(t)
            self._wait(t + self._longest * next(self._share), sent)


class PatientLink(EagerLink):
    """A caller who is told late, or who waits for a time only, and may try again."""

    __slots__ = ("_deadlines", "_latency")

    def __init__(
        self, target: Node, purpose: str, retry: Retry, timeout_s: float, latency_s: float
    ) -> None:
        super().__init__(target, purpose, retry)
        self._latency = latency_s
        self._deadlines = (
            Deadlines(self._calendar, timeout_s, self._expired) if timeout_s < math.inf else None
        )

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._arrived.append(t)
        return self._try(t, (t, message, told, about, 0))

    def _try(self, t: float, state: State) -> int | None:
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

    def _answered(self, t: float, wait: Any, result: int) -> None:
        if wait[0] != OVER:
            wait[0] = OVER
            self._tell(t, wait[1], self._conclude(t, wait[1], result))

    def _expired(self, t: float, wait: list[Any]) -> None:
        self._tell(t, wait[1], self._conclude(t, wait[1], FAILED))

    def _try_again(self, t: float, late: tuple[float, State, Any]) -> None:
        self._retried.append(t)
        self._tell(t, late[1], self._try(t, late[1]))

    @staticmethod
    def _tell(t: float, state: State, result: int | None) -> None:
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
        self._arrived = target.ledger.arrived
        self._channel = target.channel
        self._direct = target.channel and not latency_s and not target.disturbed
        self._offer = target.entrance
        self._retries = retry.retries
        self._wait = Waits(retry, target.world.draws(purpose, target.name, "retry")).draw
        self._latency = latency_s

    def send(self, t: float, message: Message, told: Answer, about: Any, /) -> int | None:
        """Sends a message: see `Send`."""
        self._arrived.append(t)
        if self._direct:
            # A channel whose door nobody stands before knows at once whether it takes a message.
            result = self._offer(t, message, t, told, about)
            if result == OK:
                return OK
            return self._taken(t, (t, message, told, about, 0), REFUSED)
        state = (t, message, told, about, 0)
        if self._latency:
            self._world.calendar.at(t + self._latency, self._arrive, state)
            return None
        return self._try(t, state)

    def _try(self, t: float, state: State) -> int | None:
        result = self._offer(t, state[MESSAGE], state[SINCE], self._answered, state)
        if self._channel:
            return None if result is None else self._taken(t, state, result)
        if result is None:
            return OK
        if result == OK:
            self._end(t, state, OK)
            return OK
        return self._taken(t, state, result)

    def _answered(self, t: float, state: State, result: int) -> None:
        if self._channel:
            self._tell(t, state, self._taken(t, state, result))
        else:
            self._end(t, state, result)

    def _end(self, t: float, state: State, result: int) -> None:
        ledger = self._ledger
        if result == OK:
            sent, source, _ = state[MESSAGE]
            ledger.done.extend((state[SINCE], t, sent, source))
        else:
            ledger.errors.append(t)
            ledger.failed.extend((state[SINCE], t))

    def _taken(self, t: float, state: State, result: int) -> int | None:
        """Returns whether the message was taken in the end; None if it is tried again."""
        if result == OK:
            return OK
        ledger = self._ledger
        (ledger.refused if result == REFUSED else ledger.errors).append(t)
        tries = state[TRIES]
        if tries < self._retries:
            ledger.put_off.append(t)
            again = (*state[:TRIES], tries + 1)
            self._world.calendar.later((t + self._wait(tries), again, self._try_again))
            return None
        ledger.failed.extend((state[SINCE], t))
        return result

    def _arrive(self, t: float, state: State) -> None:
        self._tell(t, state, self._try(t, state))

    def _try_again(self, t: float, late: tuple[float, State, Any]) -> None:
        state = late[1]
        self._ledger.retried.append(t)
        if self._latency:
            self._world.calendar.at(t + self._latency, self._arrive, state)
        else:
            self._arrive(t, state)

    @staticmethod
    def _tell(t: float, state: State, result: int | None) -> None:
        if result is not None:
            state[TOLD](t, state[ABOUT], result)
