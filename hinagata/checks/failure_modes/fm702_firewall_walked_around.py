"""Requests reach the service beside its web application firewall.

A web ACL at Amazon CloudFront stops what passes through CloudFront. The API or load balancer behind
it has an address of its own, which is no secret: it stands in certificates' logs, in old DNS
records, in the client of last year. Where that address answers everybody, whoever means harm goes
there, and the firewall stops only the others.

An origin counts as closed if it has a web ACL of its own, if it is private or internal (a VPC
origin), if a resource policy of the REST API or a security group of the load balancer lets only
some in, or if CloudFront sends it a header of its own that it can ask for. An authorizer turns
away strangers, but not a flood of them: with one the finding is a warning.

A public REST API, Application Load Balancer or distribution with no web ACL at all is a warning,
once for each; an origin of a distribution is not told of a second time, nor is a distribution that
serves nothing but buckets. HTTP APIs and function URLs take no web ACL, so nothing is said of them
where no distribution stands before them.

## How to mend it

Close the origin: a VPC origin, a secret header that the listener's rule or the authorizer asks
for, or a security group with the prefix list of CloudFront. Or give it a web ACL of its own
(`AWS::WAFv2::WebACLAssociation`). AWS WAF is paid by the ACL, the rule and the request; for an API
that only machines of yours call, accept the warning with that reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Reference, Value, items, referenced

_REST, _HTTP = "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"
_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_DISTRIBUTION = "AWS::CloudFront::Distribution"
_ASSOCIATIONS = ("AWS::WAFv2::WebACLAssociation", "AWS::WAFRegional::WebACLAssociation")
_AUTHORIZERS = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
_EVERYBODY = ("0.0.0.0/0", "::/0")


class _Walls(NamedTuple):
    """What web ACLs and security groups guard.

    Attributes:
        guarded: Distributions, APIs and load balancers with a web ACL.
        unclear: An association whose resource is known only after deployment, if there is one.
        ingress: What resources of their own let into each security group.
    """

    guarded: frozenset[Node]
    unclear: Node | None
    ingress: Mapping[Node, Sequence[Value]]


@check(
    id="FM702",
    title="Entry that no web application firewall guards",
    severity=Severity.ERROR,
    reason="The origin answers everybody under its own address, so the firewall before it stops "
    "only those who mean no harm.",
    sources=(
        (
            "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
            "restrict-access-to-load-balancer.html"
        ),
        (
            "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
            "private-content-vpc-origins.html"
        ),
        ("https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html"),
    ),
    fix="Give the entry a web ACL, or let only the distribution that has one reach it.",
)
def firewall_walked_around(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for public origins of guarded distributions, and for public entries without a wall."""
    walls = _walls(topology)
    public = {
        edge.target
        for internet in topology.of_type("Hinagata::Internet")
        for edge in topology.out(internet, Kind.INVOKES_SYNC)
    }
    origins: set[Node] = set()
    for distribution in topology.of_type(_DISTRIBUTION):
        behind = [
            edge.target
            for edge in topology.out(distribution, Kind.INVOKES_SYNC)
            if edge.target.type in (_REST, _HTTP, _LOAD_BALANCER)
        ]
        origins.update(behind)
        if distribution in walls.guarded:
            for origin in dict.fromkeys(behind):
                if origin in public and not _is_closed(walls, origin, distribution):
                    yield from _walked_around(topology, origin, distribution, walls)
    for entry in topology.of_type(_DISTRIBUTION, _REST, _LOAD_BALANCER):
        if entry in public and entry not in walls.guarded and entry not in origins:
            yield from _unguarded(topology, entry, walls)


def _walls(topology: Topology) -> _Walls:
    guarded: set[Node] = set()
    unclear: Node | None = None
    for distribution in topology.of_type(_DISTRIBUTION):
        if distribution.get("DistributionConfig", "WebACLId") not in (None, ""):
            guarded.add(distribution)
    for association in topology.of_type(*_ASSOCIATIONS):
        named = association.nodes("ResourceArn")
        if not named and not isinstance(association.get("ResourceArn"), str):
            unclear = association
        guarded.update(named)
        for stage in named:
            if stage.type == "AWS::ApiGateway::Stage":
                guarded.update(stage.nodes("RestApiId"))
    ingress: dict[Node, list[Value]] = defaultdict(list)
    for rule in topology.of_type("AWS::EC2::SecurityGroupIngress"):
        for group in rule.nodes("GroupId"):
            ingress[group].append(rule.get())
    return _Walls(frozenset(guarded), unclear, ingress)


def _walked_around(
    topology: Topology, origin: Node, distribution: Node, walls: _Walls
) -> Iterator[Finding | Unresolved]:
    if origin in walls.guarded:
        return
    if walls.unclear:
        yield Unresolved(node=walls.unclear, property="ResourceArn")
        return
    authorized = any(
        edge.source.type in _AUTHORIZERS for edge in topology.into(origin, Kind.GUARDS)
    )
    yield Finding(
        node=origin,
        property="",
        says=f"answers everybody beside {distribution.name}, whose web ACL guards it",
        related=(distribution,),
        severity=Severity.WARNING if authorized else None,
    )


def _unguarded(topology: Topology, entry: Node, walls: _Walls) -> Iterator[Finding | Unresolved]:
    if entry.type == _REST and entry.get("Policy") is not None:
        return
    if entry.type == _LOAD_BALANCER and (
        entry.get("Type") not in (None, "application") or not _is_open(walls, entry)
    ):
        return
    if entry.type == _DISTRIBUTION and all(
        edge.target.type == "AWS::S3::Bucket" for edge in topology.out(entry, Kind.INVOKES_SYNC)
    ):
        return
    if walls.unclear and entry.type != _DISTRIBUTION:
        yield Unresolved(node=walls.unclear, property="ResourceArn")
        return
    yield Finding(
        node=entry,
        property="",
        says="answers the internet without a web ACL",
        severity=Severity.WARNING,
    )


def _is_closed(walls: _Walls, origin: Node, distribution: Node) -> bool:
    if origin.type == _REST and origin.get("Policy") is not None:
        return True
    if origin.type == _LOAD_BALANCER and not _is_open(walls, origin):
        return True
    return any(
        walk(each, "OriginCustomHeaders") and origin in referenced(walk(each, "DomainName"))
        for each in distribution.items("DistributionConfig", "Origins") or ()
    )


def _is_open(walls: _Walls, balancer: Node) -> bool:
    """Whether a security group of a load balancer lets everybody in; yes if that is unknown."""
    groups = balancer.items("SecurityGroups")
    if not groups or not all(isinstance(each, Reference) for each in groups):
        return True
    return any(
        source in _EVERYBODY or (source is not None and not isinstance(source, str))
        for group in {each.node for each in groups if isinstance(each, Reference)}
        for rule in (*items(group.get("SecurityGroupIngress")), *walls.ingress.get(group, ()))
        for source in (walk(rule, "CidrIp"), walk(rule, "CidrIpv6"))
    )
