"""The mean-field engine: what is expected of a network, a tick at a time."""

from __future__ import annotations

from dataclasses import replace

from hinagata.simulator.model import Network, Queue
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.tick.engine import Engine

__all__ = ["run_ticks"]

# Numbers by station and series.
Totals = dict[tuple[str, str], float]

_TICK_S = 1.0
# After half an hour of which every second had to be computed alone, a day of it would take minutes:
# longer ticks are tried on what has been computed, and taken if they say the same.
_TRIED = 1800
# The ticks that are tried, the longest first, and how much more time there must be.
_LONGER_S = (30.0, 10.0)
_MUCH_MORE = 4
# By how much they may be off, as a share, and of what nothing is said.
_OFF, _FEW = 0.02, 100.0
# In ticks of a second, so many of all stations together take one to two minutes: of more, longer
# ones are taken though they are off, and it is told by how much.
_MOST_SINGLE = 500_000
_TOLD = 3
# A fault that longer ticks would not begin and end with must be as long as so many of them.
_OF_A_FAULT = 20


def run_ticks(network: Network, *, tick_s: float | None = None) -> Outcome:
    """Returns what is expected to happen to a network's messages, tick by tick.

    Its cost is that of the ticks, however many messages there are: a day of a dozen stations takes
    seconds. What it cannot know well it says in the outcome's `doubts`.

    Args:
        network: Its stations and traffic.
        tick_s: The length of a tick. Default: a second; more where something is held back all the
            time, and longer ticks come to the same or ticks of a second would take minutes.

    Raises:
        HinagataError: The network has a station that is not there, messages that go round, or a
            number that is none.
    """
    engine = Engine(network, _TICK_S if tick_s is None else tick_s)
    if tick_s is None:
        reached = engine.run(_TRIED)
        if reached <= 2 * _TRIED and network.duration_s > _MUCH_MORE * reached:
            longer = _with_longer_ticks(network, engine.totals(reached), float(reached))
            if longer is not None:
                return longer
    engine.run()
    return engine.outcome()


def _with_longer_ticks(network: Network, known: Totals, known_s: float) -> Outcome | None:
    """Returns the outcome of longer ticks, if they say what was computed in short ones.

    Where short ones would take minutes, the longest are taken all the same.
    """
    longest: tuple[float, Totals] | None = None
    for tick_s in _LONGER_S:
        part_s = known_s - known_s % tick_s
        if not _fits(network, tick_s) or part_s < known_s * (1 - _OFF / 2):
            continue
        part = Engine(replace(network, duration_s=known_s), tick_s)
        found = part.totals(part.run())
        # How many wait is a sum over ticks, of which there are fewer.
        found = {key: n * (tick_s if key[1] == "queued" else 1.0) for key, n in found.items()}
        longest = longest or (tick_s, found)
        off = max(_off(found[key], n) for key, n in known.items())
        if off > _OFF:
            continue
        outcome = _whole(network, tick_s)
        if _batches_come_back(network, outcome):
            break
        doubt = (
            f"computed in ticks of {tick_s:.0f} s, since something is held back nearly all the "
            f"time: tries, refusals, failures and backlogs of the first {known_s / 60:.0f} min are "
            f"off by {off:.1%} at most"
        )
        return replace(outcome, doubts=(*outcome.doubts, doubt))
    if longest is None or network.duration_s * len(network.stations) <= _MOST_SINGLE:
        return None
    tick_s, found = longest
    outcome = _whole(network, tick_s)
    doubt = (
        f"computed in ticks of {tick_s:.0f} s, for ticks of a second would take minutes, and what "
        f"comes and goes within seconds is lost in them; of the first {known_s / 60:.0f} min they "
        f"say {_worst(known, found)}; watch a shorter time, as --duration 2h, to have it exactly"
    )
    return replace(outcome, doubts=(*outcome.doubts, doubt))


def _whole(network: Network, tick_s: float) -> Outcome:
    whole = Engine(network, tick_s)
    whole.run()
    return whole.outcome()


def _off(found: float, expected: float) -> float:
    """Returns by how much a number is off, as a share of the larger one; 0 of next to nothing."""
    larger = max(found, expected)
    return abs(found - expected) / larger if larger > _FEW else 0.0


def _worst(known: Totals, found: Totals) -> str:
    """Returns in words the numbers that longer ticks miss by the most messages."""
    counts = {key: n for key, n in known.items() if key[1] != "queued"}
    worst = sorted(counts, key=lambda key: -abs(found[key] - known[key]))[:_TOLD]
    return (
        ", ".join(
            f"{found[name, what]:,.0f} instead of {known[name, what]:,.0f} {what} at {name}"
            for name, what in worst
            if _off(found[name, what], known[name, what]) > _OFF
        )
        or "the same of tries, refusals and failures, but not of backlogs"
    )


def _fits(network: Network, tick_s: float) -> bool:
    """Returns whether faults begin and end with such ticks, or last for many of them."""
    return all(
        (each.start_s % tick_s == 0 and each.end_s % tick_s == 0)
        or each.end_s - each.start_s >= _OF_A_FAULT * tick_s
        for each in network.disturbances
    )


def _batches_come_back(network: Network, outcome: Outcome) -> bool:
    """Returns whether queues have batches refused, which try again each second."""
    return any(
        outcome.total(name, "throttled") > _OFF * outcome.total(name, "attempts")
        for name, each in network.stations.items()
        if isinstance(each, Queue) and each.poller
    )
