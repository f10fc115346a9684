"""Consumers that take the stream from each other."""

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm305_shared_consumers import shared_consumers
from tests.workbench.checks.judgement import arn, changed, findings, resource


def mapping(function: str) -> dict[str, object]:
    """Return the mapping of the stream to a function."""
    return resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=arn("Telemetry"),
        FunctionName={"Ref": function},
        StartingPosition="TRIM_HORIZON",
    )


FOUND = {
    "Resources": {
        "Telemetry": resource("AWS::Kinesis::Stream", ShardCount=1),
        "Consumer": resource(
            "AWS::Kinesis::StreamConsumer", StreamARN=arn("Telemetry"), ConsumerName="charge"
        ),
        "Store": resource("AWS::Lambda::Function"),
        "Alert": resource("AWS::Lambda::Function"),
        "Charge": resource("AWS::Lambda::Function"),
        "StoreMapping": mapping("Store"),
        "AlertMapping": mapping("Alert"),
        "ChargeMapping": mapping("Charge"),
    }
}
CLEAN = changed(
    FOUND, ChargeMapping={"EventSourceArn": {"Fn::GetAtt": ["Consumer", "ConsumerARN"]}}
)
# Nobody can know which stream a third mapping reads: it is not counted.
UNKNOWN = {
    **changed(FOUND, ChargeMapping={"EventSourceArn": {"Ref": "Arn"}}),
    "Parameters": {"Arn": {"Type": "String"}},
}


def test_names_the_stream_and_its_consumers() -> None:
    """Three shared consumers of a stream are found."""
    [finding] = findings(shared_consumers, FOUND)

    assert finding.node.logical_id == "Telemetry"
    assert "Store, Alert, Charge" in finding.says
    assert finding.severity is None


def test_does_not_count_enhanced_fan_out() -> None:
    """A registered consumer has throughput of its own."""
    assert findings(shared_consumers, CLEAN) == []


def test_is_silent_where_the_stream_is_unknown() -> None:
    """A mapping of an unknown stream is counted for none."""
    assert findings(shared_consumers, UNKNOWN) == []


def test_warns_of_a_third_reader_of_a_table() -> None:
    """A DynamoDB stream is throttled by its third reader whatever the load."""
    table = changed(
        FOUND,
        Telemetry=resource(
            "AWS::DynamoDB::Table", StreamSpecification={"StreamViewType": "KEYS_ONLY"}
        ),
        **{
            name: {"EventSourceArn": {"Fn::GetAtt": ["Telemetry", "StreamArn"]}}
            for name in ("StoreMapping", "AlertMapping", "ChargeMapping")
        },
    )

    [finding] = findings(shared_consumers, table)

    assert finding.severity is Severity.WARNING


def test_counts_a_delivery_stream() -> None:
    """Firehose reads with the same throughput as the mappings."""
    firehose = changed(
        CLEAN,
        Archive=resource(
            "AWS::KinesisFirehose::DeliveryStream",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": arn("Telemetry")},
        ),
    )

    assert len(findings(shared_consumers, firehose)) == 1


def test_takes_the_number_from_the_configuration() -> None:
    """Who knows that the load is small allows more."""
    assert findings(shared_consumers, FOUND, shared_stream_consumers=3) == []
