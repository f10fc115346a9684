"""From an architecture and a scenario to the network of stations that engines compute."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.planner.assumptions import Given, assumptions_for
from hinagata.planner.stacks import concerned
from hinagata.scenario.fault import KINDS, Target
from hinagata.scenario.model import Put, Scenario
from hinagata.simulator.assumed import Assumed
from hinagata.simulator.doubts import Doubts
from hinagata.simulator.kept import Kept
from hinagata.simulator.known import Known
from hinagata.simulator.model import Account, Disturbance, Network, Retry, Traffic
from hinagata.simulator.names import Names
from hinagata.simulator.outside import Outside
from hinagata.simulator.own_times import OwnTimes
from hinagata.simulator.refusals import check_names, check_numbers, unknown
from hinagata.simulator.routes import (
    RUNS_CODE,
    Link,
    Routes,
    find_links,
    find_routes,
    is_station,
    stations_behind,
)
from hinagata.simulator.stations import Builder
from hinagata.simulator.visits import visits
from hinagata.topology.edge import FAILURE, FLOW
from hinagata.topology.graph import Topology
from hinagata.topology.hop_names import hop_names
from hinagata.topology.node import Node, Role

# As `hinagata run` sends: five attempts of 10 s, full jitter from 0.1 s to 2 s (`lab.traffic`).
SENDER = Retry(retries=4, base_s=0.1, factor=2.0, cap_s=2.0)
SENDER_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Built:
    """A network, and how it was made.

    Attributes:
        network: The network.
        doubts: What had to be assumed, a sentence each.
        names: What its stations are called.
    """

    network: Network
    doubts: tuple[str, ...]
    names: Names

    def called(self, name: str) -> tuple[str, ...]:
        """Returns the stations that the scenario means by a name, failures kept apart."""
        found = [self.names.of[node] for node in self.names.called(name)]
        return (name,) if name in found else tuple(found)


def build_network(
    topology: Topology,
    scenario: Scenario,
    *,
    facts: Facts | None = None,
    assumptions: Given = None,
    duration_s: float | None = None,
    seed: int | None = None,
) -> Built:
    """Returns the network of an architecture under a scenario.

    Args:
        topology: The architecture.
        scenario: What is sent to it, how its hops behave, and what goes wrong.
        facts: Quotas and defaults. Default: those that ship.
        assumptions: What neither templates nor scenario say, as `hinagata.planner.price_scenario`
            takes it. Default: what stands in `assumed.yml` beside the scenario.
        duration_s: How long it is watched, in seconds. Default: as the scenario says.
        seed: What every random draw derives from. Default: the scenario's.

    Raises:
        ScenarioError: The scenario names what the architecture does not have.
        HinagataError: A number in the scenario cannot be, or messages go round for ever.
    """
    duration = scenario.duration_seconds if duration_s is None else duration_s
    check_numbers(scenario, duration)
    facts = facts or Facts()
    doubts = Doubts()
    topology, _ = concerned(topology, scenario)
    links = find_links(topology)
    entries = {name: _entry(scenario, name, topology) for name in scenario.sources}
    names = Names(topology, _nodes(topology, _templates(entries.values(), links)))
    check_names(scenario, names)
    assumed = Assumed(assumptions_for(scenario, assumptions), topology)
    kept = Kept(topology, scenario, links, assumed=assumed, facts=facts)
    routes = find_routes(
        scenario, entries=entries, links=links, names=names, kept=kept, doubts=doubts
    )
    hops = [node for node in names.of if node.type in RUNS_CODE]
    outside = Outside(scenario.outside, hops, doubts)
    times = OwnTimes(
        scenario,
        routes=routes,
        names=names,
        outside=outside,
        kept=kept,
        assumed=assumed,
        facts=facts,
        doubts=doubts,
    )
    builder = Builder(
        topology=topology,
        scenario=scenario,
        routes=routes,
        names=names,
        times=times,
        outside=outside,
        kept=kept,
        assumed=assumed,
        facts=facts,
        known=Known(doubts),
        doubts=doubts,
    )
    _doubt_clocks(topology, names, doubts)
    network = Network(
        stations={station.name: station for station in builder.stations()},
        traffic=tuple(_traffic(scenario, routes, names)),
        duration_s=duration,
        account=_account(facts),
        disturbances=tuple(_disturbances(scenario, names, outside)),
        seed=scenario.seed if seed is None else seed,
    )
    # An engine would never end with messages that go round.
    visits(network)
    return Built(network=network, doubts=doubts.sentences(), names=names)


def _templates(entries: Iterable[Node], links: Mapping[Node, tuple[Link, ...]]) -> frozenset[str]:
    """Returns the stacks that messages can come to: what stands in others is another system."""
    open_ = list(entries)
    seen: set[Node] = set()
    while open_:
        node = open_.pop()
        if node not in seen:
            seen.add(node)
            open_ += [link.target for link in links.get(node, ())]
    return frozenset(_stack(node) for node in seen)


def _stack(node: Node) -> str:
    return node.template.name.split("/")[0]


def _nodes(topology: Topology, stacks: Collection[str]) -> Iterator[Node]:
    """Yields the nodes that messages go through; a bucket of logs is none."""
    for node in topology.nodes:
        carries = node.type in RUNS_CODE or topology.out(node, *FLOW) or topology.into(node, *FLOW)
        keeps_failed = any(_stack(edge.source) in stacks for edge in topology.into(node, *FAILURE))
        if is_station(node) and ((carries and _stack(node) in stacks) or keeps_failed):
            yield node


def _entry(scenario: Scenario, source: str, topology: Topology) -> Node:
    """Returns the station that takes the messages of a source."""
    wanted = scenario.sources[source]
    hops = hop_names(topology)
    found: dict[Node, None] = {}
    known: dict[str, None] = {}
    put = isinstance(wanted.request, Put)
    roles = (Role.STREAM, Role.QUEUE) if put else (Role.LOAD_BALANCER, Role.API)
    for node in topology.nodes:
        if node.role not in roles or node in topology.failure_destinations:
            continue
        ids = node.construct_path.split("/")
        known[ids[1] if len(ids) > 1 else ids[0]] = None
        if wanted.entry in ids:
            found.update(dict.fromkeys(each for each, _ in stations_behind(node, topology)))
    for node in found:
        if hops.get(node) in wanted.reaches:
            return node
    if found:
        return next(iter(found))
    kind = "stream or queue" if put else "load balancer or API"
    raise unknown(scenario, f"sources.{source}.entry", wanted.entry, kind, known)


def _traffic(scenario: Scenario, routes: Routes, names: Names) -> Iterator[Traffic]:
    for name, source in scenario.sources.items():
        yield Traffic(
            name=name,
            target=names.of[routes.entries[name]],
            rate=source.rate,
            retry=SENDER,
            timeout_s=SENDER_TIMEOUT_S,
        )


def _disturbances(scenario: Scenario, names: Names, outside: Outside) -> Iterator[Disturbance]:
    for index, fault in enumerate(scenario.faults):
        kind = KINDS[fault.inject].target
        hit: Iterable[str | None] = (None,)
        if fault.target in outside.named:
            hit = {fault.target}.intersection(outside.called)
        elif kind is not None:
            hit = _hit(scenario, index, names)
        for station in hit:
            yield Disturbance(
                inject=fault.inject,
                station=station,
                start_s=fault.at_seconds,
                end_s=fault.at_seconds + (fault.for_seconds or 0.0),
                share=fault.rate,
                delay_s=fault.delay_seconds,
                limit=None if fault.limit is None else float(fault.limit),
            )


def _hit(scenario: Scenario, index: int, names: Names) -> list[str]:
    """Returns the stations that a fault hits; dead-letter queues only if they are meant alone."""
    fault = scenario.faults[index]
    kind = KINDS[fault.inject].target
    wanted = fault.target or ""
    able = {node: name for node, name in names.of.items() if _can_be_hit(node, kind)}
    found = [able[node] for node in names.called(wanted) if node in able]
    exact = [name for name in found if name == wanted]
    if not found:
        what = "" if kind is None else kind.value
        raise unknown(scenario, f"faults[{index}].on", wanted, what, able.values())
    return exact or found


def _can_be_hit(node: Node, kind: Target | None) -> bool:
    match kind:
        case Target.HANDLER:
            return node.type in RUNS_CODE
        case Target.FUNCTION:
            return node.type == "AWS::Lambda::Function"
        case Target.CONTAINER:
            return node.type == "AWS::ECS::Service"
        case Target.CHANNEL:
            return node.role in (Role.QUEUE, Role.TOPIC, Role.STREAM, Role.BUS)
        case _:
            return True


def _account(facts: Facts) -> Account:
    scale = facts.value("lambda", "scale.envs_per_10s_per_function")
    return Account(
        concurrency=facts.value("lambda", "quota.concurrent_executions_default"),
        requests_per_slot=facts.value("lambda", "quota.rps_per_concurrency_unit"),
        scale_at_once=scale,
        scale_per_s=scale / 10,
    )


def _doubt_clocks(topology: Topology, names: Names, doubts: Doubts) -> None:
    for node in topology.of_role(Role.SCHEDULE):
        for edge in topology.out(node, *FLOW):
            if edge.target in names.of:
                doubts.add("what a clock starts is not simulated: {}", names.of[edge.target])
