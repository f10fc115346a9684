"""Subnets: addresses for tasks, functions and load balancers."""

from __future__ import annotations

import math
from collections import defaultdict
from ipaddress import IPv4Network, ip_network

from hinagata.planner.deriving.compute import bounds, needed_tasks
from hinagata.planner.naming import FUNCTION, SERVICE
from hinagata.planner.sizes.functions import load
from hinagata.planner.sizes.peak import Peak, shown
from hinagata.planner.sizing import free_addresses, interfaces_needed
from hinagata.topology.edge import Kind
from hinagata.topology.node import Node, Role

_SUBNET = "AWS::EC2::Subnet"


def subnets(peak: Peak) -> None:
    """Adds the addresses that each subnet needs, at the ceiling of what runs in it."""
    month = peak.month
    uses: dict[Node, list[tuple[str, float]]] = defaultdict(list)
    for node in month.topology.nodes:
        places = [
            edge.target
            for edge in month.topology.out(node, Kind.RUNS_IN)
            if edge.target.type == _SUBNET
        ]
        if not places:
            continue
        for place in places:
            found = _addresses(peak, node, len(places))
            if found:
                uses[place].append((month.names.shown(node), found))
    for gateway in month.topology.of_type("AWS::EC2::NatGateway"):
        for place in gateway.nodes("SubnetId"):
            uses[place].append((month.names.shown(gateway), 1))
    for endpoint in month.topology.of_type("AWS::EC2::VPCEndpoint"):
        for place in endpoint.nodes("SubnetIds"):
            uses[place].append((month.names.shown(endpoint), 1))
    for place, used in uses.items():
        _subnet(peak, place, used)


def _addresses(peak: Peak, node: Node, zones: int) -> float:
    month = peak.month
    if node.role is Role.LOAD_BALANCER:
        return peak.fact("alb", "subnet.free_addresses")
    if node.type == SERVICE:
        least, most = bounds(month, node)
        wanted = needed_tasks(month, node, month.flows.peak(node)) if month.flows.mean(node) else 0
        # A deployment runs the new tasks beside the old ones.
        beside = month.number(node, "DeploymentConfiguration", "MaximumPercent", default=200) / 100
        return math.ceil(min(most, max(least, wanted)) * beside / zones)
    if node.type == FUNCTION:
        per_interface = peak.fact("lambda", "vpc.hyperplane_connections_per_eni")
        return interfaces_needed(load(peak, node), per_interface)
    return 0.0


def _subnet(peak: Peak, place: Node, used: list[tuple[str, float]]) -> None:
    peak.fact("vpc", "reserved_addresses_per_subnet")
    prefix = _prefix(place)
    reserved = peak.fact("vpc", "reserved_addresses_per_subnet")
    free = None if prefix is None else free_addresses(prefix, int(reserved))
    needed = math.fsum(count for _, count in used)
    listed = " + ".join(f"{shown(count)} {name}" for name, count in used)
    known = f"/{prefix}" if prefix is not None else "size not known"
    least = 32 - math.ceil(math.log2(needed / 0.8 + reserved))
    peak.add(
        place,
        "addresses",
        needed,
        free,
        "addresses",
        formula=f"{listed}; {known}, of which AWS keeps {shown(reserved)}",
        advice=f"make it a /{max(16, least)}, or spread over more subnets",
    )


def _prefix(place: Node) -> int | None:
    block = place.get("CidrBlock")
    if not isinstance(block, str):
        return None
    try:
        network = ip_network(block, strict=False)
    except ValueError:
        return None
    return network.prefixlen if isinstance(network, IPv4Network) else None
