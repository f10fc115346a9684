"""Orders as events: what each consumer makes of one, once, and what fulfilment does in turn."""

from collections.abc import Callable
from typing import Any

import pytest

from order_events import billing, fulfilment, loyalty, notifications
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext, lambda_event

Spans = Callable[[], list[dict[str, Any]]]


def order(**data: object) -> dict[str, Any]:
    """Return the event of an order, with some other data."""
    event = lambda_event("order_placed", sample="order_events")
    return {**event, "data": {**event["data"], **data}}


def state(**data: object) -> dict[str, Any]:
    """Return the workflow's state before the second step."""
    return lambda_event("step", sample="order_events") | order(**data)


def table(fake_aws: FakeAws, name: str) -> list[dict[str, Any]]:
    """Return the items of a table."""
    return list(fake_aws.tables[name].values())


@pytest.mark.parametrize(
    ("consumer", "name", "made"),
    [
        (billing, "invoices", {"amount_yen": {"N": "1200"}}),
        (notifications, "messages", {"text": {"S": "Thank you for ordering green tea."}}),
        (loyalty, "points", {"points": {"N": "12"}}),
    ],
)
def test_each_consumer_makes_its_own_of_an_order_once(
    fake_aws: FakeAws, context: FakeContext, consumer: Any, name: str, made: dict[str, Any]
) -> None:
    """However often the event comes, there is one record, which depends on the event alone."""
    for _ in range(3):
        consumer.handler(order(), context)

    (item,) = table(fake_aws, name)
    assert item["event_id"]["S"] == order()["id"]
    assert item["time"]["S"] == "2026-01-31T18:00:00.000000Z"
    assert item["customer_id"]["S"] == "customer-7"
    assert made.items() <= item.items()


@pytest.mark.parametrize("consumer", [billing, notifications, loyalty])
def test_a_consumer_that_cannot_write_fails(
    fake_aws: FakeAws, context: FakeContext, consumer: Any
) -> None:
    """What is not written comes again."""
    fake_aws.throttle("put_item")

    with pytest.raises(Exception, match="Throttling"):
        consumer.handler(order(), context)


def test_an_order_is_reserved_then_shipped_once(
    fake_aws: FakeAws, context: FakeContext, spans: Spans
) -> None:
    """The second step knows the shelf of the first; a repeated execution ships no second parcel."""
    results = []
    for _ in range(2):
        reserved = fulfilment.reserve(order(), context)
        shipped = fulfilment.ship({**order(), "results": {"Reserve": reserved}}, context)
        results.append((reserved, shipped))

    assert results[0] == results[1]
    (reservation,) = table(fake_aws, "reservations")
    (shipment,) = table(fake_aws, "shipments")
    assert reservation["shelf"] == shipment["shelf"]
    assert shipment["parcel"]["S"] == results[0][1]["parcel"]
    assert {line["id"] for line in spans()} == {order()["id"]}


def test_what_is_not_there_is_not_reserved(fake_aws: FakeAws, context: FakeContext) -> None:
    """The error's name is one that the workflow does not retry."""
    with pytest.raises(fulfilment.OutOfStockError, match="no blue tea"):
        fulfilment.reserve(order(item="blue tea"), context)

    assert table(fake_aws, "reservations") == []


def test_what_cannot_be_shipped_is_released(fake_aws: FakeAws, context: FakeContext) -> None:
    """Nothing stays reserved, however often it is released."""
    fulfilment.reserve(order(ship_to="AQ"), context)
    with pytest.raises(fulfilment.UndeliverableError, match="no carrier to AQ"):
        fulfilment.ship(state(ship_to="AQ"), context)

    for _ in range(2):
        fulfilment.release(state(ship_to="AQ"), context)

    assert table(fake_aws, "reservations") == []
    assert table(fake_aws, "shipments") == []
