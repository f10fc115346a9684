"""A handler of one event as a Lambda handler: nothing is lost, nothing is done twice."""

import base64
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pattern_runtime import Event, MalformedEventError, each_event
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext, lambda_event

Spans = Callable[[], list[dict[str, Any]]]


class Worker:
    """Handles events, except those whose data says that they fail."""

    def __init__(self) -> None:
        self.handled: list[str] = []

    def handle(self, event: Event) -> None:
        """Remember the event, or raise."""
        if event.data.get("fails"):
            raise RuntimeError("the event says so")
        self.handled.append(event.id)


@pytest.fixture
def worker() -> Worker:
    """Return a worker that has done nothing yet."""
    return Worker()


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("sqs", ["01", "02"]),
        ("sqs_fifo", ["03", "04"]),
        ("sns_wrapped_sqs", ["01"]),
        ("kinesis", ["01", "02"]),
    ],
)
def test_every_kind_of_batch_is_read(
    name: str, ids: list[str], worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """Each event of a batch is handled once, with a span of its own."""
    answer = each_event(worker.handle)(lambda_event(name, sample="connected_car"), context)

    assert answer == {"batchItemFailures": []}
    assert [event_id[-2:] for event_id in worker.handled] == ids
    assert [(line["id"], line["status"]) for line in spans()] == [
        (event_id, "ok") for event_id in worker.handled
    ]


def test_a_change_of_a_table_is_the_event_that_made_it(
    worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """An item keeps its event; what was deleted is nobody's, and what is no event is reported."""
    event = Event.from_object(lambda_event("direct", sample="connected_car"))

    def change(number: str, image: dict[str, Any] | None) -> dict[str, Any]:
        new = {"NewImage": image} if image is not None else {}
        return {
            "eventID": number,
            "eventSource": "aws:dynamodb",
            "dynamodb": {"SequenceNumber": number, **new},
        }

    answer = each_event(worker.handle)(
        {
            "Records": [
                change("1", {"event": {"S": event.to_json()}}),
                change("2", None),
                change("3", {"id": {"S": "something else"}}),
                change("4", {"event": {"S": event.to_json()}}),
            ]
        },
        context,
    )

    # In order: what is behind the one that failed is left alone.
    assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "4"}]}
    assert worker.handled == [event.id]
    assert [line["status"] for line in spans()] == ["ok", "error"]


