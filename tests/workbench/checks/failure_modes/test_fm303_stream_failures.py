"""Records that are given up and gone."""

from hinagata.checks.failure_modes.fm303_stream_failures import stream_failures
from tests.workbench.checks.failure_modes import test_fm301_poison_record as stream
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = stream.FOUND
CLEAN = changed(
    FOUND,
    Dead=resource("AWS::SQS::Queue"),
    Mapping={"DestinationConfig": {"OnFailure": {"Destination": arn("Dead")}}},
)
UNKNOWN = changed(FOUND, Mapping={"DestinationConfig": {"Fn::Transform": {"Name": "Failures"}}})


def test_names_the_mapping() -> None:
    """A stream's mapping without a failure destination is found."""
    [finding] = findings(stream_failures, FOUND)

    assert finding.node.logical_id == "Mapping"
    assert finding.property == "DestinationConfig.OnFailure.Destination"


def test_accepts_a_destination() -> None:
    """A failure destination keeps what is given up."""
    assert findings(stream_failures, CLEAN) == []


def test_is_silent_where_the_configuration_is_unknown() -> None:
    """A configuration that nobody can read is told apart; a destination of unknown name is one."""
    named = {
        **changed(
            FOUND, Mapping={"DestinationConfig": {"OnFailure": {"Destination": {"Ref": "Arn"}}}}
        ),
        "Parameters": {"Arn": {"Type": "String"}},
    }

    assert unresolved(stream_failures, UNKNOWN) == [
        ("Mapping", "DestinationConfig.OnFailure.Destination")
    ]
    assert findings(stream_failures, named) == []


def test_finds_kafka() -> None:
    """Kafka's mappings lose what they give up as well."""
    assert len(findings(stream_failures, changed(FOUND, Mapping={"Topics": ["telemetry"]}))) == 1


def test_leaves_queues_alone() -> None:
    """A queue's mapping takes no failure destination; its redrive policy is it."""
    assert findings(stream_failures, changed(FOUND, Mapping={"StartingPosition": None})) == []


def test_asks_a_pipe_for_its_dead_letter_queue() -> None:
    """A pipe that reads a stream has a dead-letter queue among its source parameters."""
    settings = {"StartingPosition": "LATEST", "DeadLetterConfig": {"Arn": arn("Dead")}}
    kept = changed(
        stream.PIPE,
        Dead=resource("AWS::SQS::Queue"),
        Pipe={"SourceParameters": {"KinesisStreamParameters": settings}},
    )

    assert [each.node.logical_id for each in findings(stream_failures, stream.PIPE)] == ["Pipe"]
    assert findings(stream_failures, kept) == []
