"""From a log group to a bucket: what a subscription hands over, and what lies there in the end."""

import gzip
import json

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import attribute, deployed, ref, resource, role
from tests.polling import eventually

SPAN = '{"span":"Store","id":"1"}'


@shows("log-delivery")
def test_lines_that_match_lie_in_the_bucket_one_by_one(patched: Endpoint, plain: Endpoint) -> None:
    """They are unwrapped, end with a newline, and are compressed, under the day's prefix."""
    found = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(service="firehose.amazonaws.com"),
                "Bucket": resource("S3::Bucket"),
                "Group": resource("Logs::LogGroup"),
                "Delivery": resource(
                    "KinesisFirehose::DeliveryStream",
                    ExtendedS3DestinationConfiguration={
                        "BucketARN": attribute("Bucket"),
                        "RoleARN": attribute("Role"),
                        "Prefix": "spans/day=!{timestamp:yyyy-MM-dd}/",
                        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
                        "CompressionFormat": "GZIP",
                        "ProcessingConfiguration": {
                            "Enabled": True,
                            "Processors": [
                                {"Type": "Decompression"},
                                {"Type": "CloudWatchLogProcessing"},
                                {"Type": "AppendDelimiterToRecord"},
                            ],
                        },
                    },
                ),
                "Filter": resource(
                    "Logs::SubscriptionFilter",
                    LogGroupName=ref("Group"),
                    FilterPattern='{ $.span = "*" }',
                    DestinationArn=attribute("Delivery"),
                    RoleArn=attribute("Role"),
                ),
            },
        )
        logs = endpoint.client("logs")
        logs.create_log_stream(logGroupName=names["Group"], logStreamName="one")
        events = [
            {"timestamp": 1, "message": message}
            for message in ("START", SPAN, '{"other": 1}', SPAN)
        ]
        logs.put_log_events(logGroupName=names["Group"], logStreamName="one", logEvents=events)
        bucket = names["Bucket"]
        found[endpoint] = (
            eventually(lambda e=endpoint, b=bucket: lines(e, b) or None)
            if endpoint is patched
            else lines(endpoint, bucket)
        )

    assert found[patched] == [SPAN, SPAN]
    assert found[plain] == []


def lines(endpoint: Endpoint, bucket: str) -> list[str]:
    """What lies in the bucket, all files together."""
    s3 = endpoint.client("s3")
    found = []
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        assert item["Key"].startswith("spans/day=20")
        assert item["Key"].endswith(".gz")
        body = gzip.decompress(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
        assert body.endswith(b"\n")
        found += [line for line in body.decode().splitlines() if json.loads(line)]
    return found
