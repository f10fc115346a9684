"""A function fails and nobody is told."""

from typing import Any

from hinagata.checks.failure_modes.fm403_unwatched_function import unwatched_function
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved


def alarm(
    metric: str, *dimensions: tuple[str, Any], namespace: str = "AWS/Lambda"
) -> dict[str, Any]:
    """Return an alarm on a metric."""
    return resource(
        "AWS::CloudWatch::Alarm",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
    )


FOUND = {"Resources": {"Worker": resource("AWS::Lambda::Function")}}
CLEAN = changed(FOUND, Alarm=alarm("Errors", ("FunctionName", {"Ref": "Worker"})))
UNKNOWN = {
    **changed(FOUND, Alarm=alarm("Errors", ("FunctionName", {"Ref": "Watched"}))),
    "Parameters": {"Watched": {"Type": "String"}},
}
QUEUED = changed(
    FOUND,
    Dead=resource("AWS::SQS::Queue"),
    Orders=resource(
        "AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}
    ),
    Mapping=resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=arn("Orders"),
        FunctionName={"Ref": "Worker"},
    ),
)


def test_finds_a_function_without_an_alarm() -> None:
    """A function whose errors nothing measures is found."""
    [finding] = findings(unwatched_function, FOUND)

    assert finding.node.logical_id == "Worker"
    assert "Errors" in finding.says


def test_accepts_an_alarm_on_its_errors() -> None:
    """An alarm on the errors is a watch."""
    assert findings(unwatched_function, CLEAN) == []


def test_is_silent_where_an_alarm_may_be_on_it() -> None:
    """An alarm of the same stack whose function is unknown may be the one."""
    assert unresolved(unwatched_function, UNKNOWN) == [("Alarm", "Dimensions")]


def test_accepts_one_alarm_for_all_functions() -> None:
    """Errors without dimensions, or a query over them, are those of every function."""
    query = resource(
        "AWS::CloudWatch::Alarm",
        Metrics=[
            {
                "Id": "all",
                "Expression": 'SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)',
                "Period": 60,
            }
        ],
    )

    assert findings(unwatched_function, changed(FOUND, Alarm=alarm("Errors"))) == []
    assert findings(unwatched_function, changed(FOUND, Alarm=query)) == []


def test_wants_throttles_too_where_concurrency_is_reserved() -> None:
    """A reservation can throttle a function by its own load alone."""
    reserved = changed(CLEAN, Worker={"ReservedConcurrentExecutions": 10})
    both = changed(reserved, Second=alarm("Throttles", ("FunctionName", {"Ref": "Worker"})))

    [finding] = findings(unwatched_function, reserved)

    assert "Throttles" in finding.says
    assert findings(unwatched_function, both) == []


def test_accepts_a_watched_dead_letter_queue_in_its_place() -> None:
    """What a queue's consumer fails at lands in a queue that tells."""
    visible = alarm(
        "ApproximateNumberOfMessagesVisible",
        ("QueueName", {"Fn::GetAtt": ["Dead", "QueueName"]}),
        namespace="AWS/SQS",
    )

    assert len(findings(unwatched_function, QUEUED)) == 1
    assert findings(unwatched_function, changed(QUEUED, Alarm=visible)) == []


def test_leaves_out_functions_that_only_a_deployment_runs() -> None:
    """When a custom resource's function fails, the deployment does."""
    custom = changed(FOUND, Made=resource("Custom::Thing", ServiceToken=arn("Worker")))

    assert findings(unwatched_function, custom) == []
