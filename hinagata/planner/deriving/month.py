"""A month in the making: the traffic, and the usage that follows from it so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from hinagata.facts import Facts
from hinagata.planner.assumptions import Assumptions
from hinagata.planner.flow_rates import Flows
from hinagata.planner.naming import Names
from hinagata.planner.work import Handlers
from hinagata.scenario import Request, Scenario
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_SECONDS = 3600


class Month:
    """What those who derive the usage of a service need, and where they write it.

    Args:
        topology: The architecture.
        scenario: The traffic, which goes on for a month as in the scenario's time.
        facts: Quotas and rules of the bill.
        assumptions: What is taken where nobody knows.
        region: Where it runs.
        hours: Hours of the month.

    Attributes:
        usage: Usage by service, resource and field, as a usage file has it.
        notes: What was taken for want of knowledge, in a sentence each.
        unpriced: What costs money that is not reckoned with, in a few words each.
    """

    def __init__(
        self,
        topology: Topology,
        scenario: Scenario,
        names: Names,
        flows: Flows,
        *,
        facts: Facts,
        assumptions: Assumptions,
        region: str,
        hours: float,
    ) -> None:
        self.topology, self.scenario = topology, scenario
        self.names, self.flows = names, flows
        self.facts, self.assumptions = facts, assumptions
        self.region, self.hours = region, hours
        self.handlers = Handlers(
            topology,
            scenario,
            names,
            flows,
            facts=facts,
            assumptions=assumptions,
            region=region,
        )
        self.usage: dict[str, dict[str, dict[str, float | str]]] = defaultdict(dict)
        self.notes: list[str] = list(flows.notes)
        self.unpriced: list[str] = []

    @property
    def seconds(self) -> float:
        """Seconds of the month."""
        return self.hours * _SECONDS

    @property
    def kb_per_gb(self) -> float:
        """KB of a GB, as data that passes is billed."""
        return self.fact("apigateway", "price.kb_per_gb")

    def month_of(self, rate: float) -> float:
        """Returns how often something happens in the month that happens so often a second."""
        return rate * self.seconds

    def messages(self, node: Node) -> float:
        """Returns how many messages come to a node in the month."""
        return self.month_of(self.flows.mean(node))

    def add(self, service: str, node: Node, **fields: float | str | bool) -> None:
        """Writes what a resource does; what is zero is left out."""
        self.add_named(service, self.names.shown(node), **fields)

    def add_named(self, service: str, name: str, **fields: float | str | bool) -> None:
        """The same, under a name of one's own."""
        told = {
            field: value if isinstance(value, str) else float(value)
            for field, value in fields.items()
            if isinstance(value, str) or value
        }
        self.usage[service].setdefault(name, {}).update(told)

    def assume(self, name: str, node: Node) -> float:
        """Returns an assumption about a node."""
        return self.assumptions.take(name, self.names.shown(node), *self.names.called(node))

    def fact(self, service: str, key: str) -> float:
        """Returns the number of a quota or rule."""
        return self.facts.value(service, key, self.region)

    def number(self, node: Node, *path: str | int, default: float) -> float:
        """Returns a property that is a number: the largest that it can turn out to be.

        Where it is unknown before the deployment, the default is taken and said.
        """
        found = node.numbers(*path, default=default)
        if not found:
            where = ".".join(str(step) for step in path)
            self.notes.append(
                f"{self.names.shown(node)}: {where} is known at the deployment only; "
                f"taken as {default:g}"
            )
            return default
        return max(0.0, *found)

    def message_kb(self, node: Node) -> float:
        """Returns the mean size of the messages that come to a node: that of the requests' bodies.

        What code makes of a message on its way is not known, so it keeps its size.
        """
        visits = self.flows.visits.get(node, {})
        total = self.flows.mean(visits)
        if not total:
            return 0.0
        kb = 0.0
        for source, count in visits.items():
            kb += self.flows.mean({source: count}) * self._body_kb(source, node)
        return kb / total

    def _body_kb(self, source: str, node: Node) -> float:
        size = body_kb(self.scenario, source)
        if size is not None and not self.assumptions.says(
            "message_kb", self.names.shown(node), *self.names.called(node)
        ):
            return size
        return self.assume("message_kb", node)

    def feeds_from(self, node: Node) -> list[tuple[Edge, Mapping[str, float]]]:
        """Returns the edges by which messages are polled from a node, with their visits."""
        return [
            (edge, self.flows.over[node, edge.target])
            for edge in self.topology.out(node, Kind.POLLS)
            if (node, edge.target) in self.flows.over
        ]


def body_kb(scenario: Scenario, source: str) -> float | None:
    """Returns the size of a source's requests without HTTP's own, or None if it is not known."""
    import json

    request = scenario.sources[source].request
    if isinstance(request, Request) and request.body is None:
        return 0.0 if request.method in ("GET", "DELETE") else None
    return len(json.dumps(request.body, separators=(",", ":")).encode()) / 1024
