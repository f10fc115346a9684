"""What is dead is told so that a person sees what to mend, and a program what there is."""

import io
import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from hinagata.errors import UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.redrive import Letter, Redrive
from hinagata.lab.redrive_report import write_json, write_text
from hinagata.lab.redrive_ways import Way, elsewhere, physical_names, ways_of
from hinagata.lab.workflow_steps import WorkflowStep
from hinagata.samples import Sample
from hinagata.topology.reading import topology_of

if TYPE_CHECKING:
    from hinagata.topology.node import Node

NOW = 10_000.0


def letter(number: int, **fields: Any) -> Letter:
    """One of many alike."""
    return Letter(
        **{
            "hop": "Billing",
            "queue": "Orders/DeadLetters",
            "message_id": f"m-{number}",
            "events": (f"order-{number}",),
            "receives": 5,
            "sent_at": NOW - 600,
            "why": "PartnerError: 503",
            "back_to": "Orders/Queue",
        }
        | fields
    )


def text(letters: list[Letter], *gone: str) -> str:
    """What a person reads."""
    stream = io.StringIO()
    write_text(letters, gone, stream, now=NOW)
    return stream.getvalue()


def test_alike_letters_are_told_together() -> None:
    """By hop, queue and reason, with tries, age and the first few events."""
    letters = [letter(number) for number in range(7)]

    said = text([*letters, letter(9, why="KeyError: 'item'", sent_at=NOW - 30)])

    assert "Billing  8 in Orders/DeadLetters" in said
    assert "7 x PartnerError: 503" in said
    assert "given up after 5 receives, the oldest 10 min ago: order-0, order-1, order-2" in said
    assert "order-4, ..." in said
    assert "1 x KeyError: 'item'" in said
    assert "the oldest 30 s ago: order-9" in said
    assert said.endswith("8 dead; send them back with --apply\n")


def test_what_went_and_what_stays_is_told() -> None:
    """How many went back, and of the others why not."""
    said = text([letter(1), letter(2, kept="3 of its 5 records are gone from the stream")], "m-1")

    assert "1 went back to Orders/Queue" in said
    assert "stays: 3 of its 5 records are gone from the stream" in said
    assert said.endswith("1 of 2 went back; 1 left\n")


def test_what_nobody_can_read_yet_is_counted() -> None:
    """SQS shows ten letters of a group; how many lie behind them is told."""
    stream = io.StringIO()
    write_text([letter(1)], (), stream, now=NOW, unseen=15)
    said = stream.getvalue()

    assert "15 more lie behind these: SQS shows ten" in said
    assert said.endswith("16 dead; send them back with --apply\n")


def test_nothing_dead_is_one_line() -> None:
    """Good news is short, and says of whom it is."""
    assert text([]) == "nothing is dead\n"
    stream = io.StringIO()
    write_text([], (), stream, now=NOW, hop="Billing")
    assert stream.getvalue() == "nothing is dead at Billing\n"


def test_a_letter_of_no_queue_has_no_receives() -> None:
    """What a function gave up was tried by invocations, which its reason tells; one is one."""
    assert "      the oldest 10 min ago: order-1" in text([letter(1, receives=None)])
    assert "given up after 1 receive, the oldest" in text([letter(1, receives=1)])


def test_what_lies_elsewhere_is_not_passed_over() -> None:
    """Letters in a bucket are not read, so nobody may think that there are none."""
    stream = io.StringIO()
    write_text([], (), stream, now=NOW, elsewhere=["Failures"])
    assert stream.getvalue().startswith("not looked into: Failures; only queues are read here\n")


def test_a_program_gets_every_letter() -> None:
    """One object a letter, with what became of it."""
    stream = io.StringIO()
    write_json([letter(1), letter(2)], {"m-2"}, stream, now=NOW)
    said = json.loads(stream.getvalue())

    assert (said["dead"], said["went_back"]) == (2, 1)
    assert said["letters"][1] == {
        "hop": "Billing",
        "queue": "Orders/DeadLetters",
        "message_id": "m-2",
        "events": ["order-2"],
        "receives": 5,
        "age_seconds": 600,
        "why": "PartnerError: 503",
        "back_to": "Orders/Queue",
        "kept": "",
        "went_back": True,
    }
    assert said["not_looked_into"] == []


