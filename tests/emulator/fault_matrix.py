"""Every kind of asynchronous hop times every fault that can touch it, and what becomes of messages.

`python -m tests.emulator.fault_matrix` runs all of it and writes `docs/fault_matrix.md`; with the
names of some hops it runs these, and leaves the rows of the others as they are.
"""

import io
import itertools
import json
import re
import sys
import tempfile
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.board import BOARD_VARIABLE, Board, read_strikes, write_board
from hinagata.lab.faults.injection import Injection, Kind, Place
from hinagata.lab.faults.lots import lot
from hinagata.lab.faults.service_faults import ServiceFaults
from hinagata.lab.faults.session import update_code
from hinagata.lab.observation import SpanReader
from hinagata.lab.outside import Outside
from hinagata.lab.patches.mobile_push import PROVIDER_VARIABLE
from hinagata.lab.push_provider import PushProvider, is_gone
from hinagata.lab.redrive import Redrive
from hinagata.lab.redrive_ways import Way
from hinagata.lab.spans import Status
from hinagata.lab.tasks import free_port
from hinagata.scenario.fault import Inject
from tests.emulator.lake_files import LakeFiles
from tests.emulator.templates import allow, attribute, deployed, lets, ref, resource, role
from tests.polling import eventually

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs" / "fault_matrix.md"
MESSAGES = 20
# Of a function; a queue's visibility timeout is a second longer.
TIMEOUT_SECONDS = 5
RETRIES = 6
SETTLE_SECONDS = 180.0
# After the last message has settled, for whatever may come twice.
QUIET_SECONDS = 1.5
CODE = "fault-matrix-code"

HANDLER = '''
import base64
import os

from pattern_runtime import aws, each_event

aws.prepare("dynamodb")


def handle(event):
    """Count the event, unless it was counted: also by an attempt that ended before it could tell.

    That it was, and the count, are written together or not at all.
    """
    key = {"id": {"S": event.id}}
    done = {
        "TableName": os.environ["DONE"],
        "Item": key,
        "ConditionExpression": "attribute_not_exists(id)",
    }
    count = {
        "TableName": os.environ["EFFECTS"],
        "Key": key,
        "UpdateExpression": "ADD times :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    dynamodb = aws.client("dynamodb")
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": done}, {"Update": count}])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise


once = each_event(handle)


def handler(payload, context):
    records = payload.get("Records", ()) if isinstance(payload, dict) else ()
    if records and records[0].get("eventSource") == "aws:dynamodb":
        payload = {"Records": [as_stream_record(record) for record in records]}
    return once(payload, context)


def as_stream_record(record):
    """An item's event, as if it came on a stream: that is what each_event knows."""
    data = record["dynamodb"]["NewImage"]["event"]["S"].encode()
    return {
        "eventSource": "aws:kinesis",
        "eventSourceARN": record["eventSourceARN"],
        "eventID": record["eventID"],
        "kinesis": {
            "data": base64.b64encode(data).decode(),
            "sequenceNumber": record["dynamodb"]["SequenceNumber"],
            "partitionKey": "one",
            "kinesisSchemaVersion": "1.0",
            "approximateArrivalTimestamp": 0.0,
        },
    }
'''

STORE_HANDLER = '''
import os

from pattern_runtime import aws, each_event

aws.prepare("dynamodb")


def handle(event):
    """Keep what is newer than what is kept, and count how often that was so."""
    dynamodb = aws.client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=os.environ["EFFECTS"],
            Key={"building_id": {"S": "one"}, "device_item": {"S": f"device#{event.id}"}},
            UpdateExpression="SET #time = :time ADD times :one",
            ConditionExpression="attribute_not_exists(#time) OR #time < :time",
            ExpressionAttributeNames={"#time": "time"},
            ExpressionAttributeValues={":time": {"S": event.time_text}, ":one": {"N": "1"}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        pass


handler = each_event(handle)
'''

# To one phone that is there: which message it shows is told by the message's id.
PUSH_HANDLER = '''
import os

from pattern_runtime import each_event
from pattern_runtime.push import PushGateway

phones = PushGateway("PHONES")


def handle(event):
    """Show the event on the phone."""
    phones.push(event, token=os.environ["TOKEN"], title="Matrix", body=event.id)


handler = each_event(handle)
'''
# What mobile push delivers to; the messages of each run have ids of their own.
PHONES = PushProvider("Phones")
TOKEN = next(f"token-{number}" for number in itertools.count() if not is_gone(f"token-{number}"))

Made = Mapping[str, str]
Effects = Callable[[], dict[str, int]]
Send = Callable[[Endpoint, Made, Sequence[str]], None]


