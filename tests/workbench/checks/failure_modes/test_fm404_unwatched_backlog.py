"""Work piles up and nobody is told."""

import pytest

from hinagata.checks.failure_modes.fm404_unwatched_backlog import unwatched_backlog
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Orders": resource("AWS::SQS::Queue"),
        "Worker": resource("AWS::Lambda::Function"),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Orders"),
            FunctionName={"Ref": "Worker"},
        ),
    }
}
QUEUE_NAME = {"Name": "QueueName", "Value": {"Fn::GetAtt": ["Orders", "QueueName"]}}
ALARM = resource(
    "AWS::CloudWatch::Alarm",
    Namespace="AWS/SQS",
    MetricName="ApproximateAgeOfOldestMessage",
    Dimensions=[QUEUE_NAME],
)
CLEAN = changed(FOUND, Alarm=ALARM)
UNKNOWN = {
    **changed(CLEAN, Alarm={"Dimensions": [{"Name": "QueueName", "Value": {"Ref": "Watched"}}]}),
    "Parameters": {"Watched": {"Type": "String"}},
}
STREAM = changed(FOUND, Orders=resource("AWS::Kinesis::Stream"))


def test_finds_a_consumed_queue_without_an_alarm() -> None:
    """A queue whose age nothing measures is found, with its consumer."""
    [finding] = findings(unwatched_backlog, FOUND)

    assert finding.node.logical_id == "Orders"
    assert "Worker" in finding.says


@pytest.mark.parametrize(
    "metric", ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]
)
def test_accepts_an_alarm_on_age_or_depth(metric: str) -> None:
    """Either tells that work piles up."""
    assert findings(unwatched_backlog, changed(CLEAN, Alarm={"MetricName": metric})) == []


def test_is_silent_where_an_alarm_may_be_on_it() -> None:
    """An alarm of the same stack whose queue is unknown may be the one."""
    assert unresolved(unwatched_backlog, UNKNOWN) == [("Alarm", "Dimensions")]


def test_says_nothing_of_a_queue_that_nothing_here_reads() -> None:
    """Its consumer is elsewhere, and so may be the alarm."""
    alone = {"Resources": {"Orders": resource("AWS::SQS::Queue")}}

    assert findings(unwatched_backlog, alone) == []


def test_leaves_dead_letters_to_their_own_check() -> None:
    """A dead-letter queue with a consumer is no backlog."""
    dead = changed(
        FOUND,
        Source=resource(
            "AWS::SQS::Queue",
            RedrivePolicy={"deadLetterTargetArn": arn("Orders"), "maxReceiveCount": 5},
        ),
    )

    assert findings(unwatched_backlog, dead) == []


@pytest.mark.parametrize(
    ("namespace", "metric", "dimension", "named"),
    [
        ("AWS/Lambda", "IteratorAge", "FunctionName", "Worker"),
        ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", "Orders"),
    ],
)
def test_wants_the_age_of_a_streams_reader(
    namespace: str, metric: str, dimension: str, named: str
) -> None:
    """The age is measured at the function or at the stream; either will do."""
    watched = changed(
        STREAM,
        Alarm=resource(
            "AWS::CloudWatch::Alarm",
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": {"Ref": named}}],
        ),
    )

    [finding] = findings(unwatched_backlog, STREAM)

    assert "IteratorAge" in finding.says
    assert findings(unwatched_backlog, watched) == []


def test_names_the_pipe_that_reads_a_queue() -> None:
    """A pipe reads for its target, which may be a bus."""
    piped = {
        "Resources": {
            "Orders": resource("AWS::SQS::Queue"),
            "Bus": resource("AWS::Events::EventBus", Name="orders"),
            "Pipe": resource("AWS::Pipes::Pipe", Source=arn("Orders"), Target=arn("Bus")),
        }
    }

    [finding] = findings(unwatched_backlog, piped)

    assert "if Pipe falls behind" in finding.says
