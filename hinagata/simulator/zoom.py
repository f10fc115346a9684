"""A short stretch of a network, so that an engine which cannot afford the whole can compute it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from hinagata.scenario.rate import TraceRate
from hinagata.simulator.model import Disturbance, Network, Service, Station
from hinagata.simulator.outcome import Outcome

_DAY_S = 86_400.0


def zoom(network: Network, outcome: Outcome, start_s: float, length_s: float) -> Network:
    """Returns a network of a stretch of another one's time, quiet at its beginning.

    Services have the tasks that they had by then; queues are empty and functions cold.

    Args:
        network: The whole.
        outcome: What an engine found of it.
        start_s: When the stretch begins.
        length_s: How long it is.
    """
    seconds = [float(second) for second in range(math.ceil(length_s))]
    return replace(
        network,
        stations={
            name: _at(station, outcome, start_s) for name, station in network.stations.items()
        },
        traffic=tuple(
            replace(
                each,
                rate=TraceRate(
                    seconds=seconds,
                    per_second=[
                        each.rate.count(start_s + second, start_s + second + 1)
                        for second in seconds
                    ],
                ),
            )
            for each in network.traffic
        ),
        duration_s=length_s,
        disturbances=tuple(_shifted(network, start_s, length_s)),
    )


def _at(station: Station, outcome: Outcome, start_s: float) -> Station:
    if not isinstance(station, Service):
        return station
    tick = min(int(start_s / outcome.tick_s), len(outcome.stations[station.name].capacity) - 1)
    tasks = max(1.0, float(outcome.stations[station.name].capacity[tick]))
    return replace(by_the_clock(station, start_s), tasks=tasks)


def by_the_clock(service: Service, start_s: float) -> Service:
    """Returns a service as it is after the first steps of its day.

    Args:
        service: As it is at midnight.
        start_s: When the day goes on, in seconds after midnight; that is its second 0 then.
    """
    steps = tuple(replace(step, at_s=(step.at_s - start_s) % _DAY_S) for step in service.steps)
    passed = [step for step in service.steps if step.at_s <= start_s % _DAY_S]
    return replace(
        service,
        at_least=passed[-1].at_least if passed else service.at_least,
        steps=tuple(sorted(steps, key=lambda step: step.at_s)),
    )


def _shifted(network: Network, start_s: float, length_s: float) -> Iterator[Disturbance]:
    for each in network.disturbances:
        begin, end = each.start_s - start_s, each.end_s - start_s
        if begin < length_s and end >= 0:
            yield replace(each, start_s=max(0.0, begin), end_s=end)
