"""The network inside: NAT gateways, endpoints and addresses."""

from __future__ import annotations

from hinagata.planner.deriving.month import Month
from hinagata.topology.edge import Kind
from hinagata.topology.node import Node, Role

_SUBNET = "AWS::EC2::Subnet"
# What gateway endpoints lead to without a NAT gateway.
_BY_GATEWAY = (Role.TABLE, Role.BUCKET)


def nat_gateways(month: Month) -> None:
    """Adds NAT gateways: their hours, and the data of the code behind them."""
    gateways = list(month.topology.of_type("AWS::EC2::NatGateway"))
    behind: dict[Node, float] = dict.fromkeys(gateways, 0.0)
    for node in month.names.handlers:
        natted = {
            edge.target
            for subnet in _subnets(month, node)
            for edge in month.topology.out(subnet, Kind.ROUTES_VIA)
            if edge.target in behind
        }
        for gateway in natted:
            behind[gateway] += _data_gb(month, node) / len(natted)
    for node, data_gb in behind.items():
        month.add("nat_gateway", node, gateways=1, data_gb=data_gb)
        if node.get("ConnectivityType") != "private":
            month.add("public_ipv4", node, addresses=1)


def _subnets(month: Month, node: Node) -> list[Node]:
    return [
        edge.target
        for edge in month.topology.out(node, Kind.RUNS_IN)
        if edge.target.type == _SUBNET
    ]


def _data_gb(month: Month, node: Node) -> float:
    """Data between code and the services that it uses over the internet side of its network."""
    kb = 0.0
    by_gateway = any(
        edge.target.type == "AWS::EC2::VPCEndpoint"
        for subnet in _subnets(month, node)
        for edge in month.topology.out(subnet, Kind.ROUTES_VIA)
    )
    for (source, target), visits in month.flows.over.items():
        if source is node:
            each = month.message_kb(target) + 2 * month.assume("header_kb", node)
            kb += month.month_of(month.flows.mean(visits)) * each
    for access in month.flows.accesses:
        if access.node is node and not (by_gateway and access.kept.role in _BY_GATEWAY):
            item = month.assume("item_kb", access.kept) + 2 * month.assume("header_kb", node)
            for visits in (access.writes, access.reads):
                kb += month.month_of(month.flows.mean(visits)) * item
    return kb / month.kb_per_gb


def endpoints(month: Month) -> None:
    """Adds interface endpoints, each with its subnets; gateway endpoints cost nothing."""
    found = False
    for node in month.topology.of_type("AWS::EC2::VPCEndpoint"):
        if node.get("VpcEndpointType") == "Interface":
            found = True
            zones = len(node.items("SubnetIds") or ()) or 1
            month.add("vpc_endpoint", node, endpoints=1, zones=zones)
    if found:
        month.notes.append("data through interface endpoints is not known; taken as none")


def addresses(month: Month) -> None:
    """Adds elastic addresses that no NAT gateway uses, which is billed with its own."""
    used = {
        address
        for gateway in month.topology.of_type("AWS::EC2::NatGateway")
        for address in gateway.nodes("AllocationId")
    }
    for node in month.topology.of_type("AWS::EC2::EIP"):
        if node not in used:
            month.add("public_ipv4", node, addresses=1)
