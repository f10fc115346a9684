"""Requests reach the service beside its web application firewall."""

from typing import Any

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm702_firewall_walked_around import firewall_walked_around
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1"


def distribution(domain: object, **origin: Any) -> dict[str, Any]:
    """Return the configuration of a guarded distribution with one origin."""
    return {
        "WebACLId": ACL,
        "Enabled": True,
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
        "Origins": [{"Id": "o", "DomainName": domain, **origin}],
    }


DNS_NAME = {"Fn::GetAtt": ["Balancer", "DNSName"]}
FOUND = {
    "Resources": {
        "Group": resource(
            "AWS::EC2::SecurityGroup",
            SecurityGroupIngress=[{"CidrIp": "0.0.0.0/0", "FromPort": 443, "IpProtocol": "tcp"}],
        ),
        "Balancer": resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            Scheme="internet-facing",
            SecurityGroups=[{"Fn::GetAtt": ["Group", "GroupId"]}],
        ),
        "Front": resource(
            "AWS::CloudFront::Distribution", DistributionConfig=distribution(DNS_NAME)
        ),
    }
}
SECRET_HEADER = [{"HeaderName": "X-Origin-Verify", "HeaderValue": "{{resolve:secretsmanager:x}}"}]
CLEAN = changed(
    FOUND, Front={"DistributionConfig": distribution(DNS_NAME, OriginCustomHeaders=SECRET_HEADER)}
)
UNKNOWN = {
    **changed(
        FOUND,
        Association=resource(
            "AWS::WAFv2::WebACLAssociation", ResourceArn={"Ref": "Guarded"}, WebACLArn=ACL
        ),
    ),
    "Parameters": {"Guarded": {"Type": "String"}},
}
API = {"Resources": {"Api": resource("AWS::ApiGateway::RestApi", Name="orders")}}


def test_finds_an_origin_that_answers_everybody() -> None:
    """A public load balancer behind a guarded distribution is an error."""
    [finding] = findings(firewall_walked_around, FOUND)

    assert finding.node.logical_id == "Balancer"
    assert finding.severity is None
    assert [node.logical_id for node in finding.related] == ["Front"]


def test_accepts_an_origin_that_asks_for_a_header() -> None:
    """A header that only CloudFront sends can be asked for."""
    assert findings(firewall_walked_around, CLEAN) == []


def test_is_silent_where_a_web_acl_may_guard_it() -> None:
    """An association whose resource is unknown may be the origin's."""
    assert unresolved(firewall_walked_around, UNKNOWN) == [("Association", "ResourceArn")]


def test_accepts_a_web_acl_of_the_origins_own() -> None:
    """An association with the load balancer guards it too."""
    own = changed(
        FOUND,
        Association=resource(
            "AWS::WAFv2::WebACLAssociation", ResourceArn={"Ref": "Balancer"}, WebACLArn=ACL
        ),
    )

    assert findings(firewall_walked_around, own) == []


def test_accepts_a_group_that_lets_only_cloudfront_in() -> None:
    """A prefix list in place of every address closes the load balancer."""
    listed = changed(
        FOUND,
        Group={"SecurityGroupIngress": [{"SourcePrefixListId": "pl-1", "IpProtocol": "tcp"}]},
    )

    assert findings(firewall_walked_around, listed) == []


def test_counts_an_internal_load_balancer_as_closed() -> None:
    """What is not on the internet cannot be reached beside CloudFront."""
    assert findings(firewall_walked_around, changed(FOUND, Balancer={"Scheme": "internal"})) == []


def test_warns_once_of_an_entry_without_a_wall() -> None:
    """A public REST API without a web ACL is a warning; with one, or with a policy, it is none."""
    association = resource(
        "AWS::WAFv2::WebACLAssociation",
        ResourceArn={"Fn::Sub": "arn:aws:apigateway:eu-west-1::/restapis/${Api}/stages/${Stage}"},
        WebACLArn=ACL,
    )
    stage = resource("AWS::ApiGateway::Stage", RestApiId={"Ref": "Api"}, StageName="live")

    [finding] = findings(firewall_walked_around, API)

    assert (finding.node.logical_id, finding.severity) == ("Api", Severity.WARNING)
    guarded = changed(API, Stage=stage, Association=association)
    assert findings(firewall_walked_around, guarded) == []
    assert findings(firewall_walked_around, changed(API, Api={"Policy": {"Statement": []}})) == []


def test_asks_no_wall_of_what_takes_none_or_serves_files() -> None:
    """HTTP APIs take no web ACL, and a site of files alone needs none."""
    http = {"Resources": {"Api": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP")}}
    site = {
        "Resources": {
            "Files": resource("AWS::S3::Bucket"),
            "Front": resource(
                "AWS::CloudFront::Distribution",
                DistributionConfig={
                    **distribution({"Fn::GetAtt": ["Files", "RegionalDomainName"]}),
                    "WebACLId": "",
                },
            ),
        }
    }

    assert findings(firewall_walked_around, http) == []
    assert findings(firewall_walked_around, site) == []


def test_warns_of_an_http_api_that_an_authorizer_guards() -> None:
    """An authorizer turns strangers away, but they still arrive."""
    domain = {"Fn::Sub": "${Api}.execute-api.eu-west-1.amazonaws.com"}
    behind = {
        "Resources": {
            "Api": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP"),
            "Check": resource("AWS::Lambda::Function"),
            "Authorizer": resource(
                "AWS::ApiGatewayV2::Authorizer",
                ApiId={"Ref": "Api"},
                AuthorizerType="JWT",
                Name="tokens",
            ),
            "Front": resource(
                "AWS::CloudFront::Distribution", DistributionConfig=distribution(domain)
            ),
        }
    }

    [finding] = findings(firewall_walked_around, behind)

    assert finding.node.logical_id == "Api"
    assert finding.severity is Severity.WARNING
