"""Bad records that block their shard."""

import pytest

from hinagata.checks.failure_modes.fm301_poison_record import poison_record
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Telemetry": resource("AWS::Kinesis::Stream", ShardCount=1),
        "Worker": resource("AWS::Lambda::Function"),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Telemetry"),
            FunctionName={"Ref": "Worker"},
            StartingPosition="TRIM_HORIZON",
        ),
    }
}
CLEAN = changed(FOUND, Mapping={"MaximumRetryAttempts": 5})
UNKNOWN = {
    **changed(FOUND, Mapping={"MaximumRetryAttempts": {"Ref": "Attempts"}}),
    "Parameters": {"Attempts": {"Type": "Number"}},
}
PIPE = {
    "Resources": {
        "Telemetry": resource("AWS::Kinesis::Stream", ShardCount=1),
        "Pipe": resource(
            "AWS::Pipes::Pipe",
            Source=arn("Telemetry"),
            SourceParameters={"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        ),
    }
}


def test_names_the_mapping() -> None:
    """A mapping that bounds neither attempts nor age is found."""
    [finding] = findings(poison_record, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Mapping", "MaximumRetryAttempts")


@pytest.mark.parametrize("bound", ["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"])
def test_accepts_either_bound(bound: str) -> None:
    """Attempts or age: one bound lets the shard go on."""
    assert findings(poison_record, changed(FOUND, Mapping={bound: 60})) == []


def test_finds_the_default_that_is_written_down() -> None:
    """Minus one is endless, as is nothing."""
    endless = {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1}

    assert len(findings(poison_record, changed(FOUND, Mapping=endless))) == 1


def test_is_silent_where_a_bound_is_unknown() -> None:
    """A bound that is a parameter without default is told apart, unless the other one holds."""
    aged = changed(UNKNOWN, Mapping={"MaximumRecordAgeInSeconds": 3600})

    assert unresolved(poison_record, UNKNOWN) == [("Mapping", "MaximumRetryAttempts")]
    assert unresolved(poison_record, aged) == []


def test_finds_a_pipe() -> None:
    """A pipe retries a stream's records without end too, unless its source parameters say."""
    [finding] = findings(poison_record, PIPE)

    assert finding.node.logical_id == "Pipe"
    assert finding.property == "SourceParameters.KinesisStreamParameters.MaximumRetryAttempts"


def test_leaves_queues_and_kafka_alone() -> None:
    """A queue's redrive policy bounds its retries; Kafka has no such settings."""
    queue = changed(FOUND, Mapping={"StartingPosition": None})
    kafka = changed(FOUND, Mapping={"Topics": ["telemetry"]})

    assert findings(poison_record, queue) == []
    assert findings(poison_record, kafka) == []
