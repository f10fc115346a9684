"""The busiest stretch of a scenario in long ticks: an answer while somebody waits for it.

A day of seconds takes up to minutes, and half of that at a million devices. What breaks at the peak
shows in the ten minutes around it; what takes longer (dead letters after many tries, a backlog that
is worked off at night) does not, and who needs it simulates the whole.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from hinagata.facts import Facts
from hinagata.scenario.model import Expectations, Scenario
from hinagata.scenario.rate import ClosedLoopRate, ConstantRate, Rate, TraceRate
from hinagata.simulator.choice import Choice, expected_events
from hinagata.simulator.model import Network, Service
from hinagata.simulator.network import build_network
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.tick import run_ticks
from hinagata.simulator.verdicts import judge
from hinagata.simulator.zoom import by_the_clock
from hinagata.topology.graph import Topology

LENGTH_S = 600.0
# Where a stretch may begin: at so many moments of the scenario, evenly.
_BEGINNINGS = 288
_STEP_S = 1.0
# A tick of a station takes 0.2 to 0.5 ms where something is held back all the time.
_MOST_STATION_TICKS = 900
_TICKS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a scenario, simulated.

    Attributes:
        start_s: When it begins, in the scenario's time.
        simulation: What it says; its scenario expects only what a part can tell of.
    """

    start_s: float
    simulation: Simulation


def simulate_stretch(
    topology: Topology, scenario: Scenario, *, facts: Facts, length_s: float = LENGTH_S
) -> Stretch:
    """Plays the busiest stretch of a scenario, in ticks that are as long as they have to be.

    It begins with empty queues, cold functions, and as many tasks as its first rate asks for.

    Args:
        topology: The architecture.
        scenario: What is sent to it.
        facts: Quotas.
        length_s: How long the stretch is, in seconds; a shorter scenario is played whole.

    Raises:
        ScenarioError: The scenario names what the architecture does not have.
        HinagataError: A number cannot be.
    """
    began = time.perf_counter()
    start_s = busiest(scenario, length_s)
    part = _part(scenario, start_s, min(length_s, scenario.duration_seconds))
    built = build_network(topology, part, facts=facts)
    network = replace(
        built.network,
        stations={
            name: by_the_clock(station, start_s) if isinstance(station, Service) else station
            for name, station in built.network.stations.items()
        },
    )
    outcome = run_ticks(network, tick_s=_tick_s(network))
    return Stretch(
        start_s=start_s,
        simulation=Simulation(
            scenario=part,
            network=network,
            choice=Choice(
                engine="tick",
                events=expected_events(network),
                reason="an answer is waited for",
            ),
            outcome=outcome,
            verdicts=judge(
                part.expectations,
                network,
                outcome,
                called=built.called,
                deadline_s=part.deadline_seconds,
            ),
            differences=(),
            costs=(),
            doubts=(*built.doubts, *outcome.doubts),
            warmth=(),
            seconds=time.perf_counter() - began,
        ),
    )


def busiest(scenario: Scenario, length_s: float) -> float:
    """Returns when the stretch begins in which most is sent, in seconds of the scenario.

    Of several the one in which most goes wrong, else the first.

    Args:
        scenario: The scenario.
        length_s: How long the stretch is, in seconds.
    """
    last = scenario.duration_seconds - length_s
    if last <= 0:
        return 0.0

    def busy(start_s: float) -> tuple[float, float, float]:
        end_s = start_s + length_s
        sent = sum(source.rate.count(start_s, end_s) for source in scenario.sources.values())
        wrong = sum(
            max(0.0, min(end_s, each.at_seconds + (each.for_seconds or 0)) - start)
            for each in scenario.faults
            for start in [max(start_s, each.at_seconds)]
        )
        # What is the same but for the last digits of a sum is the same.
        return float(f"{sent:.6g}"), wrong, -start_s

    return max((last * step / _BEGINNINGS for step in range(_BEGINNINGS + 1)), key=busy)


def _part(scenario: Scenario, start_s: float, length_s: float) -> Scenario:
    """Returns a stretch as a scenario of its own."""
    end_s = start_s + length_s
    faults = []
    for fault in scenario.faults:
        until = fault.at_seconds + (fault.for_seconds or 0.0)
        if fault.at_seconds < end_s and until >= start_s:
            begin = max(fault.at_seconds, start_s)
            lasts = None if fault.for_seconds is None else until - begin
            faults.append(replace(fault, at_seconds=begin - start_s, for_seconds=lasts))
    return replace(
        scenario,
        duration_seconds=length_s,
        sources={
            name: replace(source, rate=_since(source.rate, start_s, length_s))
            for name, source in scenario.sources.items()
        },
        faults=tuple(faults),
        expectations=_tellable(scenario.expectations),
    )


def _since(rate: Rate, start_s: float, length_s: float) -> Rate:
    if isinstance(rate, ConstantRate | ClosedLoopRate):
        return rate
    seconds = [_STEP_S * step for step in range(max(1, round(length_s / _STEP_S)))]
    return TraceRate(
        seconds=seconds,
        per_second=[
            rate.count(start_s + second, start_s + second + _STEP_S) / _STEP_S for second in seconds
        ],
    )


def _tellable(expectations: Expectations) -> Expectations:
    """Returns what can be told of a part: no whole counts, no moment of the whole."""
    return replace(
        expectations,
        throttled=tuple(each for each in expectations.throttled if not each.at_least),
        backlog=tuple(each for each in expectations.backlog if each.at_seconds is None),
        processed=(),
        duplicates=(),
        dead_letters=(),
        traced=(),
        stored=(),
    )


def _tick_s(network: Network) -> float:
    each_s = len(network.stations) * network.duration_s
    return next(
        (tick_s for tick_s in _TICKS_S if each_s / tick_s <= _MOST_STATION_TICKS), _TICKS_S[-1]
    )
