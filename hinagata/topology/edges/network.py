"""VPC: by which gateway or endpoint a subnet reaches what lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder, once
from hinagata.topology.edges.target import targets
from hinagata.topology.node import Node

if TYPE_CHECKING:
    from hinagata.topology.world import World


@once
def _subnets_of(world: World) -> dict[Node, list[Node]]:
    """The subnets of each route table."""
    found: dict[Node, list[Node]] = {}
    for association in world.of_type("AWS::EC2::SubnetRouteTableAssociation"):
        for table, _ in targets(association, world, "RouteTableId"):
            for subnet, _ in targets(association, world, "SubnetId"):
                found.setdefault(table, []).append(subnet)
    return found


def _route(route: Node, world: World) -> Iterator[Edge]:
    for gateway, _ in targets(route, world, "NatGatewayId"):
        for table, _ in targets(route, world, "RouteTableId"):
            for subnet in _subnets_of(world).get(table, ()):
                yield Edge(subnet, gateway, Kind.ROUTES_VIA, route)


def _endpoint(endpoint: Node, world: World) -> Iterator[Edge]:
    for table, _ in targets(endpoint, world, "RouteTableIds"):
        for subnet in _subnets_of(world).get(table, ()):
            yield Edge(subnet, endpoint, Kind.ROUTES_VIA, endpoint)


BUILDERS: dict[str, Builder] = {"AWS::EC2::Route": _route, "AWS::EC2::VPCEndpoint": _endpoint}