@dataclass(frozen=True, kw_only=True)
class Hop:
    """A kind of asynchronous hop.

    Attributes:
        name: of the kind; its resources' logical ids begin with it.
        resources: what it is made of, besides its function and its dead letters.
        send: sends messages into it.
        channel: what duplicates and reorders, if it can: its kind, and from what is made its name.
        ordered: whether the channel keeps the order.
        sources: what dead letters go back to.
        written: the names that a workflow itself wrote into its letters.
        fifo: whether its dead letters are a FIFO queue.
        batches: whether one letter may be about several messages.
        handler: what its function runs.
        remembers: whether that needs to be told what it has processed.
        effects_table: the logical id of the table that its function writes to.
        effects: tells how often each message had its effect, if not that table.
        environment: more variables of its function.
        outside: what it calls outside, that faults of services strike instead of the table.
    """

    name: str
    resources: Mapping[str, Any]
    send: Send
    channel: tuple[Kind, Callable[[Made], str]] | None = None
    ordered: bool = False
    sources: Callable[[Made], Mapping[str, str]]
    written: tuple[str, ...] = ()
    fifo: bool = False
    batches: bool = False
    handler: str = "index.handler"
    remembers: bool = True
    effects_table: str = "Effects"
    effects: Callable[[Endpoint, Made], Effects] | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    outside: str = ""

    def template(self, *, remembers: bool = True) -> dict[str, Any]:
        """Its resources, with its function and its dead letters.

        Args:
            remembers: whether the handler leaves events alone that it has processed.
        """
        more = {"FifoQueue": True} if self.fifo else {}
        told = remembers and self.remembers
        remembered = {"IDEMPOTENCY_TABLE_NAME": ref("Idempotency")} if told else {}
        return {
            **self.resources,
            f"{self.name}Dead": resource("SQS::Queue", **more),
            f"{self.name}Logs": resource("Logs::LogGroup"),
            f"{self.name}Function": resource(
                "Lambda::Function",
                Runtime="python3.13",
                Handler=self.handler,
                Code={"S3Bucket": CODE, "S3Key": "code.zip"},
                Role=attribute("Role"),
                Timeout=TIMEOUT_SECONDS,
                LoggingConfig={"LogGroup": ref(f"{self.name}Logs")},
                Environment={
                    "Variables": {
                        "DONE": ref("Done"),
                        "EFFECTS": ref(self.effects_table),
                        "POWERTOOLS_SERVICE_NAME": self.name,
                        **remembered,
                        **self.environment,
                    }
                },
            ),
        }


def envelope(name: str) -> str:
    """A message: an event in its envelope."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": name,
            "source": "/matrix",
            "type": "matrix.message",
            "time": datetime.now(UTC).isoformat(),
            "data": {},
        }
    )


def mapping(name: str, source: Any, **more: Any) -> Any:
    """An event source mapping that reports items."""
    return resource(
        "Lambda::EventSourceMapping",
        EventSourceArn=source,
        FunctionName=ref(f"{name}Function"),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **more,
    )


def queue(name: str, **more: Any) -> Any:
    """A queue whose messages become dead letters of a hop."""
    return resource(
        "SQS::Queue",
        VisibilityTimeout=TIMEOUT_SECONDS + 1,
        RedrivePolicy={
            "deadLetterTargetArn": attribute(f"{name}Dead"),
            "maxReceiveCount": RETRIES,
        },
        **more,
    )


def stream_mapping(name: str, source: Any) -> Any:
    """A mapping of a stream, with a bound on retries and a destination."""
    return mapping(
        name,
        source,
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=RETRIES,
        DestinationConfig={"OnFailure": {"Destination": attribute(f"{name}Dead")}},
    )


def invoke_config(name: str) -> Any:
    """What becomes of asynchronous invocations that fail."""
    return resource(
        "Lambda::EventInvokeConfig",
        FunctionName=ref(f"{name}Function"),
        Qualifier="$LATEST",
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": attribute(f"{name}Dead")}},
    )


def send_queue(logical_id: str) -> Send:
    """Send messages to a queue."""

    def send(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
        fifo = {"MessageGroupId": "one"} if made[logical_id].endswith(".fifo") else {}
        for start in range(0, len(ids), 10):
            endpoint.client("sqs").send_message_batch(
                QueueUrl=made[logical_id],
                Entries=[
                    {
                        "Id": f"m{number}",
                        "MessageBody": envelope(name),
                        **fifo,
                        **({"MessageDeduplicationId": name} if fifo else {}),
                    }
                    for number, name in enumerate(ids[start : start + 10])
                ],
            )

    return send


def send_push(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Send messages to the queue of a gateway, whose application is there."""
    endpoint.client("sns").create_platform_application(
        Name="matrix", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )
    send_queue("PushGatewayQueue")(endpoint, made, ids)


