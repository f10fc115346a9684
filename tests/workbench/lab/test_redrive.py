"""What is dead is told so that a person sees what to mend, and a program what there is."""

import io
import json
from typing import Any, cast

import pytest

from hinagata.errors import UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.redrive import Letter, Redrive, only
from hinagata.lab.redrive_report import write_json, write_text
from hinagata.lab.redrive_ways import Way

NOW = 10_000.0


def letter(number: int, **fields: Any) -> Letter:
    """One of many alike."""
    return Letter(
        **{
            "hop": "Billing",
            "queue": "Orders/DeadLetters",
            "message_id": f"m-{number}",
            "events": (f"order-{number}",),
            "received": 5,
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
    """By hop, queue and reason, with receives, age and the first few events."""
    letters = [letter(number, received=5 + number % 2) for number in range(7)]

    said = text([*letters, letter(9, why="KeyError: 'item'", sent_at=NOW - 30)])

    assert "Billing  8 in Orders/DeadLetters" in said
    assert "7 x PartnerError: 503" in said
    assert "received 5-6 times, the oldest 10 min ago: order-0, order-1, order-2" in said
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
    """Good news is short."""
    assert text([]) == "nothing is dead\n"


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
        "received": 5,
        "age_seconds": 600,
        "why": "PartnerError: 503",
        "back_to": "Orders/Queue",
        "kept": "",
        "went_back": True,
    }


def test_fails_if_the_hop_has_no_letters() -> None:
    """A slip of the pen is not good news."""
    with pytest.raises(UsageError, match="Biling has no dead letters; expected Billing"):
        only([letter(1)], "Biling")
    assert only([letter(1)], "Billing") == [letter(1)]
    assert only([], "Billing") == []


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
