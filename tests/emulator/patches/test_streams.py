"""A stream's mapping: failures, order, and nobody held up."""

import base64
import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import (
    batches,
    forget_mapping,
    handled,
    invoked,
    shows,
    stored,
    waiting,
)
from tests.emulator.templates import attribute, deployed, function, ref, resource, role
from tests.polling import eventually

POISON_CONSUMER = """
    import base64, json
    def handler(event, context):
        data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
        print(json.dumps({"batch": data}))
        if "poison" in data:
            raise ValueError("poison")
"""


def stream_with_consumer(
    endpoint: Endpoint,
    code: str,
    *,
    starting: str = "LATEST",
    destination: str = "SQS::Queue",
    variables: Mapping[str, str] | None = None,
    **mapping: Any,
) -> dict[str, str]:
    """A stream of one shard, its consumer, and a queue or bucket for what is abandoned."""
    return deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "Stream": resource("Kinesis::Stream", ShardCount=1),
            "Abandoned": resource(destination),
            "F": function(code, environment=variables, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Stream"),
                FunctionName=ref("F"),
                StartingPosition=starting,
                DestinationConfig={"OnFailure": {"Destination": attribute("Abandoned")}},
                **mapping,
            ),
        },
    )


def put(endpoint: Endpoint, stream: str, *data: str) -> None:
    """Put records in one request, so that they are one batch."""
    endpoint.client("kinesis").put_records(
        StreamName=stream, Records=[{"Data": each, "PartitionKey": "car"} for each in data]
    )


@shows("stream-failures")
def test_a_poison_record_is_isolated_and_abandoned(patched: Endpoint, plain: Endpoint) -> None:
    """Bisected to one, retried as often as the mapping says, then sent to the destination."""
    mapping = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1}
    made = {
        # Without the patch LATEST means since the mapping was first looked at, whenever that is.
        each: stream_with_consumer(each, POISON_CONSUMER, starting="TRIM_HORIZON", **mapping)
        for each in (patched, plain)
    }
    for endpoint, names in made.items():
        put(endpoint, names["Stream"], "a", "b", "poison", "c")
    record = json.loads(eventually(lambda: waiting(patched, made[patched]["Abandoned"]))[0])
    seen = batches(patched, made[patched]["Logs"])

    assert record["KinesisBatchInfo"]["batchSize"] == 1
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    eventually(lambda: ["c"] in batches(patched, made[patched]["Logs"]))
    assert seen[:4] == [["a", "b", "poison", "c"], ["a", "b"], ["poison", "c"], ["poison"]]
    assert batches(patched, made[patched]["Logs"]).count(["poison"]) == 2

    eventually(lambda: len(batches(plain, made[plain]["Logs"])) >= 3)
    assert set(map(tuple, batches(plain, made[plain]["Logs"]))) == {("a", "b", "poison", "c")}
    assert not waiting(plain, made[plain]["Abandoned"])
    forget_mapping(plain, made[plain]["Mapping"])


@shows("stream-failures")
def test_a_bucket_takes_what_is_abandoned(patched: Endpoint, plain: Endpoint) -> None:
    """As the destination it has an object of each batch, under the mapping's id, with records."""
    made = {
        each: stream_with_consumer(
            each,
            POISON_CONSUMER,
            starting="TRIM_HORIZON",
            destination="S3::Bucket",
            MaximumRetryAttempts=0,
        )
        for each in (patched, plain)
    }
    for endpoint, names in made.items():
        put(endpoint, names["Stream"], "poison")
    names = made[patched]
    key, record = eventually(lambda: stored(patched, names["Abandoned"]))[0]

    assert key.startswith(f"aws/lambda/{names['Mapping']}/{record['KinesisBatchInfo']['shardId']}/")
    (abandoned,) = json.loads(record["payload"])["Records"]
    assert base64.b64decode(abandoned["kinesis"]["data"]) == b"poison"

    eventually(lambda: len(batches(plain, made[plain]["Logs"])) >= 3)
    assert not stored(plain, made[plain]["Abandoned"])
    forget_mapping(plain, made[plain]["Mapping"])


POISON_ITEM_CONSUMER = """
    import json
    def handler(event, context):
        keys = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
        print(json.dumps({"batch": keys}))
        if "poison" in keys:
            raise ValueError("poison")
"""


MEETING_CONSUMER = """
    import json, os, pathlib, time
    def handler(event, context):
        folder = pathlib.Path(os.environ["FOLDER"])
        (key,) = {record["kinesis"]["partitionKey"] for record in event["Records"]}
        (folder / key).touch()
        deadline = time.monotonic() + float(os.environ["PATIENCE"])
        while len(list(folder.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        print(json.dumps({"batch": [str(len(list(folder.iterdir())) >= 2)]}))
"""


@shows("stream-failures")
def test_a_shard_is_read_by_as_many_as_its_mapping_says(
    patched: Endpoint, plain: Endpoint, tmp_path: Path
) -> None:
    """Records of two lanes are processed at the same time: the first waits for the second."""

    def meets(endpoint: Endpoint, folder: Path, patience: float) -> str:
        folder.mkdir()
        names = stream_with_consumer(
            endpoint,
            MEETING_CONSUMER,
            starting="TRIM_HORIZON",
            variables={"FOLDER": str(folder), "PATIENCE": str(patience)},
            BatchSize=1,
            ParallelizationFactor=2,
        )
        # The keys are those of two lanes.
        endpoint.client("kinesis").put_records(
            StreamName=names["Stream"],
            Records=[{"Data": b"x", "PartitionKey": key} for key in "ad"],
        )
        eventually(partial(handled, endpoint, names["Logs"], 1), within=30)
        return batches(endpoint, names["Logs"])[0][0]

    assert meets(patched, tmp_path / "patched", 9) == "True"
    assert meets(plain, tmp_path / "plain", 0.5) == "False"