def send_topic(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Publish messages on a topic."""
    for name in ids:
        endpoint.client("sns").publish(TopicArn=made["FanOutTopic"], Message=envelope(name))


def send_stream(logical_id: str) -> Send:
    """Put messages on a stream, one by one, as devices do."""

    def send(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
        for name in ids:
            endpoint.client("kinesis").put_record(
                StreamName=made[logical_id], Data=envelope(name).encode(), PartitionKey="one"
            )

    return send


def send_table(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Put items into a table."""
    for name in ids:
        item = {"id": {"S": name}, "event": {"S": envelope(name)}}
        endpoint.client("dynamodb").put_item(TableName=made["TableStreamTable"], Item=item)


def send_bus(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Put events on a bus."""
    for name in ids:
        entry = {
            "EventBusName": made["BusBus"],
            "Source": "matrix",
            "DetailType": "message",
            "Detail": envelope(name),
        }
        endpoint.client("events").put_events(Entries=[entry])


def send_workflow(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Start an execution for each message."""
    for name in ids:
        endpoint.client("stepfunctions").start_execution(
            stateMachineArn=made["WorkflowMachine"],
            input=envelope(name),
        )
        time.sleep(PACE_SECONDS)


def send_invocation(endpoint: Endpoint, made: Made, ids: Sequence[str]) -> None:
    """Invoke a function asynchronously for each message."""
    for name in ids:
        endpoint.client("lambda").invoke(
            FunctionName=made["InvocationFunction"],
            InvocationType="Event",
            Payload=envelope(name).encode(),
        )


def counted(endpoint: Endpoint, table: str) -> dict[str, int]:
    """How often each message had its effect on a table, by the last part of its key."""
    pages = (
        endpoint.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=table, ConsistentRead=True)
    )
    items = (item for page in pages for item in page["Items"])
    return {
        (item.get("device_item") or item["id"])["S"].rpartition("#")[2]: int(item["times"]["N"])
        for item in items
    }


def stored(endpoint: Endpoint, made: Made) -> Effects:
    """What the store of newest values keeps, and how often it was newer."""
    return lambda: counted(endpoint, made["TelemetryStoreTable"])


def in_lake(endpoint: Endpoint, made: Made) -> Effects:
    """Of which messages the lake has the work: a line that came twice is one, as in its query.

    Who died after the work and before its line has left the repeat's line.
    """
    files = LakeFiles(endpoint, made["LogLakeBucket"])

    def found() -> dict[str, int]:
        lines = {line["segment"]: line for line in files.lines() if line["status"] != "error"}
        work = Counter(line["id"] for line in lines.values() if line["status"] == "ok")
        return {line["id"]: max(1, work[line["id"]]) for line in lines.values()}

    return found


def shown(_endpoint: Endpoint, _made: Made) -> Effects:
    """Which messages the phone shows: one that came twice replaces itself, by its tag."""
    return lambda: {span.id: 1 for span in PHONES.spans([]) if span.handled}


KEYED: Mapping[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
WORKFLOW = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${function}", "Payload.$": "$"},
            "Retry": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": RETRIES,
                    "BackoffRate": 1,
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "GiveUp"}],
            "End": True,
        },
        "GiveUp": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "${dead}", "MessageBody.$": "$"},
            "End": True,
        },
    },
}

