"""One trace leads from the request to the catalogue, whatever is deleted."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pattern_runtime import Event
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext
from trace_lake import catalogue, develop, steps, take

Spans = Callable[[], list[dict[str, Any]]]


def request(body: str) -> dict[str, Any]:
    """A request as API Gateway hands it over."""
    return {"pathParameters": {"owner": "7"}, "headers": {"Idempotency-Key": "p1"}, "body": body}


def test_one_trace_leads_through_everything(
    context: FakeContext, fake_aws: FakeAws, spans: Spans
) -> None:
    """What the caller is told is the root of every hop's span, each after the one before it."""
    answer = take.handler(request('{"title": "the dog"}'), context)
    told = json.loads(answer["body"])
    (published,) = fake_aws.published["arn:photos"]
    body = published["Message"]
    queued = {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": body}]}
    develop.handler(queued, context)
    state = json.loads(next(iter(fake_aws.executions.values())))
    results: dict[str, Any] = {}
    for name, step in (("Store", steps.store), ("Print", steps.keep), ("Discard", steps.discard)):
        results[name] = step(state | {"results": results}, context)
    changes = [
        ("ObjectCreated:Put", "negatives/p1.json"),
        ("ObjectCreated:Put", "prints/p1.json"),
        ("ObjectRemoved:Delete", "negatives/p1.json"),
    ]
    for kind, key in changes:
        change = {"eventName": kind, "s3": {"bucket": {"name": "album"}, "object": {"key": key}}}
        message = json.dumps({"Records": [change]})
        catalogue.handler(
            {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": message}]}, context
        )

    lines = spans()
    assert {line["trace"].partition(";")[0] for line in lines} == {f"Root={told['trace']}"}
    assert {line["id"] for line in lines} == {"p1"}
    segments = {line["segment"] for line in lines}
    parents = [line["trace"].partition("Parent=")[2].partition(";")[0] for line in lines[1:]]
    assert len(lines) == 8
    assert set(parents) <= segments
    assert sorted(item["change"]["S"] for item in fake_aws.tables["entries"].values()) == [
        "object.created negatives/p1.json",
        "object.created prints/p1.json",
        "object.removed negatives/p1.json",
    ]


@pytest.mark.parametrize("body", ["", "[]", "{"])
def test_what_is_no_photo_is_refused(context: FakeContext, fake_aws: FakeAws, body: str) -> None:
    """The caller learns that it can never be taken."""
    assert take.handler(request(body), context)["statusCode"] == 400
    assert not fake_aws.published


def test_a_photo_that_comes_twice_is_developed_once(
    context: FakeContext, fake_aws: FakeAws
) -> None:
    """The execution has the name of its event."""
    event = Event.new(type="photo.taken", source="/owners/7", data={})

    develop.handle(event)
    develop.handle(event)

    assert len(fake_aws.executions) == 1
