"""Elastic Load Balancing: from the listener's rules to what its target groups hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder, once
from hinagata.topology.edges.containers import services_behind
from hinagata.topology.edges.target import Target, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
# Of a rule and of a listener: what it belongs to, and what it does.
_FORWARDS = {_LISTENER: ("LoadBalancerArn", "DefaultActions"), _RULE: ("ListenerArn", "Actions")}


@once
def load_balancers_of(world: World) -> dict[Node, tuple[Node, ...]]:
    """The load balancers that forward to each target group."""
    found: dict[Node, dict[Node, None]] = {}
    for type_, (above, actions) in _FORWARDS.items():
        for node in world.of_type(type_):
            balancers = [balancer for balancer, _ in targets(node, world, above)]
            for action in node.items(actions) or ():
                for group in _groups(action, world):
                    found.setdefault(group, {}).update(dict.fromkeys(balancers))
    return {group: tuple(balancers) for group, balancers in found.items()}


def _groups(action: Value, world: World) -> Iterator[Node]:
    groups = items(walk(action, "ForwardConfig", "TargetGroups"))
    arns = [walk(each, "TargetGroupArn") for each in (action, *groups)]
    for arn in arns:
        for group, _ in targets_of(arn, world):
            yield group


def _load_balancer(balancer: Node, world: World) -> Iterator[Edge]:
    # A scheme that is not given means a public one (CloudFormation reference, Scheme).
    schemes = balancer.strings("Scheme", default="internet-facing")
    if schemes is not None and "internet-facing" in schemes:
        yield Edge(world.internet, balancer, Kind.INVOKES_SYNC, balancer)
    for places in ("Subnets", "SecurityGroups"):
        for place, _ in targets(balancer, world, places):
            yield Edge(balancer, place, Kind.RUNS_IN, balancer)
    for mapping in balancer.items("SubnetMappings") or ():
        for place, _ in targets_of(walk(mapping, "SubnetId"), world):
            yield Edge(balancer, place, Kind.RUNS_IN, balancer)


def _target_group(group: Node, world: World) -> Iterator[Edge]:
    for balancer in load_balancers_of(world).get(group, ()):
        for node, through in _members(group, world):
            yield Edge(balancer, node, Kind.INVOKES_SYNC, group, through)


def _members(group: Node, world: World) -> Iterator[Target]:
    for service in services_behind(world).get(group, ()):
        yield Target(service)
    for member in group.items("Targets") or ():
        yield from targets_of(walk(member, "Id"), world)


BUILDERS: dict[str, Builder] = {LOAD_BALANCER: _load_balancer, TARGET_GROUP: _target_group}