HOPS = (
    Hop(
        name="Queue",
        resources={
            "QueueQueue": queue("Queue"),
            "QueueMapping": mapping("Queue", attribute("QueueQueue")),
        },
        send=send_queue("QueueQueue"),
        channel=(Kind.QUEUE, lambda made: made["QueueQueue"].rpartition("/")[2]),
        sources=lambda made: {"Queue": made["QueueQueue"]},
    ),
    Hop(
        name="FifoQueue",
        resources={
            "FifoQueueQueue": queue("FifoQueue", FifoQueue=True),
            "FifoQueueMapping": mapping("FifoQueue", attribute("FifoQueueQueue")),
        },
        send=send_queue("FifoQueueQueue"),
        channel=(Kind.QUEUE, lambda made: made["FifoQueueQueue"].rpartition("/")[2]),
        ordered=True,
        sources=lambda made: {"FifoQueue": made["FifoQueueQueue"]},
        fifo=True,
    ),
    Hop(
        name="FanOut",
        resources={
            "FanOutTopic": resource("SNS::Topic"),
            "FanOutQueue": queue("FanOut"),
            "FanOutLets": lets("sns.amazonaws.com", "sqs:SendMessage", ref("FanOutQueue")),
            "FanOutSubscription": resource(
                "SNS::Subscription",
                TopicArn=ref("FanOutTopic"),
                Protocol="sqs",
                Endpoint=attribute("FanOutQueue"),
            ),
            "FanOutMapping": mapping("FanOut", attribute("FanOutQueue")),
        },
        send=send_topic,
        channel=(Kind.TOPIC, lambda made: made["FanOutTopic"]),
        sources=lambda made: {"FanOut": made["FanOutQueue"]},
    ),
    Hop(
        name="Stream",
        resources={
            "StreamStream": resource("Kinesis::Stream", ShardCount=1),
            "StreamMapping": stream_mapping("Stream", attribute("StreamStream")),
        },
        send=send_stream("StreamStream"),
        channel=(Kind.STREAM, lambda made: made["StreamStream"]),
        sources=lambda made: {"Stream": made["StreamStream"]},
        batches=True,
    ),
    Hop(
        name="TableStream",
        resources={
            "TableStreamTable": resource(
                "DynamoDB::Table",
                **KEYED,
                StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            ),
            "TableStreamMapping": stream_mapping(
                "TableStream", attribute("TableStreamTable", "StreamArn")
            ),
        },
        send=send_table,
        sources=lambda made: {"TableStream": made["TableStreamFunction"]},
        batches=True,
    ),
    Hop(
        name="Bus",
        resources={
            "BusBus": resource("Events::EventBus", Name="matrix"),
            "BusRule": resource(
                "Events::Rule",
                EventBusName=ref("BusBus"),
                EventPattern={"source": ["matrix"]},
                Targets=[{"Id": "one", "Arn": attribute("BusFunction"), "InputPath": "$.detail"}],
            ),
            "BusLets": resource(
                "Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=ref("BusFunction"),
                Principal="events.amazonaws.com",
                SourceArn=attribute("BusRule"),
            ),
            "BusConfig": invoke_config("Bus"),
        },
        send=send_bus,
        channel=(Kind.BUS, lambda made: made["BusBus"]),
        sources=lambda made: {"Bus": made["BusFunction"]},
    ),
    Hop(
        name="Workflow",
        resources={
            "WorkflowMachine": resource(
                "StepFunctions::StateMachine",
                RoleArn=attribute("Role"),
                DefinitionString={
                    "Fn::Sub": [
                        json.dumps(WORKFLOW),
                        {"function": attribute("WorkflowFunction"), "dead": ref("WorkflowDead")},
                    ]
                },
            )
        },
        send=send_workflow,
        sources=lambda made: {"Workflow": made["WorkflowMachine"]},
        written=("error",),
    ),
    Hop(
        name="Invocation",
        resources={"InvocationConfig": invoke_config("Invocation")},
        send=send_invocation,
        sources=lambda made: {"Invocation": made["InvocationFunction"]},
    ),
    Hop(
        name="TelemetryStore",
        resources={
            "TelemetryStoreStream": resource("Kinesis::Stream", ShardCount=1),
            "TelemetryStoreMapping": stream_mapping(
                "TelemetryStore", attribute("TelemetryStoreStream")
            ),
            "TelemetryStoreTable": resource(
                "DynamoDB::Table",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in ("building_id", "device_item")
                ],
                KeySchema=[
                    {"AttributeName": "building_id", "KeyType": "HASH"},
                    {"AttributeName": "device_item", "KeyType": "RANGE"},
                ],
            ),
        },
        send=send_stream("TelemetryStoreStream"),
        channel=(Kind.STREAM, lambda made: made["TelemetryStoreStream"]),
        sources=lambda made: {"TelemetryStore": made["TelemetryStoreStream"]},
        batches=True,
        handler="store.handler",
        remembers=False,
        effects_table="TelemetryStoreTable",
        effects=stored,
    ),
    Hop(
        name="LogLake",
        resources={
            "LogLakeQueue": queue("LogLake"),
            "LogLakeMapping": mapping("LogLake", attribute("LogLakeQueue")),
            "LogLakeBucket": resource("S3::Bucket"),
            "LogLakeStream": resource(
                "KinesisFirehose::DeliveryStream",
                DeliveryStreamType="DirectPut",
                ExtendedS3DestinationConfiguration={
                    "BucketARN": attribute("LogLakeBucket"),
                    "RoleARN": attribute("Role"),
                    "Prefix": "spans/account=000000000000/day=!{timestamp:yyyy-MM-dd}/",
                    "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
                    "CompressionFormat": "GZIP",
                    "ProcessingConfiguration": {
                        "Enabled": True,
                        "Processors": [
                            {"Type": kind}
                            for kind in (
                                "Decompression",
                                "CloudWatchLogProcessing",
                                "AppendDelimiterToRecord",
                            )
                        ],
                    },
                },
            ),
            "LogLakeFilter": resource(
                "Logs::SubscriptionFilter",
                LogGroupName=ref("LogLakeLogs"),
                FilterPattern='{ $.span = "*" }',
                DestinationArn=attribute("LogLakeStream"),
                RoleArn=attribute("Role"),
            ),
            "LogLakeTable": resource("DynamoDB::Table", **KEYED),
        },
        send=send_queue("LogLakeQueue"),
        channel=(Kind.QUEUE, lambda made: made["LogLakeQueue"].rpartition("/")[2]),
        sources=lambda made: {"LogLake": made["LogLakeQueue"]},
        effects_table="LogLakeTable",
        effects=in_lake,
    ),
    Hop(
        name="PushGateway",
        resources={
            "PushGatewayQueue": queue("PushGateway"),
            "PushGatewayMapping": mapping("PushGateway", attribute("PushGatewayQueue")),
            "PushGatewayTable": resource(
                "DynamoDB::Table",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "token", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "token", "KeyType": "HASH"}],
            ),
        },
        send=send_push,
        channel=(Kind.QUEUE, lambda made: made["PushGatewayQueue"].rpartition("/")[2]),
        sources=lambda made: {"PushGateway": made["PushGatewayQueue"]},
        handler="phones.handler",
        remembers=False,
        effects_table="PushGatewayTable",
        effects=shown,
        environment={
            "PHONES_APPLICATION_ARN": "arn:aws:sns:us-east-1:000000000000:app/GCM/matrix",
            "PHONES_TABLE_NAME": ref("PushGatewayTable"),
            "TOKEN": TOKEN,
        },
        outside=PHONES.name,
    ),
)

