"""A service that does not scale, or nothing that ends it."""

from typing import Any

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm804_unbounded_scaling import unbounded_scaling
from tests.workbench.checks.judgement import changed, findings, resource, unresolved


def scaling(fewest: object, most: object) -> dict[str, Any]:
    """Return what scales the service."""
    name = {"Fn::GetAtt": ["Service", "Name"]}
    return resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        MinCapacity=fewest,
        MaxCapacity=most,
        ResourceId={"Fn::Join": ["", ["service/", {"Ref": "Cluster"}, "/", name]]},
        ScalableDimension="ecs:service:DesiredCount",
        ServiceNamespace="ecs",
    )


FOUND = {
    "Resources": {
        "Cluster": resource("AWS::ECS::Cluster"),
        "Service": resource(
            "AWS::ECS::Service",
            Cluster={"Ref": "Cluster"},
            DesiredCount=2,
            LoadBalancers=[{"ContainerName": "app", "TargetGroupArn": "arn:aws:x"}],
        ),
    }
}
CLEAN = changed(FOUND, Scaling=scaling(2, 10))
UNKNOWN = {
    **changed(FOUND, Scaling=scaling(2, {"Ref": "Most"})),
    "Parameters": {"Most": {"Type": "Number"}},
}


def test_finds_a_service_that_nothing_scales() -> None:
    """A fixed number of tasks behind a load balancer is found."""
    [finding] = findings(unbounded_scaling, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Service", "DesiredCount")
    assert finding.severity is None


def test_accepts_a_floor_and_a_ceiling() -> None:
    """From two to ten tasks is bounded."""
    assert findings(unbounded_scaling, CLEAN) == []


def test_is_silent_where_the_ceiling_is_unknown() -> None:
    """A ceiling that a parameter gives is told apart, not judged."""
    assert unresolved(unbounded_scaling, UNKNOWN) == [("Scaling", "MaxCapacity")]


def test_finds_a_ceiling_that_is_none_and_a_floor_of_one() -> None:
    """A thousand tasks are no ceiling, one is no floor."""
    found = findings(unbounded_scaling, changed(FOUND, Scaling=scaling(1, 1000)))

    assert [each.property for each in found] == ["MaxCapacity", "MinCapacity"]
    assert (
        findings(unbounded_scaling, changed(FOUND, Scaling=scaling(2, 1000)), most_tasks=1000) == []
    )


def test_notes_a_worker_that_nothing_scales() -> None:
    """One task may be what a worker is meant to have."""
    [finding] = findings(
        unbounded_scaling, changed(FOUND, Service={"LoadBalancers": [], "DesiredCount": 1})
    )

    assert finding.severity is Severity.NOTE


def test_notes_a_table_without_a_maximum() -> None:
    """On demand takes what comes; a maximum, or capacity that is set, ends it."""
    table = resource("AWS::DynamoDB::Table", BillingMode="PAY_PER_REQUEST")
    open_ended = {"Resources": {"Table": table}}
    bounded = changed(open_ended, Table={"OnDemandThroughput": {"MaxWriteRequestUnits": 1000}})
    provisioned = {"Resources": {"Table": resource("AWS::DynamoDB::Table")}}

    [finding] = findings(unbounded_scaling, open_ended)

    assert (finding.property, finding.severity) == ("OnDemandThroughput", Severity.NOTE)
    assert findings(unbounded_scaling, bounded) == []
    assert findings(unbounded_scaling, provisioned) == []
