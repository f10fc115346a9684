"""Nobody asks whether a task still works."""

from hinagata.checks.failure_modes.fm801_no_health_check import no_health_check
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

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
            TaskDefinition={"Ref": "Task"},
            LoadBalancers=[{"ContainerName": "app", "TargetGroupArn": {"Ref": "Targets"}}],
        ),
    }
}
CLEAN = changed(FOUND, Targets={"HealthCheckPath": "/health"})
UNKNOWN = {
    **changed(
        FOUND, Service={"LoadBalancers": [{"ContainerName": "a", "TargetGroupArn": {"Ref": "G"}}]}
    ),
    "Parameters": {"G": {"Type": "String"}},
}
WORKER = changed(FOUND, Service={"LoadBalancers": []})


def test_finds_a_target_group_that_asks_for_nothing_in_particular() -> None:
    """A path that nobody chose is found."""
    [finding] = findings(no_health_check, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Targets", "HealthCheckPath")


def test_accepts_a_path_even_the_root() -> None:
    """Whoever writes the path has chosen it."""
    assert findings(no_health_check, CLEAN) == []
    assert findings(no_health_check, changed(FOUND, Targets={"HealthCheckPath": "/"})) == []


def test_is_silent_where_the_target_group_is_made_elsewhere() -> None:
    """What an imported target group asks for is not to be seen here."""
    assert unresolved(no_health_check, UNKNOWN) == [("Service", "LoadBalancers")]


def test_asks_no_path_of_a_connection() -> None:
    """A target group that speaks TCP has no path."""
    assert findings(no_health_check, changed(FOUND, Targets={"Protocol": "TCP"})) == []


def test_wants_a_command_of_a_worker() -> None:
    """Behind no load balancer, the container has to say how it is."""
    asked = changed(
        WORKER,
        Task={
            "ContainerDefinitions": [
                {"Name": "app", "HealthCheck": {"Command": ["CMD", "true"]}},
                {"Name": "agent"},
            ]
        },
    )

    [finding] = findings(no_health_check, WORKER)

    assert finding.node.logical_id == "Task"
    assert findings(no_health_check, asked) == []