SERVICE_FAULTS = (Inject.SLOW, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR)
CHANNEL_FAULTS = (Inject.DUPLICATE, Inject.REORDER)
FAULTS = tuple(inject for inject in Inject if inject is not Inject.KILL_TASK)
RATES = {
    Inject.RAISE: 0.3,
    Inject.CRASH: 0.2,
    Inject.HANG: 0.15,
    Inject.POISON: 0.15,
    Inject.SLOW: 0.3,
    Inject.THROTTLE: 0.5,
    Inject.SERVER_ERROR: 0.5,
    Inject.DUPLICATE: 0.5,
    Inject.REORDER: 0.5,
}
# Those that strike everything have to end for anything to get through.
LASTS = {Inject.DOWN: 3.0, Inject.CONCURRENCY: 6.0}
FOR_EVER = 3600.0
# One hop is sent to after the other: the last one's messages have to meet the fault too.
SENDING_SECONDS = 0.5
# Between executions, each of which would start a process of its own if they came all at once.
PACE_SECONDS = 0.15


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What became of the messages of one hop under one fault.

    Attributes:
        hop: the kind of the hop.
        inject: the fault.
        struck: how often it struck.
        sent: how many messages were sent.
        once: how many had their effect exactly once.
        again: how often a message was delivered that had been processed.
        dead: how many messages became dead letters.
        poison: how many of the messages were poisoned.
        back: how many dead letters had their effect once after they were sent back.
        lost: how many neither had an effect nor became dead letters.
    """

    hop: str
    inject: Inject
    struck: int
    sent: int
    once: int
    again: int
    dead: int
    poison: int
    back: int
    lost: int


class Matrix:
    """The hops on an emulator, ready for faults.

    Args:
        endpoint: of the emulator.
        board: its board.
        proxy: between its handlers and it.
        hops: which hops.
        remembers: whether handlers leave events alone that they have processed.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        board: Path,
        proxy: ServiceFaults | None,
        hops: Sequence[Hop],
        *,
        remembers: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self._remembers = remembers
        self._board = board
        self._proxy = proxy
        self._hops = hops
        self.made = self._deploy()
        self._own_effects = [
            hop.effects(endpoint, self.made) for hop in hops if hop.effects is not None
        ]
        self._sizes: dict[str, dict[str, int]] = {hop.name: {} for hop in hops}
        self._spans = SpanReader(
            endpoint.client("logs"),
            [self.made[f"{hop.name}Logs"] for hop in hops],
            since=time.time() - 1,
        )
        self._start_up()

    def cells(self, inject: Inject) -> list[Cell]:
        """Inject a fault into every hop that it can touch, and return what became of messages."""
        hops = [hop for hop in self._hops if touches(inject, hop)]
        sent = {hop.name: ids_of(inject, hop) for hop in hops}
        with self._injected(inject, hops) as injections:
            for hop in hops:
                hop.send(self.endpoint, self.made, sent[hop.name])
            if inject is Inject.UPDATE:
                for hop in hops:
                    update_code(self.endpoint, self.made[f"{hop.name}Function"])
            eventually(lambda: self._settled(hops, sent), within=SETTLE_SECONDS)
            time.sleep(QUIET_SECONDS)
            struck = self._struck(inject, injections)
            poison = Counter(
                number for number, _ in {(s.number, s.messages) for s in read_strikes(self._board)}
            )
        dead = {hop.name: self._dead(hop, sent[hop.name]) for hop in hops}
        before = self.effects()
        repeats = self.repeats()
        for hop in hops:
            self._send_back(hop, dead[hop.name])
            self._sizes[hop.name].clear()
        eventually(lambda: self.effects().keys() >= set().union(*dead.values()), within=60)
        after = self.effects()
        return [
            Cell(
                hop=hop.name,
                inject=inject,
                struck=struck[injections[number].number],
                sent=MESSAGES,
                once=sum(before.get(each) == 1 for each in sent[hop.name]),
                again=sum(repeats[each] for each in sent[hop.name]),
                dead=len(dead[hop.name]),
                poison=poison[injections[number].number] if inject is Inject.POISON else 0,
                back=sum(after.get(each) == 1 for each in dead[hop.name]),
                lost=sum(
                    each not in before and each not in dead[hop.name] for each in sent[hop.name]
                ),
            )
            for number, hop in enumerate(hops)
        ]

    def _deploy(self) -> Made:
        storage = self.endpoint.client("s3")
        storage.create_bucket(Bucket=CODE)
        storage.put_object(Bucket=CODE, Key="code.zip", Body=code())
        resources = {
            "Role": role(allow("*", "*")),
            "Effects": resource("DynamoDB::Table", **KEYED),
            "Done": resource("DynamoDB::Table", **KEYED),
            "Idempotency": resource("DynamoDB::Table", **KEYED),
        }
        for hop in self._hops:
            resources |= hop.template(remembers=self._remembers)
        return deployed(self.endpoint, resources)

    def _start_up(self) -> None:
        """Have every handler's process started: two cores start eight of them in many seconds."""
        first = {hop.name: [f"{uuid.uuid4()}"] for hop in self._hops}
        for hop in self._hops:
            hop.send(self.endpoint, self.made, first[hop.name])
        eventually(lambda: self._settled(self._hops, first), within=SETTLE_SECONDS)

    @contextmanager
    def _injected(self, inject: Inject, hops: Sequence[Hop]) -> Iterator[list[Injection]]:
        now = time.time()
        injections = [
            Injection(
                # A board counts the turns of each number.
                number=len(HOPS) * FAULTS.index(inject) + number,
                inject=inject,
                place=self._place(inject, hop),
                begin=now,
                end=now + LASTS.get(inject, FOR_EVER) + SENDING_SECONDS * len(hops),
                rate=RATES.get(inject, 1.0),
                seed=seed_of(inject, hop),
                delay_seconds=1.0 if inject is Inject.SLOW else 0.0,
                limit=1 if inject is Inject.CONCURRENCY else None,
            )
            for number, hop in enumerate(hops)
        ]
        of_service = inject in SERVICE_FAULTS
        self._board.with_suffix(".strikes").unlink(missing_ok=True)
        if of_service and self._proxy is not None:
            outside = [each for each in injections if each.place.kind is Kind.OUTSIDE]
            write_board(self._board, outside)
            # Most hops write to one table, which is struck once for all of them.
            places = {each.place: each for each in reversed(injections) if each not in outside}
            self._proxy.begin(list(places.values()))
        elif inject is not Inject.UPDATE:
            write_board(self._board, injections)
        try:
            yield injections
        finally:
            write_board(self._board, ())
            if of_service and self._proxy is not None:
                self._proxy.begin(())

    def _place(self, inject: Inject, hop: Hop) -> Place:
        if inject in SERVICE_FAULTS and hop.outside:
            return Place(kind=Kind.OUTSIDE, name=hop.outside)
        if inject in SERVICE_FAULTS:
            return Place(kind=Kind.TABLE, name=self.made[hop.effects_table])
        if inject in CHANNEL_FAULTS and hop.channel is not None:
            kind, name = hop.channel
            return Place(kind=kind, name=name(self.made))
        if inject is Inject.CONCURRENCY:
            return Place(kind=Kind.ACCOUNT)
        return Place(kind=Kind.FUNCTION, name=self.made[f"{hop.name}Function"])

    def _struck(self, inject: Inject, injections: Sequence[Injection]) -> Mapping[int, int]:
        """How often each of the hops was struck; what strikes all of them counts at each."""
        if inject is Inject.UPDATE:
            return {injection.number: 1 for injection in injections}
        if inject in SERVICE_FAULTS and self._proxy is not None:
            outside = Counter(strike.number for strike in read_strikes(self._board))
            strikes = {**self._proxy.strikes(), **outside}
            first = {injection.place: injection.number for injection in reversed(injections)}
            return {each.number: strikes.get(first[each.place], 0) for each in injections}
        counts = Counter(strike.number for strike in read_strikes(self._board))
        if inject is Inject.CONCURRENCY:
            return {injection.number: counts.total() for injection in injections}
        return counts

    def _settled(self, hops: Sequence[Hop], sent: Mapping[str, Sequence[str]]) -> bool:
        effects = self.effects()
        for hop in hops:
            missing = [each for each in sent[hop.name] if each not in effects]
            if len(missing) > self.letters(hop):
                return False
        return True

    def letters(self, hop: Hop) -> int:
        """How many messages a hop has given up: a letter about a stream may be of several."""
        url = self.made[f"{hop.name}Dead"]
        sqs = self.endpoint.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        count = sum(map(int, attributes.values()))
        if not hop.batches or not count:
            return count
        sizes = self._sizes[hop.name]
        sizes |= {
            message["MessageId"]: _size(json.loads(message["Body"]))
            for message in sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
            ).get("Messages", [])
        }
        return sum(sizes.values()) if len(sizes) >= count else 0

    def _dead(self, hop: Hop, sent: Sequence[str]) -> set[str]:
        """The messages of a hop that lie in its dead letters."""
        effects = self.effects()
        missing = {each for each in sent if each not in effects}
        return missing if len(missing) <= self.letters(hop) else set()

    def _send_back(self, hop: Hop, dead: set[str]) -> None:
        """Send dead letters back, as `hinagata redrive` does."""
        if not dead:
            return
        way = Way(
            hop=hop.name,
            queue=self.made[f"{hop.name}Dead"],
            name=f"{hop.name}Dead",
            sources=hop.sources(self.made),
            written=hop.written,
        )
        redrive = Redrive(self.endpoint, [way])
        redrive.send_back(redrive.read(), per_second=100)

    def effects(self) -> dict[str, int]:
        """How often each message had its effect."""
        found = counted(self.endpoint, self.made["Effects"])
        for own in self._own_effects:
            found |= own()
        return found

    def effect_count(self) -> int:
        """How many messages had an effect, in less time than it takes to name them."""
        pages = (
            self.endpoint.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.made["Effects"], Select="COUNT")
        )
        return sum(page["Count"] for page in pages)

    def repeats(self) -> Counter[str]:
        """How often each message came to a hop that was done with it."""
        handled = Counter(span.id for span in self._spans.read() if span.status is not Status.ERROR)
        return Counter({each: count - 1 for each, count in handled.items()})


