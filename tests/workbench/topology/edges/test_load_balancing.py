"""What load balancers, their listeners and target groups say."""

from __future__ import annotations

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import FUNCTION, arn, lines, read, ref, resource

GROUP = resource("ElasticLoadBalancingV2::TargetGroup")


def test_a_load_balancer_is_public_unless_it_says_otherwise() -> None:
    """The service's default is an address on the internet."""
    topology = read(
        Public=resource("ElasticLoadBalancingV2::LoadBalancer"),
        Inside=resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
    )

    assert lines(topology) == ["Internet invokes_sync Public via Public"]


def test_a_load_balancer_stands_in_subnets() -> None:
    """Named alone, or with an address each."""
    topology = read(
        Net=resource("EC2::Subnet"),
        Wall=resource("EC2::SecurityGroup"),
        One=resource(
            "ElasticLoadBalancingV2::LoadBalancer",
            Subnets=[ref("Net")],
            SecurityGroups=[arn("Wall")],
        ),
        Two=resource(
            "ElasticLoadBalancingV2::LoadBalancer", SubnetMappings=[{"SubnetId": ref("Net")}]
        ),
    )

    assert lines(topology, Kind.RUNS_IN) == [
        "One runs_in Net",
        "One runs_in Wall",
        "Two runs_in Net",
    ]


def test_requests_go_through_target_groups() -> None:
    """By the listener's own action or by a rule's, to services and functions."""
    forward = {"TargetGroups": [{"TargetGroupArn": ref("Functions"), "Weight": 1}]}
    topology = read(
        Balancer=resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        Listener=resource(
            "ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=ref("Balancer"),
            DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Tasks")}],
        ),
        Rule=resource(
            "ElasticLoadBalancingV2::ListenerRule",
            ListenerArn=ref("Listener"),
            Actions=[{"Type": "forward", "ForwardConfig": forward}],
        ),
        Tasks=GROUP,
        Functions=resource("ElasticLoadBalancingV2::TargetGroup", Targets=[{"Id": arn("Work")}]),
        Unused=resource("ElasticLoadBalancingV2::TargetGroup", Targets=[{"Id": arn("Work")}]),
        Work=FUNCTION,
        Shop=resource("ECS::Service", LoadBalancers=[{"TargetGroupArn": ref("Tasks")}]),
    )

    assert lines(topology) == [
        "Balancer invokes_sync Shop via Tasks",
        "Balancer invokes_sync Work via Functions",
    ]
