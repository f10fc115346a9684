"""A deployment cuts requests, takes for ever, or never ends."""

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm802_stop_cuts_requests import stop_cuts_requests
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

BREAKER = {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}}


def delay(seconds: object) -> dict[str, Any]:
    """Return the attributes of a target group."""
    key = "deregistration_delay.timeout_seconds"
    return {"TargetGroupAttributes": [{"Key": key, "Value": seconds}]}


FOUND = {
    "Resources": {
        "Targets": resource(
            "AWS::ElasticLoadBalancingV2::TargetGroup", Protocol="HTTP", TargetType="ip"
        ),
        "Task": resource(
            "AWS::ECS::TaskDefinition", ContainerDefinitions=[{"Name": "app", "Image": "app"}]
        ),
        "Service": resource(
            "AWS::ECS::Service",
            DesiredCount=2,
            TaskDefinition={"Ref": "Task"},
            LoadBalancers=[{"ContainerName": "app", "TargetGroupArn": {"Ref": "Targets"}}],
            DeploymentConfiguration={"MinimumHealthyPercent": 50},
        ),
    }
}
CLEAN = changed(
    FOUND,
    Targets=delay("30"),
    Service={"DeploymentConfiguration": {**BREAKER, "MinimumHealthyPercent": 100}},
)
UNKNOWN = {
    **changed(CLEAN, Targets=delay({"Ref": "Seconds"})),
    "Parameters": {"Seconds": {"Type": "Number"}},
}


def properties(template: dict[str, Any]) -> list[str]:
    """Return what is to be changed."""
    return [each.property for each in findings(stop_cuts_requests, template)]


def test_finds_all_three() -> None:
    """What the CDK's defaults leave open is found, each at its place."""
    assert properties(FOUND) == [
        "TargetGroupAttributes",
        "DeploymentConfiguration.DeploymentCircuitBreaker",
        "DeploymentConfiguration.MinimumHealthyPercent",
    ]


def test_accepts_a_service_that_stops_well() -> None:
    """A delay of thirty seconds, a breaker and no task fewer is enough."""
    assert findings(stop_cuts_requests, CLEAN) == []


def test_is_silent_where_the_delay_is_unknown() -> None:
    """A delay that a parameter gives is told apart, not judged."""
    assert unresolved(stop_cuts_requests, UNKNOWN) == [("Targets", "TargetGroupAttributes")]


def test_notes_a_container_that_is_killed_before_its_clients_are_done() -> None:
    """Sixty seconds of draining want as long a stop; it is a note."""
    longer = changed(CLEAN, Targets=delay(60))
    stopping = changed(longer, Task={"ContainerDefinitions": [{"Name": "app", "StopTimeout": 60}]})

    [finding] = findings(stop_cuts_requests, longer)

    assert finding.severity is Severity.NOTE
    assert "30 s after SIGTERM" in finding.says
    assert findings(stop_cuts_requests, stopping) == []


@pytest.mark.parametrize(
    ("tasks", "percent", "found"),
    [(1, 50, False), (1, 0, True), (2, 50, True), (2, 100, False), (10, 50, False)],
)
def test_counts_the_tasks_that_remain(tasks: int, percent: int, found: bool) -> None:
    """ECS rounds up; with many tasks, some fewer for a while are no harm."""
    template = changed(
        CLEAN,
        Service={
            "DesiredCount": tasks,
            "DeploymentConfiguration": {**BREAKER, "MinimumHealthyPercent": percent},
        },
    )

    expected = ["DeploymentConfiguration.MinimumHealthyPercent"] if found else []
    assert properties(template) == expected


def test_accepts_a_rollback_on_alarms() -> None:
    """A deployment that an alarm ends needs no breaker."""
    alarms = {"Alarms": {"AlarmNames": ["errors"], "Enable": True, "Rollback": True}}

    assert (
        findings(stop_cuts_requests, changed(CLEAN, Service={"DeploymentConfiguration": alarms}))
        == []
    )


def test_leaves_blue_green_deployments_to_their_controller() -> None:
    """AWS CodeDeploy has its own way to stop."""
    blue_green = changed(
        CLEAN,
        Service={"DeploymentController": {"Type": "CODE_DEPLOY"}, "DeploymentConfiguration": {}},
    )

    assert findings(stop_cuts_requests, blue_green) == []
