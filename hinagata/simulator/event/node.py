"""What every station of the event engine is: something that is offered messages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, ClassVar, Final

import numpy as np

from hinagata.scenario.fault import Inject
from hinagata.simulator.draws import stream
from hinagata.simulator.event.calendar import Calendar
from hinagata.simulator.event.ledger import Clock, Ledger
from hinagata.simulator.model import Disturbance, Station
from hinagata.simulator.outcome import StationSeries

# How a try ends.
OK: Final = 0
FAILED: Final = 1
REFUSED: Final = 2

# When it was sent, the number of its source, and what sends it.
Message = tuple[float, int, Any]
# What a message in a channel is: since when it is there, the message, and what the channel notes.
Entry = list[Any]
# Called once, with the time, what the caller gave to be told by, and how the try ended.
Answer = Callable[[float, Any, int], None]
# The same for a batch, with the entries that failed.
BatchAnswer = Callable[[float, Any, list[Entry]], None]

# Spreads over 0 to 1 the digits that two times never share. So what a message meets is decided for
# all its tries, without keeping it: a partition, or that it is poison.
SPREAD = 999_983.0


class World:
    """What the stations of a run share.

    Attributes:
        calendar: What happens next.
        clock: The ticks.
        seed: What draws derive from.
        sources: How many sources there are.
    """

    __slots__ = ("calendar", "clock", "seed", "sources")

    def __init__(self, clock: Clock, seed: int, sources: int) -> None:
        self.calendar = Calendar()
        self.clock = clock
        self.seed = seed
        self.sources = sources

    def draws(self, *purpose: str) -> np.random.Generator:
        """Returns the generator for a purpose.

        Args:
            purpose: A station's name, and what the draws are for.
        """
        return stream(self.seed, *purpose)


class Node:
    """A station while it runs.

    Attributes:
        closed: Whether it refuses everything at the moment, and asking it changes nothing.
        entrance: What callers send to: `offer`, or a `Door` before it.
        name: The station's.
        ledger: What happened here.
        world: What all stations share.
    """

    __slots__ = ("_heap", "_tickets", "closed", "entrance", "ledger", "name", "world")

    # Whether it takes messages and answers for them on its own, later: nobody waits for more.
    channel: ClassVar[bool] = False
    # Faults that others meet before the station, and that here happen within.
    inside: ClassVar[frozenset[Inject]] = frozenset()

    def __init__(self, station: Station, world: World) -> None:
        self.name = station.name
        self.world = world
        self.closed = False
        self.entrance = self.offer
        self.ledger = Ledger(world.clock, world.sources)
        self._heap = world.calendar.heap
        self._tickets = world.calendar.tickets

    def offer(
        self, t: float, message: Message, since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Tries a message.

        Args:
            t: The time.
            message: The message.
            since: When it was tried first.
            answer: What is told how the try ended.
            about: What `answer` is given.

        Returns:
            How the try ended, if that is known at once; else None, and `answer` is called once.
        """
        raise NotImplementedError

    @property
    def disturbed(self) -> bool:
        """Whether a `Door` stands before it."""
        return self.entrance != self.offer

    def sample(self, tick: int, t: float, /) -> None:
        """Notes, at the end of a tick, what can only be seen then.

        Args:
            tick: Its number.
            t: The time.
        """

    def series(self) -> StationSeries:
        """Returns what happened here; a try that was not refused is billed."""
        series = self.ledger.series()
        series.calls[:] += series.attempts - series.throttled
        return series

    def disturb(self, disturbance: Disturbance, t: float, /, *, begins: bool) -> None:
        """Begins or ends what goes wrong inside the station; what its callers meet is `Door`'s.

        Args:
            disturbance: What goes wrong.
            t: When.
            begins: Whether it begins.
        """


class Shares:
    """Which partition or shard a message belongs to, the same at every try."""

    __slots__ = ("_bounds",)

    def __init__(self, shares: Sequence[float]) -> None:
        total = sum(shares)
        self._bounds = [bound / total for bound in accumulate(shares)][:-1]

    def of(self, message: Message, since: float) -> int:
        """Returns the number of its share.

        Args:
            message: The message.
            since: When it was tried first.
        """
        if not self._bounds:
            return 0
        return bisect_right(self._bounds, (since + message[0]) * SPREAD % 1.0)


def is_poison(disturbance: Disturbance, message: Message) -> bool:
    """Returns whether a message is one of those that can never be processed.

    Args:
        disturbance: Poison: a share of the messages that are sent meanwhile.
        message: The message.
    """
    sent = message[0]
    if not disturbance.start_s <= sent < disturbance.end_s:
        return False
    return sent * SPREAD % 1.0 < disturbance.share


def unheard(t: float, about: object, result: int) -> None:
    """Takes an answer that nobody waits for.

    Args:
        t: The time.
        about: Nothing.
        result: How the try ended.
    """
