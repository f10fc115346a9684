"""A dead-letter queue that nobody watches."""

import pytest

from hinagata.checks.failure_modes.fm402_unwatched_dead_letters import unwatched_dead_letters
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Dead": resource("AWS::SQS::Queue"),
        "Orders": resource(
            "AWS::SQS::Queue",
            RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5},
        ),
    }
}
ALARM = resource(
    "AWS::CloudWatch::Alarm",
    Namespace="AWS/SQS",
    MetricName="ApproximateNumberOfMessagesVisible",
    Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Dead", "QueueName"]}}],
)
CLEAN = changed(FOUND, Alarm=ALARM)
UNKNOWN = {
    **changed(
        CLEAN, Alarm={"Dimensions": [{"Name": "QueueName", "Value": {"Ref": "WatchedQueue"}}]}
    ),
    "Parameters": {"WatchedQueue": {"Type": "String"}},
}


def test_names_the_queue_and_whose_failures_it_takes() -> None:
    """A dead-letter queue without an alarm is found, with its source."""
    [finding] = findings(unwatched_dead_letters, FOUND)

    assert finding.node.logical_id == "Dead"
    assert [node.logical_id for node in finding.related] == ["Orders"]


def test_accepts_an_alarm_on_its_depth() -> None:
    """An alarm on the number of visible messages is a watch."""
    assert findings(unwatched_dead_letters, CLEAN) == []


def test_is_silent_where_an_alarm_may_be_on_it() -> None:
    """An alarm of the same stack whose queue is unknown may be the one."""
    assert unresolved(unwatched_dead_letters, UNKNOWN) == [("Alarm", "Dimensions")]


def test_accepts_metric_math() -> None:
    """An alarm on the sum of several queues watches each."""
    stat = {key: ALARM["Properties"][key] for key in ("Namespace", "MetricName", "Dimensions")}
    math = resource(
        "AWS::CloudWatch::Alarm",
        Metrics=[
            {"Id": "sum", "Expression": "FILL(dead, 0)"},
            {"Id": "dead", "MetricStat": {"Metric": stat, "Period": 60, "Stat": "Maximum"}},
        ],
    )

    assert findings(unwatched_dead_letters, changed(FOUND, Alarm=math)) == []


def test_does_not_take_a_metric_that_redrives_leave_alone() -> None:
    """A redrive adds nothing to the number of messages sent."""
    sent = changed(CLEAN, Alarm={"MetricName": "NumberOfMessagesSent"})

    assert len(findings(unwatched_dead_letters, sent)) == 1


def test_leaves_out_a_queue_with_a_consumer() -> None:
    """Where a function reads the dead letters, somebody's code is told."""
    consumed = changed(
        FOUND,
        Reader=resource("AWS::Lambda::Function"),
        Mapping=resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Dead"),
            FunctionName={"Ref": "Reader"},
        ),
    )

    assert findings(unwatched_dead_letters, consumed) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"DestinationConfig": {"OnFailure": {"Destination": arn("Dead")}}},
        {"DestinationConfig": {"OnSuccess": {"Destination": arn("Dead")}}},
    ],
)
def test_counts_failure_destinations_alone(properties: dict[str, object]) -> None:
    """A queue that takes failed events is watched for; one that takes results is not."""
    template = {
        "Resources": {
            "Dead": resource("AWS::SQS::Queue"),
            "Worker": resource("AWS::Lambda::Function"),
            "Config": resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Worker"},
                Qualifier="$LATEST",
                **properties,
            ),
        }
    }

    expected = ["Dead"] if "OnFailure" in str(properties) else []
    assert [each.node.logical_id for each in findings(unwatched_dead_letters, template)] == expected


def test_leaves_out_a_dead_letter_queue_that_stays_empty() -> None:
    """A function that only polls has no asynchronous events that could fail."""
    polled = {
        "Resources": {
            "Dead": resource("AWS::SQS::Queue"),
            "Orders": resource("AWS::SQS::Queue"),
            "Worker": resource(
                "AWS::Lambda::Function", DeadLetterConfig={"TargetArn": arn("Dead")}
            ),
            "Mapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn=arn("Orders"),
                FunctionName={"Ref": "Worker"},
            ),
        }
    }

    assert findings(unwatched_dead_letters, polled) == []
    del polled["Resources"]["Mapping"]
    assert len(findings(unwatched_dead_letters, polled)) == 1
