"""What an architecture costs a month under a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.assumptions import Assumptions, assumptions_for
from hinagata.planner.deriving.derive import derive
from hinagata.planner.pricing.bill import price
from hinagata.planner.pricing.estimate import Estimate
from hinagata.planner.remarks import Remarks
from hinagata.planner.stacks import concerned
from hinagata.scenario import Scenario
from hinagata.topology.graph import Topology


def price_scenario(
    topology: Topology,
    scenario: Scenario,
    *,
    region: str | None = None,
    facts: Facts | Path | str | Mapping[str, object] | None = None,
    assumptions: Assumptions | Path | str | Mapping[str, object] | None = None,
    free_tier: bool | None = None,
) -> tuple[Estimate, Remarks]:
    """Returns what an architecture costs a month if a scenario's traffic goes on, in USD.

    Args:
        topology: The architecture.
        scenario: Its traffic.
        region: Where. Default: where the templates say, or us-east-1.
        facts: Facts, or what replaces some of them; as `hinagata.planner.price` takes them.
        assumptions: Assumptions, or what replaces some of them: a file or a mapping; see
            docs/price.md. Default: as `hinagata.planner.assumptions.assumptions_for` finds them.
        free_tier: Whether what is free each month is taken off. Default: not.

    Returns:
        The estimate, whose `at_rest` is what the same costs without any traffic; and what it rests
        on.

    Raises:
        HinagataError: The scenario does not fit the topology, or a price is missing.
    """
    known = facts if isinstance(facts, Facts) else Facts(facts)
    assumed = assumptions_for(scenario, assumptions)
    part, left_out = concerned(topology, scenario)
    where = region or region_of(part)
    hours = known.value("billing", "price.hours_per_month")

    def bill(traffic: float, taken: Assumptions) -> tuple[Estimate, Remarks]:
        try:
            derived = derive(
                part,
                scenario,
                traffic=traffic,
                facts=known,
                assumptions=taken,
                region=where,
                hours=hours,
            )
        except (ArithmeticError, ValueError) as error:
            raise HinagataError(
                f"the usage cannot be reckoned from these templates and facts: {error}"
            ) from None
        remarks = Remarks(
            assumed=derived.assumed,
            given_in=taken.file,
            notes=derived.notes,
            left_out=(
                *derived.unpriced,
                *(f"stack {stack}: nothing of the scenario comes there" for stack in left_out),
            ),
        )
        estimate = price(derived.usage, region=where, facts=known, free_tier=free_tier)
        return estimate, remarks

    estimate, remarks = bill(1.0, assumed)
    resting, _ = bill(0.0, assumed.forgetting())
    return replace(estimate, resting=resting.total), remarks


def region_of(topology: Topology) -> str:
    """Returns the one region that templates name, else us-east-1."""
    regions = {node.template.region for node in topology.nodes} - {None}
    return str(regions.pop()) if len(regions) == 1 else DEFAULT_REGION