class FakeEndpoint:
    """A dead-letter queue with a few letters, and a queue that they go back to."""

    def __init__(self, *bodies: str, **attributes: str) -> None:
        self.attributes = {"ApproximateReceiveCount": "6", "SentTimestamp": "9000000"} | attributes
        self.dead = {f"m-{number}": body for number, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.sent: list[tuple[float, str]] = []
        self.now = 0.0

    def client(self, _: str) -> Any:
        """Return itself: no two services share a call here."""
        return self

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def receive_message(self, **_: Any) -> dict[str, Any]:
        """Give what is not hidden, and hide it."""
        given = [name for name in self.dead if name not in self.hidden][:10]
        self.hidden |= set(given)
        return {
            "Messages": [
                {
                    "MessageId": name,
                    "ReceiptHandle": name,
                    "Body": self.dead[name],
                    "Attributes": self.attributes,
                }
                for name in given
            ]
        }

    def change_message_visibility_batch(self, **request: Any) -> None:
        """Show what was hidden."""
        self.hidden -= {entry["ReceiptHandle"] for entry in request["Entries"]}

    def delete_message(self, **request: Any) -> None:
        """Forget a letter."""
        del self.dead[request["ReceiptHandle"]]
        self.hidden.discard(request["ReceiptHandle"])

    def send_message(self, **request: Any) -> None:
        """Take a copy; the consumer fails again at once, and it dies under another name."""
        self.sent.append((self.now, request["QueueUrl"]))
        self.dead[f"again-{len(self.sent)}"] = request["MessageBody"]


def redrive(fake: FakeEndpoint, **sources: str) -> Redrive:
    """Return the redrive of one dead-letter queue."""
    way = Way(hop="Billing", queue="http://q/dead", name="Dead", sources=sources)
    return Redrive(cast("Endpoint", fake), [way])


def test_letters_go_back_at_the_rate() -> None:
    """Twenty-five letters at five a second take five seconds, however fast the endpoint is."""
    fake = FakeEndpoint(*["{}"] * 25)
    subject = redrive(fake, Orders="http://q/orders")

    gone = subject.send_back(
        subject_letters(fake), per_second=5, now=lambda: fake.now, wait=fake.wait
    )

    assert len(gone) == 25
    assert fake.sent[-1][0] == pytest.approx(24 / 5)


def test_what_dies_again_is_not_sent_in_circles() -> None:
    """A letter that comes back under another name is left for the next time, visible."""
    fake = FakeEndpoint("{}", "{}")
    subject = redrive(fake, Orders="http://q/orders")

    subject.send_back(subject_letters(fake), per_second=1000, wait=fake.wait)

    assert len(fake.sent) == 2
    assert set(fake.dead) == {"again-1", "again-2"}
    assert not fake.hidden


def subject_letters(fake: FakeEndpoint) -> list[Letter]:
    """The letters that are there, as a reading would give them."""
    return [letter(0, message_id=name) for name in fake.dead]


def test_fails_for_a_hop_that_leaves_no_letters() -> None:
    """A slip of the pen is not good news, even if nothing is dead."""
    fake = FakeEndpoint()
    message = "no dead-letter queue takes what Biling gives up; expected Billing"

    with pytest.raises(UsageError, match=message):
        redrive(fake, Orders="http://q/orders").read("Biling")
    assert redrive(fake, Orders="http://q/orders").read("Billing") == []


def test_to_look_is_not_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS counts each look as a receive: what is told is after how many the queue gave up."""
    fake = FakeEndpoint("{}")
    way = Way(hop="Billing", queue="q", name="Dead", sources={"Orders": "http://q"}, receives=3)
    subject = Redrive(cast("Endpoint", fake), [way])
    monkeypatch.setattr(subject, "_errors", lambda _: {})
    fake.attributes["ApproximateReceiveCount"] = "9"

    assert [each.receives for each in subject.read()] == [3]


@pytest.mark.parametrize(
    ("attributes", "kept", "queue"),
    [
        ({"DeadLetterQueueSourceArn": "arn:aws:sqs:r:1:refunds"}, "", "Refunds"),
        ({}, "it does not tell which of Orders, Refunds it comes from", ""),
    ],
)
def test_a_shared_dead_letter_queue_needs_letters_that_tell(
    attributes: dict[str, str], kept: str, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS says where it moved a letter from; one that does not tell stays."""
    fake = FakeEndpoint("{}", **attributes)
    subject = redrive(fake, Orders="http://q/orders", Refunds="http://q/refunds")
    monkeypatch.setattr(subject, "_errors", lambda _: {})

    (read,) = subject.read()

    assert (read.kept, read.back_to) == (kept, queue)
    assert not fake.hidden
    gone = subject.send_back([read], per_second=10, wait=fake.wait)
    assert bool(gone) is not bool(kept)


def test_a_workflows_letter_is_of_the_step_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a run counts it; and by that name it can be asked for."""
    steps = {
        name: WorkflowStep(function=cast("Node", None), follows=None, kept_at=("results", name))
        for name in ("Reserve", "Ship")
    }
    way = Way(hop="Fulfilment", queue="q", name="Dead", sources={"Back": "http:"}, steps=steps)
    fake = FakeEndpoint("{}", '{"results": {"Reserve": {"shelf": 1}}}')
    subject = Redrive(cast("Endpoint", fake), [way])
    monkeypatch.setattr(subject, "_errors", lambda _: {})

    assert [each.hop for each in subject.read()] == ["Reserve", "Ship"]
    assert [each.message_id for each in subject.read("Ship")] == ["m-1"]
    with pytest.raises(UsageError, match="expected one of Reserve, Ship"):
        subject.read("Fulfilment")


class NoStacks:
    """An endpoint on which nothing was deployed."""

    url = "http://127.0.0.1:4566"

    def client(self, _: str) -> Any:
        """Return itself: CloudFormation is all that is asked."""
        return self

    def get_paginator(self, _: str) -> Any:
        """Return itself."""
        return self

    def paginate(self, *, StackName: str) -> Any:  # noqa: N803 - AWS's own name
        """Refuse, as CloudFormation does."""
        error = {"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}
        raise ClientError(cast("Any", error), "ListStackResources")


def test_fails_where_the_sample_is_not_up() -> None:
    """What is proposed can be typed as it stands."""
    sample = Sample(name="car", title="", summary="", talk="", stack="Car", scenario="rush")

    with pytest.raises(UsageError) as failure:
        physical_names(topology_of(), sample, cast("Endpoint", NoStacks()))
    assert str(failure.value) == (
        "there is no stack Car on http://127.0.0.1:4566 (Car does not exist); "
        "deploy it first, e.g. with: hinagata run car --keep"
    )


def test_what_takes_letters_is_found_in_the_template() -> None:
    """A queue after so many receives; a bucket, which is not looked into."""
    topology = topology_of(
        Shop={
            "Resources": {
                "Orders": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "RedrivePolicy": {
                            "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                            "maxReceiveCount": 4,
                        }
                    },
                },
                "Dead": {"Type": "AWS::SQS::Queue"},
                "Failures": {"Type": "AWS::S3::Bucket"},
                "Billing": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Billing"}}
                    },
                },
                "FromOrders": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
                        "FunctionName": {"Ref": "Billing"},
                    },
                },
                "Events": {
                    "Type": "AWS::Lambda::EventInvokeConfig",
                    "Properties": {
                        "FunctionName": {"Ref": "Billing"},
                        "Qualifier": "$LATEST",
                        "DestinationConfig": {
                            "OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}
                        },
                    },
                },
            }
        }
    )
    physical = {node: node.logical_id for node in topology.nodes}

    assert [(way.hop, way.name, way.receives) for way in ways_of(topology, physical)] == [
        ("Billing", "Dead", 4)
    ]
    assert elsewhere(topology, physical) == ["Failures"]
