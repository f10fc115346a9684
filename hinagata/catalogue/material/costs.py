"""What an architecture costs a month: at rest, and over its traffic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hinagata.planner.deriving.estimate import price_scenario
from hinagata.scenario import Scenario, read_scenario
from hinagata.scenario.rate import ConstantRate
from hinagata.topology.graph import Topology

# Messages a second of the curve; the pages say what the middle one costs.
RATES = (0.1, 1.0, 10.0, 100.0, 1000.0)
_CITED = 100.0
_MOST_DRIVERS = 4


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a month costs, in USD.

    Attributes:
        region: Where.
        at_rest: Without any traffic.
        cited: At a hundred messages a second.
        per_million: For a million messages at that rate.
        curve: Messages a second, and what they cost.
        drivers: What makes up most of it: service, item, share of the whole.
        assumed: What was taken where nobody knows: each with its value and what it is.
        as_of: The newest day on which one of the prices was read.
    """

    region: str
    at_rest: float
    cited: float
    per_million: float
    curve: tuple[tuple[float, float], ...]
    drivers: tuple[tuple[str, str, float], ...]
    assumed: tuple[tuple[str, str, str], ...]
    as_of: str


def read_costs(topology: Topology, traffic: Path, *, project: Path) -> Costs:
    """Returns what an architecture costs under a scenario at several rates.

    Args:
        topology: The architecture.
        traffic: The scenario; its one source is multiplied.
        project: The folder that it names files from.

    Raises:
        HinagataError: The scenario is none of this architecture, or a price is missing.
    """
    scenario = read_scenario(traffic, project=project)
    estimates = {rate: price_scenario(topology, _at(scenario, rate)) for rate in RATES}
    estimate, remarks = estimates[_CITED]
    resting, _ = price_scenario(topology, _at(scenario, 0.0))
    return Costs(
        region=estimate.region,
        at_rest=resting.total,
        cited=estimate.total,
        per_million=estimate.per_million_events or 0.0,
        curve=tuple((rate, each.total) for rate, (each, _) in estimates.items()),
        drivers=tuple(
            (f"{item.service}: {item.resource}", item.name, item.amount / estimate.total)
            for item in estimate.drivers[:_MOST_DRIVERS]
        ),
        assumed=tuple(
            (each.assumption.name, f"{each.value:g}", each.assumption.meaning)
            for each in remarks.assumed
        ),
        as_of=max(fact.as_of for fact in estimate.facts if fact.as_of != "undated"),
    )


def _at(scenario: Scenario, rate: float) -> Scenario:
    return replace(
        scenario,
        sources={
            name: replace(source, rate=ConstantRate(per_second=rate))
            for name, source in scenario.sources.items()
        },
    )
