"""What a device's rule does with its messages."""

import uuid
from typing import Any

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import attribute, deployed, ref, resource, role
from tests.polling import eventually


@shows("iot-actions")
def test_a_rule_feeds_streams_buckets_and_workflows(patched: Endpoint, plain: Endpoint) -> None:
    """Each action is carried out, with the substitutions that its settings name."""
    found = {}
    for endpoint in (patched, plain):
        # Rules of different stacks must not hear each other's devices.
        topic = f"cars-{uuid.uuid4().hex[:8]}"
        names = deployed(
            endpoint,
            {
                "Role": role(service="iot.amazonaws.com"),
                "Stream": resource("Kinesis::Stream", ShardCount=1),
                "Bucket": resource("S3::Bucket"),
                "Machine": resource(
                    "StepFunctions::StateMachine",
                    RoleArn=attribute("Role"),
                    DefinitionString='{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
                ),
                "Rule": resource(
                    "IoT::TopicRule",
                    TopicRulePayload={
                        "Sql": f"SELECT *, topic(2) AS car FROM '{topic}/+'",
                        "Actions": [
                            {
                                "Kinesis": {
                                    "StreamName": ref("Stream"),
                                    "PartitionKey": "${car}",
                                    "RoleArn": attribute("Role"),
                                }
                            },
                            {
                                "S3": {
                                    "BucketName": ref("Bucket"),
                                    "Key": "reports/${topic(2)}.json",
                                    "RoleArn": attribute("Role"),
                                }
                            },
                            {
                                "StepFunctions": {
                                    "StateMachineName": attribute("Machine", "Name"),
                                    "RoleArn": attribute("Role"),
                                }
                            },
                        ],
                    },
                ),
            },
        )
        endpoint.client("iot-data").publish(topic=f"{topic}/7", payload=b'{"speed": 1}')

        def arrived(endpoint: Endpoint = endpoint, names: dict[str, str] = names) -> list[Any]:
            return observed(endpoint, names)

        found[endpoint] = (
            eventually(lambda arrived=arrived: all(arrived()) and arrived())
            if endpoint is patched
            else arrived()
        )

    assert found[patched] == [["7"], ["reports/7.json"], 1]
    assert found[plain] == [[], [], 0]


def observed(endpoint: Endpoint, names: dict[str, str]) -> list[Any]:
    """Partition keys in the stream, keys in the bucket, executions."""
    streams = endpoint.client("kinesis")
    shard = streams.list_shards(StreamName=names["Stream"])["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamName=names["Stream"], ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    objects = endpoint.client("s3").list_objects_v2(Bucket=names["Bucket"]).get("Contents", [])
    executions = endpoint.client("stepfunctions").list_executions(stateMachineArn=names["Machine"])[
        "executions"
    ]
    return [
        [record["PartitionKey"] for record in records],
        [item["Key"] for item in objects],
        len(executions),
    ]
