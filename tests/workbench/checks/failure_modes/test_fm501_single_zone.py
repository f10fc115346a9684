"""A function or a service lives in one Availability Zone."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm501_single_zone import single_zone
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved


def subnet(zone: object) -> dict[str, Any]:
    """Return a subnet in a zone."""
    return resource("AWS::EC2::Subnet", AvailabilityZone=zone, CidrBlock="10.0.0.0/24")


def zone(number: int) -> dict[str, Any]:
    """Return the expression for one of the region's zones."""
    return {"Fn::Select": [number, {"Fn::GetAZs": ""}]}


FOUND = {
    "Resources": {
        "Left": subnet("eu-west-1a"),
        "Right": subnet("eu-west-1b"),
        "Worker": resource("AWS::Lambda::Function", VpcConfig={"SubnetIds": [{"Ref": "Left"}]}),
    }
}
BOTH = [{"Ref": "Left"}, {"Ref": "Right"}]
CLEAN = changed(FOUND, Worker={"VpcConfig": {"SubnetIds": BOTH}})
UNKNOWN = {
    **changed(FOUND, Worker={"VpcConfig": {"SubnetIds": {"Ref": "Subnets"}}}),
    "Parameters": {"Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"}},
}


def test_finds_a_function_with_one_subnet() -> None:
    """One subnet is one zone."""
    [finding] = findings(single_zone, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Worker", "VpcConfig.SubnetIds")
    assert [node.logical_id for node in finding.related] == ["Left"]


def test_accepts_two_zones() -> None:
    """Subnets of two zones leave one when the other is lost."""
    assert findings(single_zone, CLEAN) == []


def test_is_silent_where_the_subnets_are_unknown() -> None:
    """A list that a parameter gives is told apart, not judged."""
    assert unresolved(single_zone, UNKNOWN) == [("Worker", "VpcConfig.SubnetIds")]


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("eu-west-1a", "eu-west-1a", 1),
        (zone(0), zone(0), 1),
        (zone(0), zone(1), 0),
        (None, None, 0),
    ],
)
def test_compares_the_zones_as_far_as_they_are_known(
    left: object, right: object, found: int
) -> None:
    """The same expression is the same zone; where none is given, AWS chooses."""
    template = changed(CLEAN, Left=subnet(left), Right=subnet(right))

    assert len(findings(single_zone, template)) == found


def test_looks_at_services_too() -> None:
    """An ECS service with one subnet is found."""
    network = {"AwsvpcConfiguration": {"Subnets": ["subnet-1"]}}
    service = {"Resources": {"Api": resource("AWS::ECS::Service", NetworkConfiguration=network)}}

    [finding] = findings(single_zone, service)

    assert finding.property == "NetworkConfiguration.AwsvpcConfiguration.Subnets"


def test_leaves_out_what_no_vpc_or_only_a_deployment_runs() -> None:
    """Outside a VPC, Lambda sees to it; a custom resource's function can wait."""
    outside = changed(FOUND, Worker=resource("AWS::Lambda::Function"))
    custom = changed(FOUND, Made=resource("Custom::Thing", ServiceToken=arn("Worker")))

    assert findings(single_zone, outside) == []
    assert findings(single_zone, custom) == []
