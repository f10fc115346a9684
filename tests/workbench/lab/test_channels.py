"""Sources that put their events into a stream or a queue themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from hinagata.lab.channels import QUEUE, STREAM, Channel, channel
from hinagata.lab.hold import hold
from hinagata.lab.hops import read_hops
from hinagata.lab.messages import messages
from hinagata.lab.traffic import Patience, Sent, Stream, send
from hinagata.lab.wiring import wire
from hinagata.scenario import Put, Scenario, ScenarioError
from hinagata.topology.reading import topology_of
from pattern_runtime import Event
from tests.workbench.lab.test_wiring import FakeEndpoint, deployed
from tests.workbench.scenario.scenario_text import read

DEVICES = """\
name: devices
seed: 7
sources:
  devices:
    entry: Reports
    request:
      event: device.report
      source: /buildings/{building_id}
      body: telemetry.json
      ordered_by: building_id
    rate: {shape: constant, rate: 100/s}
    keys: {building_id: {cardinality: 10}, vehicle_id: {cardinality: 10}}
    reaches: [Ingest]
    run: {messages: 20, rate: 1000/s}
"""
HASTY = Patience(backoff_seconds=0.001, longest_backoff_seconds=0.002)
RESOURCES: dict[str, Any] = {
    "Reports": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]}}
        },
    },
    "Letters": {"Type": "AWS::SQS::Queue"},
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Reports", "Arn"]},
            "FunctionName": {"Ref": "Function"},
        },
    },
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Ingest"}}},
    },
}
PATHS = {"Reports": "Stack/Reports/Queue", "Letters": "Stack/Reports/DeadLetters"}


class Service:
    """Kinesis or SQS, which answers what it is told to, and remembers what it took."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.taken: list[dict[str, Any]] = []

    def client(self, _: str) -> Service:
        """Return itself: no two services share a call's name here."""
        return self

    def put_record(self, **request: Any) -> None:
        """Take a record."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.taken.append(request)

    send_message = put_record


def refusal(code: str, status: int) -> ClientError:
    """Return a service's refusal."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "PutRecord",
    )


def sent(folder: Path, service: Service, *, type_: str = STREAM, name: str = "it") -> list[Sent]:
    """Send what the scenario says."""
    source = read(folder, DEVICES).sources["devices"]
    to = channel(type_, name, cast("Any", service))
    stream = Stream(entry=to, messages=list(messages(source, seed=7)), per_second=1000)
    return send([stream], patience=HASTY)


def test_a_request_may_be_an_event(tmp_path: Path) -> None:
    """With its type, its source, its data, and what keeps it in order."""
    assert read(tmp_path, DEVICES).sources["devices"].request == Put(
        event="device.report",
        path="/buildings/{building_id}",
        body={"vehicle_id": "?", "speed": 48},
        ordered_by="building_id",
    )


def test_a_device_puts_what_a_handler_reads(tmp_path: Path) -> None:
    """The envelope is an event with the sender's id, clock, trace and data, in its key's order."""
    kinesis = Service()
    records = {record.id: record for record in sent(tmp_path, kinesis)}

    assert len(kinesis.taken) == len(records) == 20
    for put in kinesis.taken:
        event = Event.from_json(put["Data"])
        record = records[event.id]
        assert (put["StreamName"], event.type) == ("it", "device.report")
        assert event.source == f"/buildings/{record.keys['building_id']}"
        assert put["PartitionKey"] == record.keys["building_id"]
        assert event.data["vehicle_id"] == record.keys["vehicle_id"]
        assert event.time.timestamp() == pytest.approx(record.sent_at, abs=1e-5)
        assert event.trace.startswith(f"Root={record.trace};")
        assert record.accepted_at is not None


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        (refusal("ProvisionedThroughputExceededException", 400), 1),
        (refusal("InternalFailure", 500), 0),
        (EndpointConnectionError(endpoint_url="http://nowhere"), 0),
    ],
)
def test_what_may_pass_is_tried_again(tmp_path: Path, error: Exception, throttled: int) -> None:
    """A throttle, an error of the service, or nobody there: the same event goes again."""
    records = sent(tmp_path, Service(error))

    assert sum(record.attempts for record in records) == 21
    assert sum(len(record.throttled_at) for record in records) == throttled
    assert all(record.accepted_at for record in records)


def test_what_is_wrong_is_not_tried_again(tmp_path: Path) -> None:
    """A refusal for good is one, and says why."""
    records = sent(tmp_path, Service(refusal("AccessDeniedException", 400)))
    (refused,) = [record for record in records if record.accepted_at is None]

    assert (refused.attempts, refused.status) == (1, 400)
    assert "AccessDenied" in refused.failure


def test_a_queue_that_keeps_its_order_is_told_the_group(tmp_path: Path) -> None:
    """A standard queue is not; a repeat of an event is known by its id."""
    plain, ordered = Service(), Service()
    sent(tmp_path, plain, type_=QUEUE, name="https://sqs/orders")
    sent(tmp_path, ordered, type_=QUEUE, name="https://sqs/orders.fifo")

    assert {frozenset(put) for put in plain.taken} == {frozenset({"QueueUrl", "MessageBody"})}
    for put in ordered.taken:
        event = json.loads(put["MessageBody"])
        assert put["MessageDeduplicationId"] == event["id"]
        assert event["source"].endswith(put["MessageGroupId"])


def test_a_queue_is_an_entry_and_its_dead_letters_are_none(tmp_path: Path) -> None:
    """Both are called by the construct that they are in."""
    scenario = read(tmp_path, DEVICES)
    hold(scenario, topology_of(Stack={"Resources": RESOURCES}))

    entry = _wired(scenario, tmp_path)

    assert isinstance(entry, Channel)
    assert entry.url == "physical-Reports"


def _wired(scenario: Scenario, folder: Path) -> object:
    assembly, deployment = deployed(folder, RESOURCES, PATHS)
    return wire(scenario, assembly, deployment, cast("Any", FakeEndpoint())).entries["devices"]


def test_what_is_lost_at_the_first_hop_is_lost_behind_it(tmp_path: Path) -> None:
    """A message that enters by a channel comes to later hops through the first alone."""
    more: dict[str, Any] = {
        **RESOURCES,
        "Second": {"Type": "AWS::SQS::Queue"},
        "SecondMapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Second", "Arn"]},
                "FunctionName": {"Ref": "Follower"},
            },
        },
        "Follower": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Follow"}}},
        },
    }
    more["Function"] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Environment": {
                "Variables": {"POWERTOOLS_SERVICE_NAME": "Ingest", "URL": {"Ref": "Second"}}
            }
        },
    }

    behind = read_hops(topology_of(Stack={"Resources": more})).behind(
        [("Reports", ["Ingest", "Follow"])]
    )

    assert behind["Ingest"] == {"Follow"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("ordered_by: building_id", "ordered_by: building", "building, which is no key"),
        ("source: /buildings/{building_id}", "source: /buildings/{b}", "{b}, which is no key"),
        ("event: device.report", "event: a b", "the type of an event"),
        ("      body: telemetry.json\n", "", "body"),
    ],
)
def test_fails_for_an_event_that_is_none(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """With what is expected instead."""
    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, DEVICES.replace(right, wrong))

    assert said in str(failure.value)


def test_fails_for_a_function_as_an_entry(tmp_path: Path) -> None:
    """Events go into what keeps them."""
    scenario = read(tmp_path, DEVICES.replace("entry: Reports", "entry: Function"))

    with pytest.raises(ScenarioError, match="name of a stream or queue: Reports"):
        hold(scenario, topology_of(Stack={"Resources": RESOURCES}))