def test_a_direct_invocation_is_one_event(
    worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """An asynchronous invocation with an envelope is handled, and answers nothing."""
    assert (
        each_event(worker.handle)(lambda_event("direct", sample="connected_car"), context) is None
    )

    assert len(worker.handled) == 1
    assert [line["status"] for line in spans()] == ["ok"]


def test_fails_a_direct_invocation_by_exception(
    worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """Lambda has to see the failure, or it would not try again."""
    envelope = lambda_event("direct", sample="connected_car") | {"data": {"fails": True}}

    with pytest.raises(RuntimeError, match="the event says so"):
        each_event(worker.handle)(envelope, context)

    assert [line["error"] for line in spans()] == ["RuntimeError: the event says so"]


@pytest.mark.parametrize("payload", [{}, {"hello": "world"}, [], None, "text"])
def test_fails_an_invocation_that_is_no_event(
    payload: Any, worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """What is neither a batch nor an event is refused, under the request's id."""
    with pytest.raises(MalformedEventError):
        each_event(worker.handle)(payload, context)

    assert [(line["id"], line["status"]) for line in spans()] == [("request-1", "error")]


def test_fails_a_batch_of_an_unknown_source(worker: Worker, context: FakeContext) -> None:
    """A source that nobody thought of is an error, not an empty success."""
    with pytest.raises(MalformedEventError, match="not from aws:s3"):
        each_event(worker.handle)({"Records": [{"eventSource": "aws:s3"}]}, context)


def test_a_malformed_message_fails_alone(
    worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """A message that is no event is reported and told of by the queue's name for it."""
    batch = lambda_event("sqs", sample="connected_car")
    batch["Records"][0]["body"] = '{"Type": "Notification", "Message": 7}'

    answer = each_event(worker.handle)(batch, context)

    message_id = batch["Records"][0]["messageId"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": message_id}]}
    assert len(worker.handled) == 1
    first, second = spans()
    assert (first["id"], first["status"]) == (message_id, "error")
    assert first["error"].startswith("MalformedEventError: ")
    assert second["status"] == "ok"


def queue_batch(kinds: list[str], arn: str) -> dict[str, Any]:
    """Make a batch of messages that succeed, fail or are malformed, named by their position."""
    template = lambda_event("sqs", sample="connected_car")["Records"][0]
    return {
        "Records": [
            template | {"messageId": str(i), "body": _body(kind, i), "eventSourceARN": arn}
            for i, kind in enumerate(kinds)
        ]
    }


def stream_batch(kinds: list[str]) -> dict[str, Any]:
    """Make the same of a stream's records."""
    template = lambda_event("kinesis", sample="connected_car")["Records"][0]
    return {
        "Records": [
            template
            | {
                "kinesis": template["kinesis"]
                | {
                    "sequenceNumber": str(i),
                    "data": base64.b64encode(_body(kind, i).encode()).decode(),
                }
            }
            for i, kind in enumerate(kinds)
        ]
    }


def _body(kind: str, position: int) -> str:
    if kind == "malformed":
        return "{"
    envelope = lambda_event("direct", sample="connected_car") | {
        "id": str(position),
        "data": {"fails": kind == "fails"},
    }
    return json.dumps(envelope)


KINDS = st.lists(st.sampled_from(["succeeds", "fails", "malformed"]), max_size=12)


@given(KINDS)
def test_every_message_is_handled_or_reported(kinds: list[str]) -> None:
    """In a standard queue exactly the messages that fail come again."""
    worker = Worker()

    answer = _quietly(worker, queue_batch(kinds, "arn:aws:sqs:eu-west-1:1:Q"))

    assert answer == {str(i) for i, kind in enumerate(kinds) if kind != "succeeds"}
    assert worker.handled == [str(i) for i, kind in enumerate(kinds) if kind == "succeeds"]


@given(KINDS, st.booleans())
def test_nothing_overtakes_a_failure_where_order_counts(kinds: list[str], stream: bool) -> None:
    """A FIFO queue and a stream: what is before the first failure is done, the rest comes again."""
    worker = Worker()
    batch = stream_batch(kinds) if stream else queue_batch(kinds, "arn:aws:sqs:eu-west-1:1:Q.fifo")

    answer = _quietly(worker, batch)

    good = next((i for i, kind in enumerate(kinds) if kind != "succeeds"), len(kinds))
    assert worker.handled == [str(i) for i in range(good)]
    assert answer == {str(i) for i in range(good, len(kinds))}


def _quietly(worker: Worker, batch: dict[str, Any]) -> set[object]:
    with redirect_stdout(io.StringIO()):
        answer = each_event(worker.handle)(batch, FakeContext())
    assert answer is not None
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


@pytest.fixture
def _remembering(monkeypatch: pytest.MonkeyPatch, fake_aws: FakeAws) -> None:
    monkeypatch.setenv("IDEMPOTENCY_TABLE_NAME", "seen")


@pytest.mark.usefixtures("_remembering")
def test_a_repeat_has_no_second_effect(worker: Worker, context: FakeContext, spans: Spans) -> None:
    """An idempotent hop that gets an event again does nothing, and says so."""
    handler = each_event(worker.handle)

    answers = [handler(lambda_event("sqs", sample="connected_car"), context) for _ in range(3)]

    assert len(worker.handled) == 2
    assert answers == [{"batchItemFailures": []}] * 3
    assert [line["status"] for line in spans()] == ["ok", "ok", *["repeat"] * 4]


@pytest.mark.usefixtures("_remembering")
def test_an_event_that_failed_is_tried_again(
    worker: Worker, context: FakeContext, spans: Spans
) -> None:
    """Only what succeeded is remembered."""
    handler = each_event(worker.handle)
    failing = lambda_event("direct", sample="connected_car") | {"data": {"fails": True}}
    with pytest.raises(RuntimeError):
        handler(failing, context)

    handler(lambda_event("direct", sample="connected_car"), context)

    assert len(worker.handled) == 1
    assert [line["status"] for line in spans()] == ["error", "ok"]


@pytest.mark.usefixtures("_remembering")
def test_two_sources_may_number_alike(worker: Worker, context: FakeContext) -> None:
    """Source and id together name an event, so one car's `1` does not hide another's."""
    handler = each_event(worker.handle)

    for source in ("/vehicles/car-7", "/vehicles/car-8"):
        handler(
            lambda_event("direct", sample="connected_car") | {"id": "1", "source": source}, context
        )

    assert worker.handled == ["1", "1"]


@pytest.mark.usefixtures("_remembering")
def test_hops_remember_apart(
    worker: Worker, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hops that share a table both get to see the event."""
    for hop in ("PartnerFeed", "HealthCheck"):
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", hop)
        each_event(worker.handle)(lambda_event("direct", sample="connected_car"), context)

    assert len(worker.handled) == 2


@pytest.mark.usefixtures("_remembering")
def test_fails_rather_than_forgets(worker: Worker, context: FakeContext, fake_aws: FakeAws) -> None:
    """While the table cannot be asked nothing is handled, and everything comes again."""
    fake_aws.throttle("put_item")

    answer = each_event(worker.handle)(lambda_event("sqs", sample="connected_car"), context)

    assert worker.handled == []
    assert answer is not None
    assert len(answer["batchItemFailures"]) == 2