def touches(inject: Inject, hop: Hop) -> bool:
    """Whether a fault can touch a kind of hop."""
    if inject is Inject.DUPLICATE:
        return hop.channel is not None
    if inject is Inject.REORDER:
        return hop.channel is not None and not hop.ordered
    return inject is not Inject.KILL_TASK


def ids_of(inject: Inject, hop: Hop) -> list[str]:
    """The same messages at every run, so that the same ones are struck."""
    names = (f"{inject}/{hop.name}/{number}" for number in range(MESSAGES))
    return [f"{uuid.uuid5(uuid.NAMESPACE_OID, name)}" for name in names]


def seed_of(inject: Inject, hop: Hop) -> str:
    """A seed by which the first invocation is struck: a hop may need no more than a few."""
    seeds = (f"{inject}/{hop.name}/{number}" for number in itertools.count())
    return next(seed for seed in seeds if lot(seed, "0") < RATES.get(inject, 1.0))


def _size(letter: Mapping[str, Any]) -> int:
    """How many messages a letter is about."""
    batch = letter.get("KinesisBatchInfo") or letter.get("DDBStreamBatchInfo") or {}
    return int(batch.get("batchSize", 1))


def code() -> bytes:
    """The handler with the runtime that it imports."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", HANDLER)
        archive.writestr("store.py", STORE_HANDLER)
        archive.writestr("phones.py", PUSH_HANDLER)
        for file in (PROJECT / "pattern_runtime").glob("*.py"):
            archive.write(file, f"pattern_runtime/{file.name}")
    return content.getvalue()


@contextmanager
def matrix(
    workdir: Path, hops: Sequence[Hop] = HOPS, *, proxied: bool = True, remembers: bool = True
) -> Iterator[Matrix]:
    """Bring the hops up for as long as the block lasts."""
    board, port = workdir / "faults.json", free_port()
    environment = {BOARD_VARIABLE: str(board)}
    if proxied:
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    with (
        Outside([PHONES.name], Board(board), push=PHONES) as outside,
        Emulator(
            workdir, environment=environment | {PROVIDER_VARIABLE: outside.url(PHONES.name)}
        ) as emulator,
    ):
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        if not proxied:
            yield Matrix(endpoint, board, None, hops, remembers=remembers)
            return
        with ServiceFaults(port, emulator.endpoint, "7", workdir / "proxy.log") as proxy:
            yield Matrix(endpoint, board, proxy, hops, remembers=remembers)


NOTES = """
- *Struck* counts invocations, calls or messages; a fault of the table that most hops write to, and
  the account's concurrency, count for all of them together.
