"""The addresses of a subnet run out."""

from typing import Any

from hinagata.checks.failure_modes.fm502_small_subnet import small_subnet
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

BOTH = [{"Ref": "Left"}, {"Ref": "Right"}]


def subnet(block: object) -> dict[str, Any]:
    """Return a subnet of a size."""
    return resource("AWS::EC2::Subnet", CidrBlock=block)


# 8 for the load balancer and 20 x 200 % / 2 for the tasks: 28 of the 27 of a /27, the 59 of a /26.
FOUND = {
    "Resources": {
        "Left": subnet("10.0.0.0/27"),
        "Right": subnet("10.0.0.64/26"),
        "Balancer": resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Subnets=BOTH),
        "Cluster": resource("AWS::ECS::Cluster"),
        "Service": resource(
            "AWS::ECS::Service",
            Cluster={"Ref": "Cluster"},
            NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": BOTH}},
        ),
        "Scaling": resource(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            MaxCapacity=20,
            MinCapacity=2,
            ResourceId={
                "Fn::Join": [
                    "",
                    ["service/", {"Ref": "Cluster"}, "/", {"Fn::GetAtt": ["Service", "Name"]}],
                ]
            },
            ScalableDimension="ecs:service:DesiredCount",
            ServiceNamespace="ecs",
        ),
    }
}
CLEAN = changed(FOUND, Left=subnet("10.0.0.0/26"))
UNKNOWN = {
    **changed(CLEAN, Scaling={"MaxCapacity": {"Ref": "Most"}}),
    "Parameters": {"Most": {"Type": "Number"}},
}


def test_adds_tasks_in_deployment_and_load_balancer() -> None:
    """At its ceiling and in the middle of a deployment, the service fills a /27 by far."""
    [finding] = findings(small_subnet, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Left", "CidrBlock")
    assert "27 addresses, of which up to 28" in finding.says
    assert "20 by tasks" in finding.says


def test_accepts_half_of_the_addresses() -> None:
    """A /26 holds 28 of 59."""
    assert findings(small_subnet, CLEAN) == []


def test_is_silent_where_the_ceiling_or_the_size_is_unknown() -> None:
    """A ceiling or a block that a parameter gives is told apart, not judged."""
    pool = {**UNKNOWN, **changed(UNKNOWN, Scaling={"MaxCapacity": 2}, Left=subnet({"Ref": "Most"}))}

    assert set(unresolved(small_subnet, UNKNOWN)) == {("Scaling", "MaxCapacity")}
    assert unresolved(small_subnet, pool) == [("Left", "CidrBlock")]


def test_counts_one_address_for_functions_with_the_same_groups() -> None:
    """However many functions share a set of security groups, they take one address."""

    def functions(groups: list[str]) -> dict[str, Any]:
        return {
            "Resources": {
                "Left": subnet("10.0.0.0/28"),
                **{
                    f"Function{number}": resource(
                        "AWS::Lambda::Function",
                        VpcConfig={"SubnetIds": [{"Ref": "Left"}], "SecurityGroupIds": [group]},
                    )
                    for number, group in enumerate(groups)
                },
            }
        }

    [finding] = findings(small_subnet, functions([f"sg-{number}" for number in range(8)]))

    assert "8 by functions" in finding.says
    assert findings(small_subnet, functions(["sg-1"] * 8)) == []


def test_takes_the_share_from_the_configuration() -> None:
    """Who has no second zone to lose may fill the subnet."""
    assert findings(small_subnet, changed(FOUND, Scaling={"MaxCapacity": 18}), subnet_use=1) == []
