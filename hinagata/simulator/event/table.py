"""DynamoDB tables: what they and their partitions take a second."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush
from typing import Any

from hinagata.simulator.draws import durations
from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.event.calls import Calls
from hinagata.simulator.event.node import FAILED, OK, REFUSED, Answer, Message, Node, Shares, World
from hinagata.simulator.model import Table

# A table's peak is that of a minute, so that a second's burst is none.
MINUTE_S = 60.0


class Capacity:
    """The units of one kind: a bucket for the table, and one for each partition."""

    __slots__ = (
        "_calendar",
        "_grows_after_s",
        "_grows_by",
        "_partitions",
        "_peak",
        "_per_s",
        "_quota",
        "_table",
        "_used",
    )

    def __init__(
        self,
        world: World,
        table: Table,
        provisioned: float | None,
        at_first: float,
        quota: float,
        partition_per_s: float,
        units: float,
    ) -> None:
        # A call of more units than a second's worth must be possible all the same.
        self._table: Bucket | None
        if provisioned is None:
            self._table = Bucket(at_first, max(units, at_first))
        elif len(table.shares) == 1 and provisioned >= partition_per_s:
            # The only partition is empty before the table is.
            self._table = None
        else:
            depth = provisioned * max(1.0, table.credit_s)
            self._table = Bucket(provisioned, max(units, depth))
        self._partitions = [
            Bucket(partition_per_s, max(units, partition_per_s)) for _ in table.shares
        ]
        self._per_s, self._quota = at_first, quota
        self._grows_by, self._grows_after_s = table.grows_by, table.grows_after_s
        self._used = self._peak = 0.0
        self._calendar = world.calendar
        if provisioned is None and units:
            self._calendar.at(MINUTE_S, self._close_minute)

    def take(self, t: float, partition: int, units: float) -> bool:
        """Takes units of a partition, and returns whether there were enough.

        Args:
            t: The time.
            partition: Its number.
            units: How many.
        """
        table = self._table
        if table is not None and not table.take(t, units):
            return False
        if not self._partitions[partition].take(t, units):
            if table is not None:
                table.give_back(units)
            return False
        self._used += units
        return True

    def alone(self) -> Bucket | None:
        """Returns the only bucket that there is, if there is just one and nobody counts units."""
        one = self._table is None and len(self._partitions) == 1
        return self._partitions[0] if one else None

    def give_back(self, partition: int, units: float) -> None:
        """Gives back units that were taken in vain.

        Args:
            partition: The partition's number.
            units: How many.
        """
        if self._table is not None:
            self._table.give_back(units)
        self._partitions[partition].give_back(units)
        self._used -= units

    def _close_minute(self, t: float, _: object) -> None:
        self._peak = max(self._peak, self._used / MINUTE_S)
        self._used = 0.0
        if t % self._grows_after_s < MINUTE_S and self._table is not None:
            grown = min(self._grows_by * self._peak, self._quota)
            if grown > self._per_s:
                self._per_s = grown
                self._table.change(t, grown, grown)
        self._calendar.at(t + MINUTE_S, self._close_minute)


class TableNode(Node):
    """A table."""

    __slots__ = (
        "_alone",
        "_calls",
        "_latency",
        "_partition",
        "_read",
        "_reads",
        "_worked_act",
        "_write",
        "_writes",
    )

    def __init__(self, table: Table, world: World) -> None:
        super().__init__(table, world)
        self._latency: Iterator[float] = durations(table.latency, world.draws(self.name, "latency"))
        self._partition = Shares(table.shares).of
        self._write = float(table.write_units)
        self._read = float(table.read_units)
        self._writes = Capacity(
            world,
            table,
            table.writes_per_s,
            table.at_most_writes_per_s,
            table.quota_writes_per_s,
            table.partition_writes_per_s,
            table.write_units,
        )
        self._reads = Capacity(
            world,
            table,
            table.reads_per_s,
            table.at_most_reads_per_s,
            table.quota_reads_per_s,
            table.partition_reads_per_s,
            table.read_units,
        )
        # Whom most tables only have to ask.
        self._alone = self._writes.alone() if self._write and not self._read else None
        self._calls: Calls | None = None
        self._worked_act = self._worked

    def connect(self, calls: Calls) -> None:
        """Gives it the calls that it makes for each message.

        Args:
            calls: The calls.
        """
        self._calls = calls or None

    def offer(
        self, t: float, message: Message, since: float, answer: Answer, about: Any, /
    ) -> int | None:
        """Takes a call, or refuses it: see `Node.offer`."""
        alone = self._alone
        if not (alone.take(t, self._write) if alone else self._take(t, message, since)):
            return REFUSED
        heappush(
            self._heap,
            (
                t + next(self._latency),
                next(self._tickets),
                self._worked_act,
                (message, answer, about),
            ),
        )
        return None

    def _take(self, t: float, message: Message, since: float) -> bool:
        """Takes the units of a call, and returns whether there were enough."""
        partition = self._partition(message, since)
        write, read = self._write, self._read
        if write and not self._writes.take(t, partition, write):
            return False
        if read and not self._reads.take(t, partition, read):
            if write:
                self._writes.give_back(partition, write)
            return False
        return True

    def _worked(self, t: float, state: tuple[Message, Answer, Any]) -> None:
        message, answer, about = state
        result: int | None = OK
        if self._calls:
            result = self._calls.make(t, message, self._called, (answer, about))
            if result is None:
                return
        answer(t, about, FAILED if result else OK)

    @staticmethod
    def _called(t: float, whom: tuple[Answer, Any], result: int) -> None:
        whom[0](t, whom[1], FAILED if result else OK)
