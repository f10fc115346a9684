"""The plan of an architecture for a scenario: each size against its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.facts import Fact, Facts
from hinagata.planner.assumptions import Assumptions, assumptions_for
from hinagata.planner.deriving.derive import month_of
from hinagata.planner.deriving.estimate import region_of
from hinagata.planner.memory import Knee
from hinagata.planner.remarks import Remarks
from hinagata.planner.sizes import channels, entries, functions, subnets, tables
from hinagata.planner.sizes.need import Need, Verdict
from hinagata.planner.sizes.peak import Peak
from hinagata.planner.stacks import concerned
from hinagata.scenario import Scenario
from hinagata.topology.graph import Topology

_SIZES = (
    entries.apis,
    entries.services,
    functions.functions,
    channels.queues,
    channels.topics,
    channels.streams,
    channels.workflows,
    tables.tables,
    subnets.subnets,
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an architecture needs at the peak of a scenario.

    Attributes:
        name: The scenario's name.
        region: Where.
        needs: Each size and its limit, resource by resource.
        knees: Where more memory stops to pay, of functions that were measured.
        remarks: What it rests on beside facts.
    """

    name: str
    region: str
    needs: tuple[Need, ...]
    knees: tuple[Knee, ...]
    remarks: Remarks

    @property
    def fits(self) -> bool:
        """Whether nothing breaks."""
        return not self.of(Verdict.BREAKS)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact that the plan rests on, once."""
        found = [fact for need in self.needs for fact in need.facts]
        found += [fact for knee in self.knees for fact in knee.facts]
        return tuple(dict.fromkeys(found))

    def of(self, verdict: Verdict) -> tuple[Need, ...]:
        """Returns the needs of a verdict."""
        return tuple(need for need in self.needs if need.verdict is verdict)


def plan(
    topology: Topology,
    scenario: Scenario,
    *,
    region: str | None = None,
    facts: Facts | Path | str | Mapping[str, object] | None = None,
    assumptions: Assumptions | Path | str | Mapping[str, object] | None = None,
    knees: tuple[Knee, ...] = (),
) -> Plan:
    """Returns what an architecture needs at the peak of a scenario, by closed forms.

    Args:
        topology: The architecture.
        scenario: Its traffic.
        region: Where. Default: where the templates say, or us-east-1.
        facts: Facts, or what replaces some of them; as `hinagata.planner.price` takes them.
        assumptions: Assumptions, or what replaces some of them; as `price_scenario` takes them.
        knees: What was found from measured points; see `hinagata.planner.memory`.

    Raises:
        HinagataError: The scenario does not fit the topology, or a fact is missing.
    """
    known = facts if isinstance(facts, Facts) else Facts(facts)
    assumed = assumptions_for(scenario, assumptions)
    part, left_out = concerned(topology, scenario)
    where = region or region_of(part)
    month = month_of(
        part,
        scenario,
        facts=known,
        assumptions=assumed,
        region=where,
        hours=known.value("billing", "price.hours_per_month"),
    )
    peak = Peak(month)
    try:
        for add in _SIZES:
            add(peak)
    except (ArithmeticError, ValueError) as error:
        raise HinagataError(
            f"the plan cannot be reckoned from these templates and facts: {error}"
        ) from None
    remarks = Remarks(
        assumed=assumed.used,
        given_in=assumed.file,
        notes=tuple(dict.fromkeys(month.notes)),
        left_out=tuple(f"stack {stack}: nothing of the scenario comes there" for stack in left_out),
    )
    needs = tuple(replace(need, advice="") if _enough(need) else need for need in peak.needs)
    return Plan(name=scenario.name, region=where, needs=needs, knees=knees, remarks=remarks)


def _enough(need: Need) -> bool:
    return need.verdict in (Verdict.FITS, Verdict.OPEN)
