"""Resources that an endpoint cannot create."""

from typing import Any

import pytest

from hinagata.lab.stubs import STAND_IN, is_node_custom_resource, replace_resources

PERMISSION = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}, "DependsOn": ["Gateway"]}


def test_a_replaced_resource_keeps_its_place_and_loses_its_properties() -> None:
    """What depends on it, and when it exists, stays."""
    template = {"Resources": {"Ip": PERMISSION, "Queue": {"Type": "AWS::SQS::Queue"}}}
    changed = replace_resources(template, frozenset({"Ip"}))

    assert changed["Resources"] == {
        "Ip": {"Type": STAND_IN, "DependsOn": ["Gateway"]},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    assert template["Resources"]["Ip"] is PERMISSION


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::GetAtt": ["Ip", "AllocationId"]}, "stub-Ip-AllocationId"),
        ({"Fn::GetAtt": "Ip.AllocationId"}, "stub-Ip-AllocationId"),
        ({"Fn::GetAtt": ["Other", "Arn"]}, {"Fn::GetAtt": ["Other", "Arn"]}),
        ({"Ref": "Ip"}, {"Ref": "Ip"}),
        ({"Fn::Sub": "a ${Ip.Id} ${Ip} ${X}"}, {"Fn::Sub": "a stub-Ip-Id ${Ip} ${X}"}),
        (
            {"Fn::Sub": ["${Ip.Id} ${x}", {"x": {"Fn::GetAtt": ["Ip", "A"]}}]},
            {"Fn::Sub": ["stub-Ip-Id ${x}", {"x": "stub-Ip-A"}]},
        ),
    ],
)
def test_attributes_of_a_replaced_resource_become_texts(value: Any, expected: Any) -> None:
    """A reference stays valid, an attribute that nothing can give is made up in sight."""
    template = {
        "Resources": {"Ip": PERMISSION, "Use": {"Type": "X", "Properties": {"Values": [value]}}}
    }
    changed = replace_resources(template, frozenset({"Ip"}))

    assert changed["Resources"]["Use"]["Properties"]["Values"] == [expected]


@pytest.mark.parametrize(
    ("runtime", "expected"), [("nodejs22.x", True), ("python3.13", False), (None, False)]
)
def test_a_custom_resource_is_known_by_the_runtime_behind_it(
    runtime: str | None, *, expected: bool
) -> None:
    """The provider's function says on what it runs."""
    resources = {
        "Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": runtime}},
        "Empty": {
            "Type": "Custom::S3AutoDeleteObjects",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}},
        },
    }

    assert is_node_custom_resource(resources["Empty"], resources) is expected
    assert not is_node_custom_resource(resources["Provider"], resources)
