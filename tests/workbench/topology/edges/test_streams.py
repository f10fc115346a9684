"""What delivery streams say."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import BUCKET, FUNCTION, arn, lines, read, resource


def test_a_delivery_stream_reads_transforms_and_puts_down() -> None:
    """From a stream, by way of a function, to a bucket and a second one for what it was given."""
    transform = {"Parameters": [{"ParameterName": "LambdaArn", "ParameterValue": arn("Work")}]}
    topology = read(
        Clicks=resource("Kinesis::Stream"),
        Work=FUNCTION,
        Files=BUCKET,
        Given=BUCKET,
        Role=resource("IAM::Role"),
        Key=resource("KMS::Key"),
        Log=resource("Logs::LogGroup"),
        Fire=resource(
            "KinesisFirehose::DeliveryStream",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": arn("Clicks"),
                "RoleARN": arn("Role"),
            },
            ExtendedS3DestinationConfiguration={
                "BucketARN": arn("Files"),
                "RoleARN": arn("Role"),
                "CloudWatchLoggingOptions": {"LogGroupName": {"Ref": "Log"}},
                "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": arn("Key")}},
                "ProcessingConfiguration": {"Processors": [{"Type": "Lambda", **transform}]},
                "S3BackupConfiguration": {"BucketARN": arn("Given")},
            },
        ),
    )

    assert lines(topology) == [
        "Fire invokes_sync Work",
        "Clicks polls Fire via Fire",
        "Fire delivers Files",
        "Fire delivers Given",
    ]
