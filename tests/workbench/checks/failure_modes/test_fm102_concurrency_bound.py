"""Consumers that may take the whole account."""

import pytest

from hinagata.checks.failure_modes.fm102_concurrency_bound import concurrency_bound
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
CLEAN = changed(FOUND, Mapping={"ScalingConfig": {"MaximumConcurrency": 10}})
UNKNOWN = {
    **changed(FOUND, Mapping={"ScalingConfig": {"MaximumConcurrency": {"Ref": "Most"}}}),
    "Parameters": {"Most": {"Type": "Number"}},
}
SUBSCRIBED = {
    "Resources": {
        "Events": resource("AWS::SNS::Topic"),
        "Worker": resource("AWS::Lambda::Function"),
        "Subscription": resource(
            "AWS::SNS::Subscription",
            TopicArn={"Ref": "Events"},
            Protocol="lambda",
            Endpoint=arn("Worker"),
        ),
    }
}


def ruled(**rule: object) -> dict[str, object]:
    """Return a template with a rule that invokes a function."""
    return {
        "Resources": {
            "Worker": resource("AWS::Lambda::Function"),
            "Rule": resource(
                "AWS::Events::Rule", Targets=[{"Id": "Worker", "Arn": arn("Worker")}], **rule
            ),
        }
    }


def test_names_the_mapping_without_a_bound() -> None:
    """A queue's mapping without a bound, whose function reserves nothing, is found."""
    [finding] = findings(concurrency_bound, FOUND)

    assert finding.node.logical_id == "Mapping"
    assert finding.property == "ScalingConfig.MaximumConcurrency"


def test_accepts_a_bounded_mapping() -> None:
    """A mapping's maximum concurrency is a bound."""
    assert findings(concurrency_bound, CLEAN) == []


def test_is_silent_where_the_bound_is_unknown() -> None:
    """A bound that is a parameter without default is a bound, of unknown size."""
    assert unresolved(concurrency_bound, UNKNOWN) == [
        ("Mapping", "ScalingConfig.MaximumConcurrency")
    ]


def test_accepts_reserved_concurrency() -> None:
    """Reserved concurrency bounds whatever starts the function."""
    for template in (FOUND, SUBSCRIBED):
        reserved = changed(template, Worker={"ReservedConcurrentExecutions": 5})

        assert findings(concurrency_bound, reserved) == []


def test_counts_provisioned_pollers() -> None:
    """Ten executions a poller: twenty pollers are a bound, the default 200 are none."""
    for config, expected in (({"MaximumPollers": 20}, 0), ({"MinimumPollers": 2}, 1)):
        pollers = changed(FOUND, Mapping={"ProvisionedPollerConfig": config})

        assert len(findings(concurrency_bound, pollers)) == expected


def test_does_not_count_the_whole_account_as_a_bound() -> None:
    """A mapping that may start as much as the account has is not bounded by it."""
    most = changed(FOUND, Mapping={"ScalingConfig": {"MaximumConcurrency": 1000}})

    assert len(findings(concurrency_bound, most)) == 1
    assert findings(concurrency_bound, most, account_concurrency=5000) == []


def test_finds_a_function_that_a_topic_starts() -> None:
    """An asynchronous function without a reservation is found, whatever its mappings."""
    [finding] = findings(concurrency_bound, SUBSCRIBED)

    assert (finding.node.logical_id, finding.property) == ("Worker", "ReservedConcurrentExecutions")
    assert [node.logical_id for node in finding.related] == ["Events"]


@pytest.mark.parametrize(
    "rule",
    [
        {"ScheduleExpression": "rate(5 minutes)"},
        {"EventPattern": {"source": ["aws.codepipeline"]}},
    ],
)
def test_leaves_out_what_starts_rarely(rule: dict[str, object]) -> None:
    """Schedules, and rules for what AWS tells of operations, start few executions."""
    assert findings(concurrency_bound, ruled(**rule)) == []


@pytest.mark.parametrize(
    "pattern", [{"source": ["shop.orders"]}, {"source": ["aws.s3"]}, {"detail-type": ["Ordered"]}]
)
def test_finds_a_function_that_a_rule_starts(pattern: dict[str, object]) -> None:
    """Rules for the system's own events, or for objects of S3, may start any number."""
    assert len(findings(concurrency_bound, ruled(EventPattern=pattern))) == 1


def test_leaves_out_consumers_of_streams() -> None:
    """The shards of a stream bound its consumers."""
    stream = changed(
        FOUND,
        Orders=resource("AWS::Kinesis::Stream", ShardCount=1),
        Mapping={"StartingPosition": "TRIM_HORIZON"},
    )

    assert findings(concurrency_bound, stream) == []


def test_counts_a_queue_that_lives_elsewhere() -> None:
    """The mapping of an imported queue is found like any other."""
    imported = changed(
        FOUND, Mapping={"EventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:orders"}
    )

    assert len(findings(concurrency_bound, imported)) == 1
