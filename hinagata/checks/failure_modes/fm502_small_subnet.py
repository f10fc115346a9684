"""The addresses of a subnet run out.

Each Fargate task, and each other task with a network interface of its own, takes an address of its
subnet, and while a deployment replaces tasks, old and new ones need theirs at once. AWS Lambda
takes one for each combination of a subnet and a set of security groups, however many copies of its
functions run: pages that say one for each copy are out of date since 2019. An Application Load
Balancer wants eight free addresses in each of its subnets to be able to grow. When none is left,
tasks stay pending and functions cannot be created, on the day of the greatest load.

Counted is, for each subnet whose size is written down: the sets of security groups of the functions
in it, its share of the tasks of each service at `MaxCapacity` times `MaximumPercent`, and eight for
each Application Load Balancer. A subnet has its addresses less the five that AWS keeps. The bound
leaves half of them: when one of two zones is lost, its tasks start in the other.

## How to mend it

Larger subnets (a subnet cannot be resized, but another block can be added to the VPC), the same
security groups for functions that may share them, or a lower `MaxCapacity`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.ecs_service import task_counts
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.value import Reference, Value

_KEPT_BY_AWS = 5  # docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
# docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
_FREE_FOR_LOAD_BALANCER = 8
_MAXIMUM_PERCENT_DEFAULT = 200  # AWS::ECS::Service in the CloudFormation reference
_SUBNET = "AWS::EC2::Subnet"
_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


@dataclass(slots=True)
class _Use:
    """What takes addresses of a subnet."""

    interfaces: set[Hashable] = field(default_factory=set)
    tasks: int = 0
    load_balancers: int = 0
    tenants: list[Node] = field(default_factory=list)
    unknown: list[Unresolved] = field(default_factory=list)

    @property
    def addresses(self) -> int:
        return len(self.interfaces) + self.tasks + _FREE_FOR_LOAD_BALANCER * self.load_balancers


@check(
    id="FM502",
    title="Subnet too small",
    severity=Severity.WARNING,
    reason="When its addresses run out, tasks stay pending and functions cannot be made, on the "
    "day of the greatest load.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/foundation-networking.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        (
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
            "application-load-balancers.html"
        ),
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
    ),
    fix="Make the subnets larger, share security groups, or lower MaxCapacity.",
)
def small_subnet(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Compares each subnet's addresses with what can live in it."""
    for subnet, use in _uses(topology).items():
        block = subnet.get("CidrBlock")
        size = _size(block)
        if size is None:
            yield Unresolved(node=subnet, property="CidrBlock")
            continue
        usable = max(size - _KEPT_BY_AWS, 0)
        if use.addresses > thresholds.subnet_use * usable:
            yield Finding(
                node=subnet,
                property="CidrBlock",
                says=f"{block} has {usable} addresses, of which up to {use.addresses} can be taken "
                f"({use.tasks} by tasks, {len(use.interfaces)} by functions, "
                f"{_FREE_FOR_LOAD_BALANCER * use.load_balancers} kept for load balancers): more "
                f"than {thresholds.subnet_use:.0%}",
                related=tuple(dict.fromkeys(use.tenants)),
            )
        else:
            yield from use.unknown


def _uses(topology: Topology) -> dict[Node, _Use]:
    subnets: dict[Node, list[Node]] = defaultdict(list)
    for edge in topology.edges(Kind.RUNS_IN):
        if edge.target.type == _SUBNET:
            subnets[edge.source].append(edge.target)
    uses: dict[Node, _Use] = defaultdict(_Use)
    for tenant, places in subnets.items():
        taken = [uses[subnet] for subnet in places]
        for use in taken:
            use.tenants.append(tenant)
            if tenant.type == "AWS::Lambda::Function":
                use.interfaces.add(_security_groups(tenant))
            elif tenant.type == _LOAD_BALANCER and tenant.get("Type") in (None, "application"):
                use.load_balancers += 1
        if tenant.type == "AWS::ECS::Service":
            _add_tasks(topology, tenant, taken)
    return uses


def _security_groups(function: Node) -> Hashable:
    """Something that is equal for functions with the same security groups, as far as is known."""
    groups = function.items("VpcConfig", "SecurityGroupIds") or ()
    if all(isinstance(each, (str, Reference)) for each in groups):
        return frozenset(groups)
    return function


def _add_tasks(topology: Topology, service: Node, uses: list[_Use]) -> None:
    decides, property_, counts = task_counts(topology, service, "MaxCapacity")
    percents = service.numbers(
        "DeploymentConfiguration", "MaximumPercent", default=_MAXIMUM_PERCENT_DEFAULT
    )
    if not counts:
        unknown = Unresolved(node=decides, property=property_)
    elif not percents:
        unknown = Unresolved(node=service, property="DeploymentConfiguration.MaximumPercent")
    else:
        share = math.ceil(max(counts) * max(percents) / 100 / len(uses))
        for use in uses:
            use.tasks += share
        return
    for use in uses:
        use.unknown.append(unknown)


def _size(block: Value) -> int | None:
    if not isinstance(block, str):
        return None
    try:
        return ip_network(block, strict=False).num_addresses
    except ValueError:
        return None