- `TelemetryStore` is what a stream's records are kept in: the newest of each data item, by its
  time, without a memory of what was processed. `LogLake` is where the line of each message's work
  lies in the end; what fails is who prints it, for Firehose and S3 cannot be made to fail here.
  `PushGateway` is a phone's screen, on which a message that came twice replaces itself; `slow`,
  `down`, `throttle` and `server_error` are those of its push service.
- `poison` says of how many messages; struck are all their tries.
- `kill_task` touches containers, which no asynchronous hop has here; a FIFO queue keeps its order;
  a table's stream, a workflow and an invocation have no channel of their own.
- What lay behind a poisoned message in a FIFO batch was received as often, and dies with it. It
  comes back with it, too.
- A table's stream takes nothing back: its function is called with the records of a letter, which
  goes once they are processed. A workflow's letter starts an execution again.
"""
HEAD = f"""\
# The fault matrix

<!-- written by `make fault-matrix`; do not edit -->

Every kind of asynchronous hop times every fault that can touch it, on the embedded endpoint:
{MESSAGES} messages each, to an idempotent handler on `pattern_runtime`.
Its effect is a count, which is written together with the message's id, or not at all: so it is one
also if an attempt was cut off before it could tell.
A row adds up: sent = once in effect + dead-lettered + lost.

