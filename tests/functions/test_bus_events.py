"""What a bus delivers in its own envelope, e.g. from a rule's dead letters, is an event as well."""

from typing import Any

import pytest

from pattern_runtime import Event, MalformedEventError
from tests.functions.conftest import lambda_event


def delivered(**detail: object) -> dict[str, Any]:
    """Return EventBridge's envelope of an order."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "order.placed",
        "source": "OrderApi",
        "account": "123456789012",
        "time": "2026-01-31T18:00:00Z",
        "region": "ap-northeast-1",
        "resources": [],
        "detail": detail,
    }


def test_what_was_put_on_a_bus_is_what_its_rule_would_deliver() -> None:
    """Id, trace and data are the detail's; source, type and time the bus' own."""
    ours = lambda_event("order_placed", sample="order_events")
    detail = {name: ours[name] for name in ("id", "trace", "data")}

    assert Event.from_object(delivered(**detail)) == Event.from_object(ours)


def test_anybody_elses_event_is_one_too() -> None:
    """Its id is the bus', and its detail the data."""
    event = Event.from_object(delivered(bucket="orders"))

    assert event.id == "17793124-05d4-b198-2fde-7ededc63b103"
    assert event.data == {"bucket": "orders"}


def test_fails_without_what_an_event_needs() -> None:
    """What is no event stays none."""
    with pytest.raises(MalformedEventError, match="time"):
        Event.from_object(delivered(id="1", data={}) | {"time": None})
