"""Ingest: at least once and out of order, the state is the newest and all hear everything."""

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from connected_car import ingest
from pattern_runtime import Event, aws
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext, lambda_event


def test_an_event_becomes_the_state_and_is_published(
    fake_aws: FakeAws, context: FakeContext
) -> None:
    """The stream's batch ends in the table and on the topic."""
    answer = ingest.handler(lambda_event("kinesis", sample="connected_car"), context)

    assert answer == {"batchItemFailures": []}
    (state,) = fake_aws.tables["vehicle-state"].values()
    assert state["vehicle_id"] == {"S": "car-7"}
    assert state["event_id"] == {"S": "6f0c1d5e-3c7b-4a52-9f0e-0b1d7d1f2a01"}
    assert state["time"] == {"S": "2026-01-31T08:00:00.000000Z"}
    assert '"battery_volts":12.6' in state["data"]["S"]
    assert len(fake_aws.published["arn:topic"]) == 2


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=8))
def test_the_newest_wins_in_any_order(minutes: list[int]) -> None:
    """However late and however often events arrive, the state is the newest of them."""
    fake = FakeAws()
    first = Event.from_object(lambda_event("direct", sample="connected_car"))
    events = [
        Event.new(
            type=first.type,
            source=first.source,
            data=first.data,
            time=first.time + timedelta(minutes=minute),
        )
        for minute in minutes
    ]
    with patch.object(aws, "client", fake.client):
        for event in events:
            ingest.handle(event)

    (state,) = fake.tables["vehicle-state"].values()
    assert state["time"]["S"] == max(event.time_text for event in events)
    assert len(fake.published["arn:topic"]) == len(events)


def test_fails_the_rest_of_the_batch_when_the_table_does(
    fake_aws: FakeAws, context: FakeContext
) -> None:
    """A throttled table loses nothing: the stream brings the batch again."""
    fake_aws.throttle("put_item")

    answer = ingest.handler(lambda_event("kinesis", sample="connected_car"), context)

    assert answer is not None
    assert len(answer["batchItemFailures"]) == 2
    assert not fake_aws.published
