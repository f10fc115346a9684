"""Dead letters are counted and left where they are."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from hinagata.lab.dead_letters import DeadLetter, DeadLetterReader, RecordsOf
from hinagata.lab.workflow_steps import WorkflowStep
from tests.workbench.lab.fake_aws import FakeSqs

URL = "http://queue/dead"


def envelope(event: str) -> str:
    """Return a message that holds an event."""
    return json.dumps({"specversion": "1.0", "id": event, "data": {}})


def reader(sqs: FakeSqs, records_of: RecordsOf | None = None) -> DeadLetterReader:
    """Return a reader of one hop's dead letters."""
    return DeadLetterReader(cast("Any", sqs), {URL: "Health"}, records_of=records_of)


def test_every_letter_is_read_and_none_is_taken() -> None:
    """Twenty-five letters take three receives, and all are there and visible afterwards."""
    sqs = FakeSqs()
    for number in range(25):
        sqs.put(URL, f"m-{number}", envelope(f"e-{number}"))

    letters = reader(sqs).read()

    assert letters[0] == DeadLetter(hop="Health", queue=URL, message_id="m-0", id="e-0")
    assert {letter.id for letter in letters} == {f"e-{number}" for number in range(25)}
    assert len(sqs.queues[URL].messages) == 25
    assert not sqs.queues[URL].hidden


def test_a_queue_that_has_not_changed_is_not_received_again() -> None:
    """Looking costs one question for the depth, until there is more."""
    sqs = FakeSqs()
    sqs.put(URL, "m-1", envelope("e-1"))
    letters = reader(sqs)
    letters.read()
    receives = sqs.queues[URL].receives

    assert len(letters.read()) == 1
    assert sqs.queues[URL].receives == receives

    sqs.put(URL, "m-2", envelope("e-2"))

    assert len(letters.read()) == 2


def test_letters_of_earlier_runs_are_skipped() -> None:
    """What lay there before the traffic began is not counted."""
    sqs = FakeSqs()
    sqs.put(URL, "m-1", envelope("e-1"))
    letters = reader(sqs)
    letters.skip_present()
    sqs.put(URL, "m-2", envelope("e-2"))

    assert [letter.id for letter in letters.read()] == ["e-2"]


def test_a_letter_that_is_no_event_is_counted_without_an_id() -> None:
    """Neither text nor foreign JSON stops the count."""
    sqs = FakeSqs()
    for number, body in enumerate(["text", "[1]", '{"id": "x"}', '{"specversion": "1.0"}']):
        sqs.put(URL, f"m-{number}", body)

    assert [letter.id for letter in reader(sqs).read()] == [None] * 4


@pytest.mark.parametrize("about", ["KinesisBatchInfo", "DDBStreamBatchInfo"])
def test_a_letter_about_a_stream_counts_its_records(about: str) -> None:
    """A stream's letter only points to the records; each that is found there is a dead letter."""
    sqs = FakeSqs()
    sqs.put(URL, "m-1", json.dumps({about: {"batchSize": 2}}))
    asked: list[Mapping[str, object]] = []

    def records_of(letter: Mapping[str, object]) -> list[str]:
        asked.append(letter)
        return [envelope("e-1"), envelope("e-2")]

    letters = reader(sqs, records_of=records_of).read()

    assert asked == [{about: {"batchSize": 2}}]
    assert [(letter.message_id, letter.id) for letter in letters] == [
        ("m-1", "e-1"),
        ("m-1", "e-2"),
    ]


def test_a_letter_about_records_that_are_gone_is_still_counted() -> None:
    """A stream forgets; the letter does not."""
    sqs = FakeSqs()
    sqs.put(URL, "m-1", json.dumps({"KinesisBatchInfo": {"batchSize": 2}}))

    assert [letter.id for letter in reader(sqs, records_of=lambda _: []).read()] == [None]


def test_a_long_group_of_a_fifo_queue_is_glanced_at() -> None:
    """A receive shows ten of it; on the embedded endpoint all are seen, and none is touched."""
    sqs, url = FakeSqs(), f"{URL}.fifo"
    for number in range(12):
        sqs.put(url, f"m-{number}", envelope(f"e-{number}"))

    def glance(asked: str) -> list[tuple[str, str]]:
        assert asked == url
        return [(f"m-{number}", envelope(f"e-{number}")) for number in range(12)]

    found = DeadLetterReader(cast("Any", sqs), {url: "Health"}, glance=glance).read()

    assert [letter.id for letter in found] == [f"e-{number}" for number in range(12)]
    assert sqs.queues[url].receives == 0


def test_a_workflows_letter_is_of_the_step_without_a_result() -> None:
    """What was done is in the letter: the first step that is not there is the one that failed."""
    sqs = FakeSqs()
    state = {"specversion": "1.0", "id": "e-1", "results": {"Reserve": {}}, "failure": {}}
    sqs.put(URL, "m-1", json.dumps(state))
    steps = {
        name: WorkflowStep(function=cast("Any", name), follows=None, kept_at=("results", name))
        for name in ("Reserve", "Ship")
    }

    (letter,) = DeadLetterReader(
        cast("Any", sqs), {URL: "Reserve"}, workflow_letters={URL: steps}
    ).read()

    assert (letter.hop, letter.id) == ("Ship", "e-1")


@pytest.mark.parametrize(
    "letter",
    [
        {"detail-type": "order.placed", "id": "bus-1", "detail": {"id": "e-1"}},
        {"requestPayload": {"specversion": "1.0", "id": "e-1"}, "requestContext": {}},
    ],
    ids=["of a rule", "of an invocation"],
)
def test_a_letter_in_a_services_own_envelope_tells_the_event(letter: dict[str, object]) -> None:
    """A rule's and an asynchronous invocation's letter hold the event; its id is the event's."""
    sqs = FakeSqs()
    sqs.put(URL, "m-1", json.dumps(letter))

    (found,) = reader(sqs).read()

    assert found.id == "e-1"
