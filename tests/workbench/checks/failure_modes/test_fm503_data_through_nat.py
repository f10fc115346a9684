"""Data goes through a NAT gateway that a free endpoint would carry."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm503_data_through_nat import data_through_nat
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved


def may(action: str, target: str) -> dict[str, Any]:
    """Return a policy that lets the worker do one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": arn(target)}
    return resource(
        "AWS::IAM::Policy", Roles=[{"Ref": "Role"}], PolicyDocument={"Statement": [statement]}
    )


FOUND = {
    "Resources": {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Private": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}),
        "Routes": resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Association": resource(
            "AWS::EC2::SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": "Private"},
        ),
        "Nat": resource("AWS::EC2::NatGateway", SubnetId="subnet-public"),
        "Route": resource(
            "AWS::EC2::Route",
            RouteTableId={"Ref": "Routes"},
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId={"Ref": "Nat"},
        ),
        "Role": resource("AWS::IAM::Role"),
        "Worker": resource(
            "AWS::Lambda::Function",
            Role=arn("Role"),
            VpcConfig={"SubnetIds": [{"Ref": "Private"}], "SecurityGroupIds": ["sg-1"]},
        ),
        "Orders": resource("AWS::DynamoDB::Table"),
        "MayPut": may("dynamodb:PutItem", "Orders"),
    }
}


def endpoint(service: object) -> dict[str, Any]:
    """Return a gateway endpoint."""
    return resource(
        "AWS::EC2::VPCEndpoint",
        ServiceName=service,
        VpcId={"Ref": "Vpc"},
        RouteTableIds=[{"Ref": "Routes"}],
        VpcEndpointType="Gateway",
    )


CLEAN = changed(FOUND, Endpoint=endpoint("com.amazonaws.eu-west-1.dynamodb"))
UNKNOWN = {
    **changed(FOUND, Endpoint=endpoint({"Ref": "Service"})),
    "Parameters": {"Service": {"Type": "String"}},
}


def test_finds_the_vpc_once() -> None:
    """A function behind a NAT gateway that writes to a table is found, at its VPC."""
    [finding] = findings(data_through_nat, changed(FOUND, MayGet=may("dynamodb:GetItem", "Orders")))

    assert finding.node.logical_id == "Vpc"
    assert "dynamodb" in finding.says
    assert [node.logical_id for node in finding.related] == ["Worker", "Orders", "Nat"]


@pytest.mark.parametrize(
    "service",
    [
        "com.amazonaws.eu-west-1.dynamodb",
        {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".dynamodb"]]},
    ],
)
def test_accepts_an_endpoint(service: object) -> None:
    """An endpoint for the service carries the data, in whatever region."""
    assert findings(data_through_nat, changed(FOUND, Endpoint=endpoint(service))) == []


def test_is_silent_where_the_endpoints_service_is_unknown() -> None:
    """An endpoint for a service that a parameter names may be the one."""
    assert unresolved(data_through_nat, UNKNOWN) == []


def test_wants_an_endpoint_for_each_service() -> None:
    """An endpoint for S3 carries nothing to DynamoDB."""
    other = changed(FOUND, Endpoint=endpoint("com.amazonaws.eu-west-1.s3"))

    assert len(findings(data_through_nat, other)) == 1


def test_says_nothing_without_a_nat_gateway() -> None:
    """Without it, nothing is paid by the gigabyte."""
    template = {**FOUND, "Resources": {**FOUND["Resources"]}}
    del template["Resources"]["Route"]

    assert findings(data_through_nat, template) == []
