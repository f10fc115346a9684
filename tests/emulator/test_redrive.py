"""Redrive: what is dead is shown with its reason, and every letter comes back where it belongs."""

import json
import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.dead_letters import DeadLetterReader
from hinagata.lab.deployment import deploy
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.queue_glance import glance
from hinagata.lab.redrive import Letter, Redrive
from hinagata.lab.redrive_ways import Way, ways_of
from hinagata.lab.stream_letters import LetterRecords
from hinagata.topology.reading import read_topology
from tests.emulator.assemblies import assembly
from tests.emulator.templates import allow, attribute, function, lets, ref, resource, role
from tests.polling import eventually

# Fails each event, with a span that says why, for as long as a file is there.
CODE = """
    import base64, json, os, time

    def handler(payload, context):
        failed = []
        for record in payload.get("Records", [payload]):
            if "kinesis" in record:
                name = record["kinesis"]["sequenceNumber"]
                event = json.loads(base64.b64decode(record["kinesis"]["data"]))
            elif "dynamodb" in record:
                name = record["dynamodb"]["SequenceNumber"]
                event = json.loads(record["dynamodb"]["NewImage"]["event"]["S"])
            else:
                name = record.get("messageId")
                event = json.loads(record["body"]) if "body" in record else record
            down = os.path.exists(os.environ["DOWN"])
            line = {"span": os.environ["POWERTOOLS_SERVICE_NAME"], "id": event["id"],
                    "start": time.time(), "end": time.time(), "status": "error" if down else "ok"}
            if down:
                line["error"] = "PartnerError: the partner answered 503"
                failed.append({"itemIdentifier": name})
            print(json.dumps(line), flush=True)
        if failed and "Records" not in payload:
            raise RuntimeError("the partner answered 503")
        return {"batchItemFailures": failed}
"""


# Keeps what failed for good, with all that it wrote itself.
WORKFLOW = {
    "StartAt": "Pack",
    "States": {
        "Weigh": {"Type": "Pass", "End": True},
        "Pack": {
            "Type": "Task",
            "Resource": "${Packing.Arn}",
            "ResultPath": "$.results.Pack",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Keep"}],
            "End": True,
        },
        "Keep": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "${ProcessDead.QueueUrl}", "MessageBody.$": "$"},
            "ResultPath": "$.kept",
            "End": True,
        },
    },
}


HOPS = ("Billing", "Shipping", "Ingest", "Mailer", "Indexing", "Packing")


@dataclass(frozen=True)
class World:
    """Six ways for a message to die, on an endpoint, and the switch that kills."""

    endpoint: Endpoint
    names: dict[str, str]
    redrive: Redrive
    down: Path

    def letters(self) -> list[Letter]:
        """What is dead."""
        return self.redrive.read()

    def processed(self, function: str) -> list[str]:
        """The ids that a function is done with, each as often as it was."""
        logs = self.endpoint.client("logs")
        try:
            group = f"/aws/lambda/{self.names[function]}"
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        lines = [line for each in events for line in each["message"].splitlines()]
        spans = [json.loads(line) for line in lines if '"span"' in line]
        return [span["id"] for span in spans if span["status"] == "ok"]


