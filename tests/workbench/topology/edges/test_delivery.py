"""What distributions and web ACLs say."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import (
    BUCKET,
    FUNCTION,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)

ACL = resource("WAFv2::WebACL")
AROUND: dict[str, Any] = {
    "Files": BUCKET,
    "Api": resource("ApiGateway::RestApi", EndpointConfiguration={"Types": ["PRIVATE"]}),
    "Live": resource("ApiGateway::Stage", RestApiId=ref("Api"), StageName="live"),
    "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
    "Work": FUNCTION,
    "Version": resource("Lambda::Version", FunctionName=ref("Work")),
    "Url": resource("Lambda::Url", TargetFunctionArn=arn("Work"), AuthType="AWS_IAM"),
    "Origin": resource("CloudFront::VpcOrigin", VpcOriginEndpointConfig={"Arn": ref("Balancer")}),
}


def distribution(**config: object) -> dict[str, Any]:
    """Return a distribution."""
    return resource("CloudFront::Distribution", DistributionConfig=config)


@pytest.mark.parametrize(
    ("origin", "reached"),
    [
        ({"DomainName": {"Fn::GetAtt": ["Files", "RegionalDomainName"]}}, "Files"),
        ({"DomainName": sub("${Api}.execute-api.${AWS::Region}.amazonaws.com")}, "Api"),
        ({"DomainName": {"Fn::GetAtt": ["Balancer", "DNSName"]}}, "Balancer"),
        (
            {
                "DomainName": {"Fn::GetAtt": ["Balancer", "DNSName"]},
                "VpcOriginConfig": {"VpcOriginId": ref("Origin")},
            },
            "Balancer",
        ),
        (
            {
                "DomainName": {
                    "Fn::Select": [
                        2,
                        {"Fn::Split": ["/", {"Fn::GetAtt": ["Url", "FunctionUrl"]}]},
                    ]
                }
            },
            "Work",
        ),
        (
            {
                "DomainName": {
                    "Fn::Select": [
                        2,
                        {"Fn::Split": ["/", sub("https://${Api}.execute-api.x/${Live}/")]},
                    ]
                }
            },
            "Api",
        ),
    ],
)
def test_a_distribution_fetches_from_its_origins(origin: dict[str, Any], reached: str) -> None:
    """However the CDK writes their addresses."""
    topology = read(Site=distribution(Origins=[{"Id": "1", **origin}]), **AROUND)

    assert [each for each in lines(topology, Kind.INVOKES_SYNC) if "Site" in each] == [
        "Internet invokes_sync Site via Site",
        f"Site invokes_sync {reached}",
    ]


def test_a_distribution_may_run_a_function_at_the_edge() -> None:
    """A version of it."""
    behaviour = {"LambdaFunctionAssociations": [{"LambdaFunctionARN": ref("Version")}]}
    topology = read(Site=distribution(DefaultCacheBehavior=behaviour), **AROUND)

    assert "Site invokes_sync Work through Version" in lines(topology)


@pytest.mark.parametrize(
    ("guarded", "name"),
    [
        (ref("Balancer"), "Balancer"),
        (sub("arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Live}"), "Api"),
        (sub("arn:aws:apigateway:${AWS::Region}::/restapis/x/stages/${Live}"), "Api"),
    ],
)
def test_a_web_acl_guards_what_it_is_associated_with(guarded: object, name: str) -> None:
    """A load balancer, or the API of a stage."""
    topology = read(
        Acl=ACL,
        Both=resource("WAFv2::WebACLAssociation", WebACLArn=arn("Acl"), ResourceArn=guarded),
        **AROUND,
    )

    assert lines(topology, Kind.GUARDS) == [f"Acl guards {name} via Both"]


def test_a_distribution_names_its_web_acl_itself() -> None:
    """It is in another region as a rule, and so it may be an ARN of outside."""
    acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/1"
    topology = read(Acl=ACL, One=distribution(WebACLId=arn("Acl")), Two=distribution(WebACLId=acl))

    assert lines(topology, Kind.GUARDS) == ["Acl guards One via One", f"{acl} guards Two via Two"]
