"""Data goes through a NAT gateway that a free endpoint would carry.

A NAT gateway is paid for each gigabyte that it handles, whatever its direction. What a function or
a task in a private subnet reads from and writes to Amazon S3 and Amazon DynamoDB goes that way,
unless the route table has a gateway endpoint for the service, which costs nothing, neither by the
hour nor by the gigabyte.

Reported once for each VPC and service, where something in a subnet with a route to a NAT gateway
may read or write a bucket or table. Where nobody can know the routes, the check is silent.

An IPv6-only or dual-stack subnet with an egress-only internet gateway spares the NAT gateway
itself (`Ipv6AllowedForDualStack` of a function); nothing is reported about that.

## How to mend it

Add an `AWS::EC2::VPCEndpoint` of type `Gateway` for `s3` or `dynamodb` to the route tables of the
private subnets. In the CDK: `vpc.add_gateway_endpoint(...)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.value import Text

_SERVICE = {
    "AWS::S3::Bucket": "s3",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::DynamoDB::GlobalTable": "dynamodb",
}


@check(
    id="FM503",
    title="Data to S3 or DynamoDB through a NAT gateway",
    severity=Severity.WARNING,
    reason="Each gigabyte through the NAT gateway is paid for, and a gateway endpoint carries it "
    "for nothing.",
    sources=(
        "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
    ),
    fix="Add gateway endpoints for S3 and DynamoDB to the private route tables.",
)
def data_through_nat(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for tenants of NATed subnets that use a bucket or a table."""
    gateways = {
        edge.source: edge.target
        for edge in topology.edges(Kind.ROUTES_VIA)
        if edge.target.type == "AWS::EC2::NatGateway"
    }
    if not gateways:
        return
    endpoints = _endpoints(topology)
    reported: set[tuple[Node, str]] = set()
    for edge in topology.edges(Kind.RUNS_IN):
        subnet, tenant = edge.target, edge.source
        if subnet not in gateways:
            continue
        vpc = next(iter(subnet.nodes("VpcId")), subnet)
        for store in topology.out(tenant, Kind.MAY_READ, Kind.MAY_WRITE):
            service = _SERVICE.get(store.target.type)
            known = endpoints.get(vpc, set())
            if service is None or known & {service, None} or (vpc, service) in reported:
                continue
            reported.add((vpc, service))
            yield Finding(
                node=vpc,
                property="",
                says=f"{tenant.name} reaches {store.target.name} through {gateways[subnet].name}, "
                f"and there is no gateway endpoint for {service}",
                related=(tenant, store.target, gateways[subnet]),
            )


def _endpoints(topology: Topology) -> dict[Node, set[str | None]]:
    """The services with an endpoint in each VPC; None for one of an unknown service."""
    found: dict[Node, set[str | None]] = {}
    for endpoint in topology.of_type("AWS::EC2::VPCEndpoint"):
        name = endpoint.get("ServiceName")
        text = name.with_placeholders() if isinstance(name, Text) else name
        service = text.rpartition(".")[2] if isinstance(text, str) else None
        for vpc in endpoint.nodes("VpcId"):
            found.setdefault(vpc, set()).add(service)
    return found
