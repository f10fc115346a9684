"""What routes and endpoints say."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import lines, read, ref, resource

SUBNETS = {
    "One": resource("EC2::Subnet"),
    "Two": resource("EC2::Subnet"),
    "Table": resource("EC2::RouteTable"),
    "OneInTable": resource(
        "EC2::SubnetRouteTableAssociation", RouteTableId=ref("Table"), SubnetId=ref("One")
    ),
}


def test_a_subnet_leaves_by_the_nat_gateway_of_its_route_table() -> None:
    """A route to the internet gateway is none of a gateway that costs."""
    topology = read(
        Nat=resource("EC2::NatGateway"),
        Route=resource("EC2::Route", RouteTableId=ref("Table"), NatGatewayId=ref("Nat")),
        Direct=resource("EC2::Route", RouteTableId=ref("Table"), GatewayId="igw-1"),
        **SUBNETS,
    )

    assert lines(topology) == ["One routes_via Nat via Route"]


def test_a_subnet_reaches_services_by_gateway_endpoints() -> None:
    """Only those stand in route tables."""
    topology = read(
        Gateway=resource("EC2::VPCEndpoint", RouteTableIds=[ref("Table")]),
        Interface=resource("EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=[ref("One")]),
        **SUBNETS,
    )

    assert lines(topology) == ["One routes_via Gateway via Gateway"]
