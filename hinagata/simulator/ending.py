"""What is not done when a simulation ends, and which limits held it back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hinagata.report.figure import short_number
from hinagata.scenario.units import show_seconds
from hinagata.simulator.model import (
    AsyncInvoke,
    Function,
    Gateway,
    Network,
    Queue,
    Station,
    Stream,
    Table,
)
from hinagata.simulator.outcome import Outcome, PathLatency
from hinagata.simulator.visits import visits

# What has come within a minute and is not done yet is on its way, and no backlog.
_ON_ITS_WAY_S = 60.0
# A share of refused tries that is worth a sentence.
_REFUSES = 0.01


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Messages that somebody has taken, and that are neither done nor given up at the end.

    Attributes:
        station: The queue, stream or asynchronous invocation that has them.
        messages: How many.
        oldest_s: For how long the oldest has waited.
    """

    station: str
    messages: float
    oldest_s: float


def waiting(network: Network, outcome: Outcome, *, since_s: float = 0.0) -> tuple[Waiting, ...]:
    """Returns what waits at the end, where somebody should work on it: not dead letters.

    Args:
        network: The stations.
        outcome: What happened at them.
        since_s: Only what has waited for that long, in seconds, taken as first come, first served.
    """
    found = []
    for name, station in network.stations.items():
        if _is_worked_on(station):
            series = outcome.stations[name]
            recent = min(round(since_s / outcome.tick_s), len(series.arrivals))
            came = float(np.sum(series.arrivals[len(series.arrivals) - recent :]))
            left = float(series.in_flight[-1] + series.queued[-1]) - came
            if left >= 1:
                oldest = float(np.nan_to_num(series.oldest_s[-1]))
                found.append(Waiting(station=name, messages=left, oldest_s=oldest))
    return tuple(found)


def got_there(network: Network, outcome: Outcome, path: PathLatency) -> float:
    """Returns the share of the messages on their way to a station that it has done by the end.

    Args:
        network: The stations.
        outcome: What happened at them.
        path: To which station.
    """
    came = visits(network)[path.station]
    wanted = sum(outcome.sent[source] * times for source, times in came.items())
    return min(1.0, outcome.total(path.station, "done") / wanted) if wanted else 1.0


def sentences(network: Network, outcome: Outcome) -> Iterator[str]:
    """Yields what is not done at the end, and what held it back, in words.

    Args:
        network: The stations.
        outcome: What happened at them.
    """
    late = {each.station for each in waiting(network, outcome, since_s=_ON_ITS_WAY_S)}
    left = [each for each in waiting(network, outcome) if each.station in late]
    if left:
        told = ", ".join(
            f"{short_number(each.messages)} at {each.station} (the oldest for "
            f"{show_seconds(each.oldest_s)})"
            for each in sorted(left, key=lambda each: -each.messages)
        )
        yield f"not worked on when it ends, neither done nor lost: {told}"
    refusing = [name for name in network.stations if _refused(outcome, name) >= _REFUSES]
    by_limit: dict[str, list[str]] = {}
    for name in sorted(refusing, key=lambda name: -outcome.total(name, "throttled")):
        limit = _limit(network, network.stations[name])
        if limit:
            by_limit.setdefault(limit, []).append(name)
    for limit, names in by_limit.items():
        told = " and ".join(f"{_refused(outcome, name):.0%} at {name}" for name in names)
        yield f"refused of all tries: {told}: {limit}"
    for each in left:
        yield from _slow(network.stations[each.station], refusing)


def _is_worked_on(station: Station) -> bool:
    match station:
        case Queue(poller=poller):
            return poller is not None
        case Stream(readers=readers):
            return bool(readers)
    return isinstance(station, AsyncInvoke)


def _refused(outcome: Outcome, name: str) -> float:
    tries = outcome.total(name, "attempts")
    return outcome.total(name, "throttled") / tries if tries >= 1 else 0.0


def _limit(network: Network, station: Station) -> str:
    """Returns what a station that refuses something can do at most."""
    match station:
        case Gateway(per_s=per_s, burst=burst):
            return f"its throttle lets {per_s:,.0f} requests/s in, and {burst:,.0f} at once"
        case Function(reserved=float() | int() as reserved):
            return f"its reserved concurrency is {reserved:,.0f}"
        case Function():
            account = network.account
            return (
                f"all functions of the account have {account.concurrency:,.0f} environments and "
                f"{account.concurrency * account.requests_per_slot:,.0f} invocations/s together, "
                f"and each starts {account.scale_at_once:,.0f} environments at once"
            )
        case Stream(shares=shares, records_per_s=records, bytes_per_s=size):
            return (
                f"each of its {len(shares)} shards takes {records:,.0f} records/s and "
                f"{size / 1_048_576:g} MB/s"
            )
        case Table():
            return "; ".join(_units(station))
    return ""


def _units(table: Table) -> Iterator[str]:
    for kind, units, kept, first, quota in (
        (
            "write",
            table.write_units,
            table.writes_per_s,
            table.at_most_writes_per_s,
            table.quota_writes_per_s,
        ),
        (
            "read",
            table.read_units,
            table.reads_per_s,
            table.at_most_reads_per_s,
            table.quota_reads_per_s,
        ),
    ):
        if units and kept is not None:
            yield f"it has {kept:,.0f} {kind} units/s"
        elif units:
            yield (
                f"{first:,.0f} {kind} units/s while it is new, {quota:,.0f} at most by its quota"
            )


def _slow(channel: Station, refusing: list[str]) -> Iterator[str]:
    """Yields how much of a channel is worked on at once, where nobody refuses that."""
    match channel:
        case Queue(poller=poller) if poller is not None and poller.function not in refusing:
            yield (
                f"{channel.name} is worked on in {poller.at_most:,.0f} batches of "
                f"{poller.batch:,.0f} at once, by {poller.function}"
            )
        case Stream(readers=readers, shares=shares):
            for reader in readers:
                if reader.function not in refusing:
                    lanes = len(shares) * math.floor(reader.parallel)
                    yield (
                        f"{channel.name} is worked on in {lanes:,} batches of {reader.batch:,.0f} "
                        f"at once, by {reader.function}"
                    )
