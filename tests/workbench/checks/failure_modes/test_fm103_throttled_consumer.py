"""Queue consumers that their own reservation throttles."""

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm103_throttled_consumer import throttled_consumer
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Orders": resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Dead")}),
        "Dead": resource("AWS::SQS::Queue"),
        "Worker": resource("AWS::Lambda::Function", ReservedConcurrentExecutions=5),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Orders"),
            FunctionName={"Ref": "Worker"},
        ),
    }
}
CLEAN = changed(FOUND, Mapping={"ScalingConfig": {"MaximumConcurrency": 5}})
UNKNOWN = {
    **changed(FOUND, Worker={"ReservedConcurrentExecutions": {"Ref": "Reserved"}}),
    "Parameters": {"Reserved": {"Type": "Number"}},
}


def test_names_the_mapping_that_polls_without_a_bound() -> None:
    """A reservation without a bound on the mapping throttles the pollers."""
    [finding] = findings(throttled_consumer, FOUND)

    assert finding.node.logical_id == "Mapping"
    assert "up to 1000 executions" in finding.says
    assert finding.severity is None


def test_accepts_a_bound_within_the_reservation() -> None:
    """A mapping that starts no more than is reserved is never throttled."""
    assert findings(throttled_consumer, CLEAN) == []


def test_is_silent_where_the_reservation_is_unknown() -> None:
    """A reservation of unknown size is told apart, not judged."""
    assert unresolved(throttled_consumer, UNKNOWN) == [("Worker", "ReservedConcurrentExecutions")]


def test_leaves_functions_without_a_reservation_alone() -> None:
    """Without a reservation only the account throttles: that is another check's."""
    assert (
        findings(throttled_consumer, changed(FOUND, Worker=resource("AWS::Lambda::Function"))) == []
    )


def test_adds_up_the_mappings_of_a_function() -> None:
    """Two queues with five each need a reservation of ten."""
    second = changed(
        CLEAN,
        More=resource("AWS::SQS::Queue"),
        Second=resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("More"),
            FunctionName={"Ref": "Worker"},
            ScalingConfig={"MaximumConcurrency": 5},
        ),
    )

    [finding] = findings(throttled_consumer, second)

    assert finding.node.logical_id == "Worker"
    assert "5 executions are reserved" in finding.says
    assert "up to 10" in finding.says
    assert (
        findings(throttled_consumer, changed(second, Worker={"ReservedConcurrentExecutions": 10}))
        == []
    )


def test_warns_where_throttling_only_delays() -> None:
    """Without a dead-letter queue messages are late, not lost; groups bound a FIFO queue too."""
    for queue in (
        resource("AWS::SQS::Queue"),
        resource(
            "AWS::SQS::Queue", FifoQueue=True, RedrivePolicy={"deadLetterTargetArn": arn("Dead")}
        ),
    ):
        [finding] = findings(throttled_consumer, changed(FOUND, Orders=queue))

        assert finding.severity is Severity.WARNING