def test_records_of_one_key_are_processed_in_order(patched: Endpoint) -> None:
    """However many lanes there are, and although the first takes longest."""
    code = """
        import base64, json, time
        def handler(event, context):
            data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
            time.sleep(0.3 if "1" in data else 0)
            print(json.dumps({"batch": data}))
    """
    names = stream_with_consumer(
        patched, code, starting="TRIM_HORIZON", BatchSize=1, ParallelizationFactor=10
    )
    put(patched, names["Stream"], "1", "2", "3")
    eventually(partial(handled, patched, names["Logs"], 3))

    assert batches(patched, names["Logs"]) == [["1"], ["2"], ["3"]]


def table_with_consumer(endpoint: Endpoint, code: str, **mapping: Any) -> dict[str, str]:
    """A table with a stream, its consumer, and a queue for what is abandoned."""
    return deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": resource("Logs::LogGroup"),
            "Table": resource(
                "DynamoDB::Table",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            ),
            "Abandoned": resource("SQS::Queue"),
            "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Table", "StreamArn"),
                FunctionName=ref("F"),
                StartingPosition="LATEST",
                DestinationConfig={"OnFailure": {"Destination": attribute("Abandoned")}},
                **mapping,
            ),
        },
    )


def keys_seen(endpoint: Endpoint, names: dict[str, str]) -> list[str]:
    """The keys of all items that a consumer has seen, in order."""
    return [key for batch in batches(endpoint, names["Logs"]) for key in batch]


def write(endpoint: Endpoint, table: str, *keys: str) -> None:
    """Write items in one transaction, so that their records come at once."""
    endpoint.client("dynamodb").transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": {"id": {"S": key}}}} for key in keys]
    )


@shows("table-stream-failures")
def test_a_poison_item_is_isolated_and_abandoned(patched: Endpoint, plain: Endpoint) -> None:
    """What holds for the records of a stream holds for those of a table."""
    mapping = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1}
    made = {
        each: table_with_consumer(each, POISON_ITEM_CONSUMER, **mapping)
        for each in (patched, plain)
    }
    for endpoint, names in made.items():
        write(endpoint, names["Table"], "a", "b", "poison", "c")
    record = json.loads(eventually(lambda: waiting(patched, made[patched]["Abandoned"]))[0])
    eventually(lambda: ["c"] in batches(patched, made[patched]["Logs"]))
    seen = batches(patched, made[patched]["Logs"])

    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert seen.count(["poison"]) == 2

    eventually(lambda: keys_seen(plain, made[plain]).count("poison") > 2)
    assert not waiting(plain, made[plain]["Abandoned"])
    forget_mapping(plain, made[plain]["Mapping"])


def test_a_table_stream_goes_on_at_the_item_that_failed(patched: Endpoint) -> None:
    """A partial response names the item by its sequence number; what came before is done."""
    code = """
        import json
        tries = []
        def handler(event, context):
            records = event["Records"]
            keys = [r["dynamodb"]["Keys"]["id"]["S"] for r in records]
            print(json.dumps({"batch": keys}))
            if "once" in keys and not tries:
                tries.append(1)
                failed = records[keys.index("once")]["dynamodb"]["SequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": failed}]}
    """
    names = table_with_consumer(patched, code, FunctionResponseTypes=["ReportBatchItemFailures"])
    write(patched, names["Table"], "a", "once", "b")
    seen = eventually(
        lambda: len(batches(patched, names["Logs"])) >= 2 and batches(patched, names["Logs"])
    )

    assert seen == [["a", "once", "b"], ["once", "b"]]


def test_a_partial_response_retries_from_the_record_that_failed(patched: Endpoint) -> None:
    """What comes before the failed record is done; it and what follows are the next batch."""
    code = """
        import base64, json
        tries = []
        def handler(event, context):
            records = event["Records"]
            data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in records]
            print(json.dumps({"batch": data}))
            if "once" in data and not tries:
                tries.append(1)
                failed = records[data.index("once")]["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": failed}]}
    """
    names = stream_with_consumer(patched, code, FunctionResponseTypes=["ReportBatchItemFailures"])
    put(patched, names["Stream"], "a", "once", "b")
    seen = eventually(
        lambda: len(batches(patched, names["Logs"])) >= 2 and batches(patched, names["Logs"])
    )

    assert seen == [["a", "once", "b"], ["once", "b"]]


def test_a_slow_stream_does_not_delay_a_queue(patched: Endpoint, plain: Endpoint) -> None:
    """A queue's messages are handled while a stream's handler is busy."""
    slow = """
        import time
        def handler(event, context):
            print('{"batch": ["busy"]}')
            time.sleep(4)
    """
    quick = """
        def handler(event, context):
            print('{"batch": ["quick"]}')
    """
    seconds = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Stream": resource("Kinesis::Stream", ShardCount=1),
                "Queue": resource("SQS::Queue"),
                "Slow": function(slow),
                "Quick": function(quick, LoggingConfig={"LogGroup": ref("Logs")}),
                "FromStream": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Stream"),
                    FunctionName=ref("Slow"),
                    StartingPosition="TRIM_HORIZON",
                ),
                "FromQueue": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("Quick"),
                ),
            },
        )
        invoked(endpoint, names["Quick"])  # not to measure its cold start
        put(endpoint, names["Stream"], "x")
        started = time.monotonic()
        endpoint.client("sqs").send_message(QueueUrl=names["Queue"], MessageBody="x")
        eventually(partial(handled, endpoint, names["Logs"], 2))
        seconds[endpoint] = time.monotonic() - started

    assert seconds[patched] < 3 < seconds[plain]