@pytest.fixture(scope="module")
def world(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A queue, a subscription and so on, whose letters are dead already."""
    directory = tmp_path_factory.mktemp("redrive")
    down = directory / "down"
    down.touch()

    def hop(name: str) -> dict[str, Any]:
        return function(CODE, environment={"POWERTOOLS_SERVICE_NAME": name, "DOWN": str(down)})

    def mapping(source: str, consumer: str, **more: Any) -> dict[str, Any]:
        return resource(
            "Lambda::EventSourceMapping",
            EventSourceArn=attribute(source),
            FunctionName=ref(consumer),
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **more,
        )

    def dead(name: str) -> dict[str, Any]:
        return {"deadLetterTargetArn": attribute(name), "maxReceiveCount": 2}

    def on_failure(name: str) -> dict[str, Any]:
        return {"OnFailure": {"Destination": attribute(name)}}

    made = assembly(
        directory / "assembly",
        {
            "Role": role(allow(["sqs:*", "kinesis:*", "logs:*", "lambda:*"], "*")),
            "Orders": resource("SQS::Queue", VisibilityTimeout=1, RedrivePolicy=dead("OrdersDead")),
            "OrdersDead": resource("SQS::Queue"),
            "Billing": hop("Billing"),
            "FromOrders": mapping("Orders", "Billing"),
            "Events": resource("SNS::Topic"),
            "Parcels": resource("SQS::Queue"),
            "ParcelsDead": resource("SQS::Queue"),
            "ParcelsDeadPolicy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("ParcelsDead")),
            "Shipping": hop("Shipping"),
            "FromParcels": mapping("Parcels", "Shipping"),
            "ToParcels": resource(
                "SNS::Subscription",
                TopicArn=ref("Events"),
                Protocol="sqs",
                Endpoint=attribute("Parcels"),
                RawMessageDelivery=True,
                RedrivePolicy={"deadLetterTargetArn": attribute("ParcelsDead")},
            ),
            "Records": resource("Kinesis::Stream", ShardCount=1),
            "RecordsDead": resource("SQS::Queue"),
            "Ingest": hop("Ingest"),
            "FromRecords": mapping(
                "Records",
                "Ingest",
                StartingPosition="TRIM_HORIZON",
                MaximumRetryAttempts=0,
                BisectBatchOnFunctionError=True,
                DestinationConfig=on_failure("RecordsDead"),
            ),
            "Mailer": hop("Mailer"),
            "MailerDead": resource("SQS::Queue"),
            "MailerConfig": resource(
                "Lambda::EventInvokeConfig",
                FunctionName=ref("Mailer"),
                Qualifier="$LATEST",
                MaximumRetryAttempts=0,
                DestinationConfig=on_failure("MailerDead"),
            ),
            "Items": resource(
                "DynamoDB::Table",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            ),
            "ItemsDead": resource("SQS::Queue"),
            "Indexing": hop("Indexing"),
            "FromItems": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Items", "StreamArn"),
                FunctionName=ref("Indexing"),
                StartingPosition="TRIM_HORIZON",
                FunctionResponseTypes=["ReportBatchItemFailures"],
                MaximumRetryAttempts=0,
                BisectBatchOnFunctionError=True,
                DestinationConfig=on_failure("ItemsDead"),
            ),
            "Packing": hop("Packing"),
            "ProcessDead": resource("SQS::Queue"),
            "Process": resource(
                "StepFunctions::StateMachine",
                RoleArn=attribute("Role"),
                DefinitionString={"Fn::Sub": json.dumps(WORKFLOW)},
            ),
        },
    )
    deployment = deploy(made, endpoint, report=lambda _: None)
    names = {name: value for (_, name), value in deployment.resources.items()}
    topology = read_topology(made.directory)
    physical = {node: names[node.logical_id] for node in topology.nodes if node.logical_id in names}
    groups = [f"/aws/lambda/{names[hop]}" for hop in HOPS]
    redrive = Redrive(endpoint, ways_of(topology, physical), log_groups=groups)
    up = World(endpoint, names, redrive, down)
    for number in range(12):
        body = envelope(f"order-{number}")
        endpoint.client("sqs").send_message(QueueUrl=names["Orders"], MessageBody=body)
    endpoint.client("sns").publish(
        TopicArn=names["Events"],
        Message=envelope("parcel-1"),
        MessageAttributes={"type": {"DataType": "String", "StringValue": "parcel"}},
    )
    for number in range(3):
        endpoint.client("kinesis").put_record(
            StreamName=names["Records"],
            Data=envelope(f"record-{number}").encode(),
            PartitionKey=f"car-{number}",
        )
    endpoint.client("lambda").invoke(
        FunctionName=names["Mailer"],
        InvocationType="Event",
        Payload=envelope("mail-1").encode(),
    )
    endpoint.client("dynamodb").put_item(
        TableName=names["Items"],
        Item={"id": {"S": "1"}, "event": {"S": envelope("item-1")}, "picture": {"B": b"\x00"}},
    )
    endpoint.client("stepfunctions").start_execution(
        stateMachineArn=names["Process"], input=envelope("process-1")
    )
    eventually(lambda: len(up.letters()) == 12 + 1 + 3 + 1 + 1 + 1, within=30)
    return up


def envelope(event: str) -> str:
    """An event of an id."""
    return json.dumps({"specversion": "1.0", "id": event, "data": {}})


def test_each_letter_tells_what_it_is_and_where_it_belongs(world: World) -> None:
    """Hop, reason, tries and the way back, for each of the ways to die."""
    letters = {event: letter for letter in world.letters() for event in letter.events}

    assert len(letters) == 19
    assert not any(letter.kept for letter in letters.values())
    told = {
        name: (letters[name].hop, letters[name].queue, letters[name].back_to, letters[name].why)
        for name in ("order-3", "parcel-1", "record-1", "item-1", "process-1")
    }
    assert told == {
        "order-3": ("Billing", "OrdersDead", "Orders", "PartnerError: the partner answered 503"),
        "parcel-1": (
            "Shipping",
            "ParcelsDead",
            "Parcels",
            "no span tells: the function may have crashed or run into its timeout; see its log",
        ),
        "record-1": (
            "Ingest",
            "RecordsDead",
            letters["record-1"].back_to,
            "PartnerError: the partner answered 503",
        ),
        "item-1": (
            "Indexing",
            "ItemsDead",
            world.names["Indexing"],
            "PartnerError: the partner answered 503",
        ),
        "process-1": (
            "Packing",
            "ProcessDead",
            "Process",
            "PartnerError: the partner answered 503",
        ),
    }
    assert letters["record-1"].back_to == world.names["Records"]
    assert letters["mail-1"].why == "PartnerError: the partner answered 503"
    assert letters["order-3"].receives == 2
    assert letters["mail-1"].receives is None


def test_a_run_knows_what_died_on_a_stream(world: World) -> None:
    """A letter about records or items tells where they are; the events are looked up."""
    queues = {world.names[name]: name for name in ("RecordsDead", "ItemsDead")}
    letters = DeadLetterReader(
        world.endpoint.client("sqs"), queues, records_of=LetterRecords(world.endpoint.client)
    ).read()

    assert sorted((letter.hop, letter.id) for letter in letters) == [
        ("ItemsDead", "item-1"),
        *(("RecordsDead", f"record-{number}") for number in range(3)),
    ]


def test_showing_takes_nothing(world: World) -> None:
    """Read twice in a row, the same letters lie there."""
    first, second = world.letters(), world.letters()

    assert {each.message_id for each in first} == {each.message_id for each in second}


@pytest.mark.parametrize("operation", ["send_message", "delete_message"])
def test_an_interrupted_redrive_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """Cut short before a copy or between it and the deletion, each event is dead again, or still.

    In between it lies there twice, which is what consumers have to bear anyway.
    """
    sqs = world.endpoint.client("sqs")
    orders = [letter for letter in world.letters() if letter.hop == "Billing"]
    plain, calls = getattr(sqs, operation), iter(range(100))

    def cut(**request: Any) -> Any:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return plain(**request)

    with monkeypatch.context() as patched:
        patched.setattr(sqs, operation, cut)
        with pytest.raises(KeyboardInterrupt):
            world.redrive.send_back(orders, per_second=1000)

    def all_dead_again() -> bool:
        now = [letter.events[0] for letter in world.letters() if letter.hop == "Billing"]
        return set(now) == {f"order-{number}" for number in range(12)}

    eventually(all_dead_again, within=30)
    waiting = sqs.get_queue_attributes(
        QueueUrl=world.names["Orders"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert waiting["Attributes"] == {"ApproximateNumberOfMessages": "0"}


def test_an_item_that_fails_again_stays(world: World) -> None:
    """Nobody but the mapping could try it later: its letter goes when it was processed."""
    items = [letter for letter in world.letters() if letter.hop == "Indexing"]

    assert world.redrive.send_back(items, per_second=1000) == set()
    assert [each.message_id for each in world.letters() if each.hop == "Indexing"] == [
        each.message_id for each in items
    ]


def test_everything_comes_back(world: World) -> None:
    """With the cause mended, every letter goes back once, at the rate, and is processed."""
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        ]
    }
    world.endpoint.client("sqs").set_queue_attributes(
        QueueUrl=world.names["Parcels"], Attributes={"Policy": json.dumps(policy)}
    )
    world.down.unlink()
    letters = world.letters()
    counted: list[int] = []

    gone = world.redrive.send_back(letters, per_second=200, progress=counted.append)

    assert gone == {letter.message_id for letter in letters}
    assert counted == list(range(1, len(letters) + 1))
    for hop, ids in {
        "Billing": [f"order-{number}" for number in range(12)],
        "Shipping": ["parcel-1"],
        "Ingest": [f"record-{number}" for number in range(3)],
        "Mailer": ["mail-1"],
        "Indexing": ["item-1"],
        "Packing": ["process-1"],
    }.items():
        eventually(lambda hop=hop, ids=ids: set(world.processed(hop)) == set(ids))  # type: ignore[misc]  # a lambda's defaults
    assert world.letters() == []


def test_a_fifo_letter_keeps_its_group_and_is_no_repeat(endpoint: Endpoint) -> None:
    """The copy has the group of the original and an id that nobody has dropped yet."""
    sqs = endpoint.client("sqs")
    tail = uuid.uuid4().hex[:8]
    fifo = {"FifoQueue": "true"}
    dead = sqs.create_queue(QueueName=f"dead-{tail}.fifo", Attributes=fifo)["QueueUrl"]
    back = sqs.create_queue(QueueName=f"back-{tail}.fifo", Attributes=fifo)["QueueUrl"]
    for url in (back, dead):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=envelope("f-1"),
            MessageGroupId="car-7",
            MessageDeduplicationId="once",
        )
    original = sqs.receive_message(QueueUrl=back)["Messages"][0]
    sqs.delete_message(QueueUrl=back, ReceiptHandle=original["ReceiptHandle"])
    redrive = Redrive(endpoint, [Way(hop="H", queue=dead, name="Dead", sources={"Back": back})])
    redrive.send_back(redrive.read(), per_second=100)

    (copy,) = sqs.receive_message(QueueUrl=back, AttributeNames=["All"])["Messages"]
    assert copy["Body"] == envelope("f-1")
    assert copy["Attributes"]["MessageGroupId"] == "car-7"
    assert redrive.read() == []


@dataclass(frozen=True)
class Ordered:
    """A FIFO queue and its dead letters."""

    dead: str
    back: str
    redrive: Redrive


@pytest.fixture
def ordered(endpoint: Endpoint) -> Ordered:
    """Twenty-five dead letters of one group, and three of another."""
    sqs = endpoint.client("sqs")
    tail = uuid.uuid4().hex[:8]
    dead, back = (
        sqs.create_queue(QueueName=f"{name}-{tail}.fifo", Attributes={"FifoQueue": "true"})[
            "QueueUrl"
        ]
        for name in ("dead", "back")
    )
    for group, count in (("car-7", 25), ("car-8", 3)):
        for number in range(count):
            bury(endpoint, dead, group, number)
    redrive = Redrive(endpoint, [Way(hop="H", queue=dead, name="Dead", sources={"Back": back})])
    return Ordered(dead, back, redrive)


def bury(endpoint: Endpoint, dead: str, group: str, number: int, *, copy_of: str = "") -> None:
    """Put a letter of a group behind those that lie there."""
    endpoint.client("sqs").send_message(
        QueueUrl=dead,
        MessageBody=envelope(f"{group}/{number}"),
        MessageGroupId=group,
        MessageDeduplicationId=copy_of or f"{group}/{number}",
    )


def taken(endpoint: Endpoint, queue: str) -> dict[str, list[int]]:
    """Take all messages out of a queue, and return their numbers by group, in order."""
    sqs = endpoint.client("sqs")
    found: dict[str, list[int]] = {}
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            group, _, number = json.loads(message["Body"])["id"].partition("/")
            found.setdefault(group, []).append(int(number))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_a_run_sees_a_long_group(endpoint: Endpoint, ordered: Ordered) -> None:
    """And leaves all of it to be received."""
    letters = DeadLetterReader(
        endpoint.client("sqs"), {ordered.dead: "H"}, glance=partial(glance, endpoint)
    ).read()

    assert {letter.id for letter in letters} == {
        *(f"car-7/{number}" for number in range(25)),
        *(f"car-8/{number}" for number in range(3)),
    }
    assert len(letters) == 28
    assert taken(endpoint, ordered.dead) == {"car-7": list(range(25)), "car-8": [0, 1, 2]}


def test_a_long_group_goes_back_in_its_order(endpoint: Endpoint, ordered: Ordered) -> None:
    """SQS shows ten of a group at a time; the others are counted, and follow."""
    letters = ordered.redrive.read()
    assert len(letters) + ordered.redrive.unseen(letters) == 28

    assert len(ordered.redrive.send_back(letters, per_second=1000)) == 28
    assert ordered.redrive.read() == []
    assert taken(endpoint, ordered.back) == {"car-7": list(range(25)), "car-8": [0, 1, 2]}


def test_a_copy_that_dies_again_is_not_sent_in_circles(
    endpoint: Endpoint, ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies behind the others by then, and stays there."""
    letters = ordered.redrive.read()
    sqs = endpoint.client("sqs")
    plain, calls = sqs.send_message, iter(range(100))

    def dies(**request: Any) -> Any:
        if next(calls) == 0:
            again = request["MessageDeduplicationId"]
            bury(endpoint, ordered.dead, request["MessageGroupId"], 99, copy_of=again)
        return plain(**request)

    with monkeypatch.context() as patched:
        patched.setattr(sqs, "send_message", dies)
        ordered.redrive.send_back(letters, per_second=1000)

    assert sorted(taken(endpoint, ordered.back)["car-7"]) == list(range(25))
    assert [letter.events for letter in ordered.redrive.read()] == [("car-7/99",)]
