"""From topology and scenario to a usage."""

from __future__ import annotations

from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.planner.assumptions import Assumed, Assumptions
from hinagata.planner.deriving import (
    compute,
    entries,
    lakes,
    messaging,
    network,
    operations,
    storage,
)
from hinagata.planner.deriving.month import Month
from hinagata.planner.flow_rates import read_flows
from hinagata.planner.naming import Names
from hinagata.scenario import Scenario
from hinagata.topology.graph import Topology

# In the order of the bill; keys come after the functions that ask for them.
_SERVICES = (
    entries.distributions,
    entries.firewalls,
    entries.apis,
    entries.load_balancers,
    compute.services,
    compute.functions,
    messaging.queues,
    messaging.topics,
    messaging.phones,
    messaging.buses,
    messaging.workflows,
    storage.streams,
    lakes.delivery_streams,
    storage.tables,
    storage.buckets,
    lakes.queries,
    network.nat_gateways,
    network.endpoints,
    network.addresses,
    operations.logs,
    operations.alarms,
    operations.traces,
    operations.keys,
    operations.users,
    operations.unpriced,
)


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A usage that was derived.

    Attributes:
        usage: As a usage file has it.
        assumed: What was taken where neither templates nor scenario tell.
        notes: What else was taken, in a sentence each.
        unpriced: What costs money that is not reckoned with.
    """

    usage: dict[str, object]
    assumed: tuple[Assumed, ...]
    notes: tuple[str, ...]
    unpriced: tuple[str, ...]


def derive(
    topology: Topology,
    scenario: Scenario,
    *,
    facts: Facts,
    assumptions: Assumptions,
    region: str,
    hours: float,
    traffic: float = 1.0,
) -> Derived:
    """Returns what an architecture uses in a month of a scenario's traffic.

    Args:
        topology: The architecture.
        scenario: The traffic; it goes on for the month as in the scenario's time.
        facts: Quotas and rules of the bill.
        assumptions: What is taken where nobody knows.
        region: Where it runs.
        hours: Hours of the month.
        traffic: By what the traffic is multiplied; 0 for a month at rest.

    Raises:
        HinagataError: The scenario or the assumptions name what the topology does not have.
    """
    month = month_of(
        topology,
        scenario,
        facts=facts,
        assumptions=assumptions,
        region=region,
        hours=hours,
        traffic=traffic,
    )
    for add in _SERVICES:
        add(month)
    month.notes.append(
        "what exceeds a limit is priced as if it passed; hinagata plan says what does"
    )
    sources = dict.fromkeys(scenario.sources, traffic)
    return Derived(
        usage={
            "name": scenario.name,
            "region": region,
            "hours": hours,
            "events": month.month_of(month.flows.mean(sources)),
            **month.usage,
        },
        assumed=assumptions.used,
        notes=tuple(dict.fromkeys(month.notes)),
        unpriced=tuple(dict.fromkeys(month.unpriced)),
    )


def month_of(
    topology: Topology,
    scenario: Scenario,
    *,
    facts: Facts,
    assumptions: Assumptions,
    region: str,
    hours: float,
    traffic: float = 1.0,
) -> Month:
    """Returns a month of a scenario's traffic, of which nothing is written yet."""
    names = Names(topology)
    assumptions.check(names.every())
    return Month(
        topology,
        scenario,
        names,
        read_flows(topology, scenario, names, traffic=traffic),
        facts=facts,
        assumptions=assumptions,
        region=region,
        hours=hours,
    )