| hop | fault | struck | sent | once in effect | delivered again | dead-lettered | back | lost |
|---|---|--:|--:|--:|--:|--:|--:|--:|
"""


_ROW = re.compile(
    r"\| (?P<hop>\w+) \| `(?P<inject>\w+)`(?: of (?P<poison>\d+))? \|(?P<counts>[\d |]+)\|"
)


def _of(cell: Cell) -> str:
    return f" of {cell.poison}" if cell.poison else ""


def document(cells: Sequence[Cell]) -> str:
    """The page with the table."""
    rows = [
        f"| {cell.hop} | `{cell.inject}`{_of(cell)} | {cell.struck} | {cell.sent} | {cell.once} "
        f"| {cell.again} | {cell.dead} | {cell.back} | {cell.lost} |\n"
        for cell in cells
    ]
    return HEAD + "".join(rows) + NOTES


def written(page: str) -> list[Cell]:
    """The cells that a page has."""
    found = []
    for line in page.splitlines():
        row = _ROW.fullmatch(line)
        if row is not None:
            counts = [int(cell) for cell in row["counts"].split("|")]
            struck, sent, once, again, dead, back, lost = counts
            found.append(
                Cell(
                    hop=row["hop"],
                    inject=Inject(row["inject"]),
                    struck=struck,
                    sent=sent,
                    once=once,
                    again=again,
                    dead=dead,
                    poison=int(row["poison"] or 0),
                    back=back,
                    lost=lost,
                )
            )
    return found


def play(workdir: Path, hops: Sequence[Hop] = HOPS) -> Iterator[list[Cell]]:
    """Yield the cells of each fault; the proxy, which takes a share of the cores, comes last."""
    for proxied in (False, True):
        with matrix(workdir, hops, proxied=proxied) as running:
            for inject in FAULTS:
                if (inject in SERVICE_FAULTS) is proxied:
                    yield running.cells(inject)


def main(names: Sequence[str]) -> None:
    """Run it, write the page, and fail if anything got lost.

    Args:
        names: of the hops to run; the rows of the others stay. None: all.
    """
    order = [hop.name for hop in HOPS]
    unknown = [name for name in names if name not in order]
    if unknown:
        sys.exit(f"there is no hop {unknown[0]}; expected some of {', '.join(order)}")
    hops = [hop for hop in HOPS if not names or hop.name in names]
    cells: list[Cell] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as workdir:
        for number, found in enumerate(play(Path(workdir), hops), 1):
            cells += found
            print(  # noqa: T201
                f"{number} of {len(FAULTS)}  {found[0].inject:<13} {len(found)} hops, "
                f"{sum(cell.lost for cell in found)} lost, "
                f"{time.monotonic() - started:.0f} s",
                file=sys.stderr,
            )
    kept = [cell for cell in written(DOCUMENT.read_text()) if cell.hop not in names] * bool(names)
    rows = sorted(
        [*kept, *cells], key=lambda cell: (order.index(cell.hop), FAULTS.index(cell.inject))
    )
    DOCUMENT.write_text(document(rows))
    sys.exit(any(cell.lost or cell.back < cell.dead for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1:])
