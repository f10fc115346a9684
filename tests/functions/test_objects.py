"""Events through a bucket: an object's metadata has the trace, and a tombstone outlives it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest

from pattern_runtime import Event, delete_object, each_object, put_object, span
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext

Spans = Callable[[], list[dict[str, Any]]]
KEY = "negatives/a dog+1.json"


def told(*changes: tuple[str, str]) -> dict[str, Any]:
    """What a queue gives of a bucket's changes: kind and key of each."""
    records = [
        {
            "eventName": kind,
            "s3": {"bucket": {"name": "album"}, "object": {"key": quote_plus(key)}},
        }
        for kind, key in changes
    ]
    return queued({"Records": records})


def queued(*bodies: Any) -> dict[str, Any]:
    """A batch of messages."""
    return {
        "Records": [
            {"messageId": f"m{number}", "eventSource": "aws:sqs", "body": json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
    }


@pytest.fixture
def seen() -> list[Event]:
    """What the handler was called with."""
    return []


@pytest.fixture
def event() -> Event:
    """A photo that was taken."""
    return Event.new(type="photo.taken", source="/owners/7", data={"title": "the dog"})


def root(trace: str) -> str:
    """The part of a trace that is the same on every hop."""
    return trace.partition(";")[0]


def test_what_is_created_is_the_event_that_created_it(
    event: Event, seen: list[Event], context: FakeContext, fake_aws: FakeAws, spans: Spans
) -> None:
    """The id and the trace come out of the object's metadata; its key is read as S3 writes it."""
    with span(event):
        put_object("album", KEY, b"{}", event)

    answer = each_object(seen.append)(told(("ObjectCreated:Put", KEY)), context)

    assert answer == {"batchItemFailures": []}
    (found,) = seen
    assert (found.id, found.type, found.source) == (event.id, "object.created", "/owners/7")
    assert found.data == {"bucket": "album", "key": KEY, "cause": "photo.taken"}
    writer, reader = spans()
    assert root(writer["trace"]) == root(reader["trace"]) == root(event.trace)
    assert f"Parent={writer['segment']}" in reader["trace"]


def test_what_is_removed_is_the_event_that_removed_it(
    event: Event, seen: list[Event], context: FakeContext, fake_aws: FakeAws
) -> None:
    """The object's metadata is gone with it: the tombstone has the deletion's own."""
    put_object("album", KEY, b"{}", event)
    deleting = Event.new(type="photo.deleted", source="/owners/7", data={})
    delete_object("album", KEY, deleting)

    each_object(seen.append)(told(("ObjectRemoved:Delete", KEY)), context)

    assert ("album", KEY) not in fake_aws.objects
    (found,) = seen
    assert (found.id, found.type) == (deleting.id, "object.removed")
    assert root(found.trace) == root(deleting.trace)


def test_what_is_gone_before_it_was_read_has_its_tombstone(
    event: Event, seen: list[Event], context: FakeContext, fake_aws: FakeAws
) -> None:
    """A creation that is told after the deletion is still followed."""
    put_object("album", KEY, b"{}", event)
    delete_object("album", KEY, event)

    each_object(seen.append)(told(("ObjectCreated:Put", KEY)), context)

    assert [found.type for found in seen] == ["object.created"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Records": [{"eventName": "ObjectRestore:Post"}]}, "created or removed"),
        ({"hello": "world"}, "no notification of S3"),
    ],
)
def test_what_is_no_change_fails_alone(
    seen: list[Event],
    context: FakeContext,
    fake_aws: FakeAws,
    spans: Spans,
    body: dict[str, Any],
    error: str,
) -> None:
    """It comes again, and in the end lies among the dead letters; its span says why."""
    answer = each_object(seen.append)(queued(body, {"Event": "s3:TestEvent"}), context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    (line,) = spans()
    assert line["status"] == "error"
    assert error in line["error"]


def test_what_was_deleted_otherwise_fails(
    seen: list[Event], context: FakeContext, fake_aws: FakeAws, spans: Spans
) -> None:
    """Without a tombstone nobody knows whose deletion it was."""
    each_object(seen.append)(told(("ObjectRemoved:Delete", KEY)), context)

    (line,) = spans()
    assert "has no tombstone" in line["error"]


def test_an_object_that_nobody_signed_fails(
    seen: list[Event], context: FakeContext, fake_aws: FakeAws, spans: Spans
) -> None:
    """An object without an event in its metadata has no trace to follow."""
    fake_aws.put_object(Bucket="album", Key=KEY, Metadata={"id": "1"})

    each_object(seen.append)(told(("ObjectCreated:Put", KEY)), context)

    (line,) = spans()
    assert "has no source, type, time, trace in its metadata" in line["error"]


def test_a_service_that_fails_is_no_deletion(
    event: Event, seen: list[Event], context: FakeContext, fake_aws: FakeAws
) -> None:
    """What S3 does not answer comes again."""
    put_object("album", KEY, b"{}", event)
    fake_aws.throttle("head_object")

    answer = each_object(seen.append)(told(("ObjectCreated:Put", KEY)), context)

    assert answer["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert seen == []
