"""The partner: told at once, or later, or never, but never forgotten."""

from typing import Any

import pytest

from connected_car import partner, partner_feed, partner_retry
from pattern_runtime import Event
from tests.fakes.aws import FakeAws
from tests.fakes.http_peer import HttpPeer
from tests.functions.conftest import FakeContext, lambda_event

RETRIES = "https://sqs.test/retries"


@pytest.fixture
def partner_peer(peer: HttpPeer, monkeypatch: pytest.MonkeyPatch) -> HttpPeer:
    """Return the partner's endpoint."""
    monkeypatch.setattr(partner, "PARTNER_URL", peer.url)
    return peer


def feed(context: FakeContext) -> Any:
    """Give PartnerFeed one event."""
    return partner_feed.handler(lambda_event("sns_wrapped_sqs", sample="connected_car"), context)


def test_without_a_partner_everything_is_accepted(fake_aws: FakeAws, context: FakeContext) -> None:
    """The built-in stand-in makes the sample run on its own."""
    assert feed(context) == {"batchItemFailures": []}
    assert not fake_aws.messages


def test_the_partner_gets_the_event_under_its_id(
    partner_peer: HttpPeer, fake_aws: FakeAws, context: FakeContext
) -> None:
    """The id goes along, so that a repeat can be recognised there too."""
    assert feed(context) == {"batchItemFailures": []}

    (request,) = partner_peer.received
    event = Event.from_json(request.body)
    assert request.headers["Idempotency-Key"] == event.id
    assert request.headers["X-Amzn-Trace-Id"] == event.trace
    assert not fake_aws.messages


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_unavailable_partner_is_told_later(
    status: int, partner_peer: HttpPeer, fake_aws: FakeAws, context: FakeContext
) -> None:
    """What the partner cannot take now waits in the queue of retries, and the feed goes on."""
    partner_peer.status = status

    assert feed(context) == {"batchItemFailures": []}

    (message,) = fake_aws.messages[RETRIES]
    assert (
        Event.from_json(message["MessageBody"]).id
        == lambda_event("direct", sample="connected_car")["id"]
    )


def test_a_partner_that_is_gone_is_unavailable(
    partner_peer: HttpPeer, fake_aws: FakeAws, context: FakeContext
) -> None:
    """No answer is as good as a 503."""
    partner_peer.close()

    assert feed(context) == {"batchItemFailures": []}
    assert len(fake_aws.messages[RETRIES]) == 1


def test_fails_an_event_that_the_partner_refuses(
    partner_peer: HttpPeer, fake_aws: FakeAws, context: FakeContext
) -> None:
    """Asking again would not help: the event goes to the dead-letter queue by its own way."""
    partner_peer.status = 422

    assert len(feed(context)["batchItemFailures"]) == 1
    assert not fake_aws.messages


def test_fails_a_retry_while_the_partner_is_away(
    partner_peer: HttpPeer, context: FakeContext
) -> None:
    """The queue brings the event again, and in the end to its dead-letter queue."""
    batch = lambda_event("sns_wrapped_sqs", sample="connected_car")
    partner_peer.status = 503
    failed = partner_retry.handler(batch, context)
    partner_peer.status = 200
    done = partner_retry.handler(batch, context)

    assert failed == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert done == {"batchItemFailures": []}
