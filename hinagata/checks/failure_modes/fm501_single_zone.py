"""A function or a service lives in one Availability Zone.

A subnet lies in one Availability Zone. A function or an Amazon ECS service with a single subnet,
or with several in the same zone, is gone while that zone is. Outside a VPC, AWS Lambda runs in
several zones by itself.

Where the zones are known only after deployment, two subnets are taken to be in two zones, unless
both templates say the same expression.

## How to mend it

Name subnets of at least two Availability Zones.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.cdk_provider import providers
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.value import Reference, Value

_SUBNETS = {
    "AWS::Lambda::Function": ("VpcConfig", "SubnetIds"),
    "AWS::ECS::Service": ("NetworkConfiguration", "AwsvpcConfiguration", "Subnets"),
}


@check(
    id="FM501",
    title="All in one Availability Zone",
    severity=Severity.ERROR,
    reason="While that zone is disturbed, there is no other in which it could run.",
    sources=(
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    ),
    fix="Name subnets of at least two Availability Zones.",
)
def single_zone(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Counts the zones of each function's and service's subnets."""
    left_out = providers(topology)
    for node in topology.of_type(*_SUBNETS):
        path = _SUBNETS[node.type]
        subnets = node.items(*path)
        if subnets is None:
            yield Unresolved(node=node, property=".".join(path))
        elif subnets and node not in left_out and len({_zone(each) for each in subnets}) == 1:
            count = "one subnet" if len(subnets) == 1 else f"{len(subnets)} subnets of one zone"
            yield Finding(
                node=node,
                property=".".join(path),
                says=f"runs in {count} only",
                related=tuple(each.node for each in subnets if isinstance(each, Reference)),
            )


def _zone(subnet: Value) -> Hashable:
    """Something that is equal only for subnets that are surely in the same zone."""
    if not isinstance(subnet, Reference):
        return subnet if isinstance(subnet, str) else object()
    return _zone_of(subnet.node) or (subnet.node, subnet.attribute)


def _zone_of(subnet: Node) -> Hashable:
    for name in ("AvailabilityZone", "AvailabilityZoneId"):
        written = subnet.written(name)
        if written is not None:
            known = subnet.get(name)
            if isinstance(known, str):
                return known
            return json.dumps(written, sort_keys=True, default=str), subnet.template.name
    return None
