"""Orders that become events, and those who follow them: nobody's code in between."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk

from patterns import (
    DurableWorkflow,
    EventBus,
    EventRoute,
    LambdaWorker,
    PointToPointQueue,
    ReactiveApi,
    Step,
)
from stacks._tables import keyed_table

if TYPE_CHECKING:
    from aws_cdk import aws_dynamodb as dynamodb
    from constructs import Construct

# Of one message in any handler, which is one write or two; assumed, not measured on AWS.
_SECONDS_PER_MESSAGE = 0.05
# Of the usual rate, so that an evening's peak passes.
_PEAK = 2
# Above what a consumer needs on average: a worker without a queue is throttled when they come in
# bunches, and tries again a minute later.
_HEADROOM = 4
_ORDER = {
    "type": "object",
    "required": ["customer_id", "item", "amount_yen", "ship_to"],
    "additionalProperties": False,
    "properties": {
        "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "item": {"type": "string", "minLength": 1, "maxLength": 64},
        "amount_yen": {"type": "integer", "minimum": 1, "maximum": 10_000_000},
        "ship_to": {"type": "string", "pattern": "^[A-Z]{2}$"},
    },
}
_PLACED = {"type": ["order.placed"]}


class OrderEvents(cdk.Stack):
    """Customers order; the order is an event, and three consumers each make their own of it.

    Args:
        orders_per_second: How many orders a second it is sized for.

    Attributes:
        orders: The bus, for consumers in stacks of their own.
    """

    orders: EventBus

    def __init__(
        self, scope: Construct, construct_id: str, *, orders_per_second: float = 100
    ) -> None:
        super().__init__(scope, construct_id, description="Orders that become events")
        at_once = max(2, math.ceil(orders_per_second * _SECONDS_PER_MESSAGE * _HEADROOM))

        # API -> bus: no function, and the answer comes once the bus has the event
        self.orders = EventBus(self, "OrderBus")
        order_api = ReactiveApi(
            self,
            "OrderApi",
            routes={"POST /orders": EventRoute(bus=self.orders, type="order.placed", body=_ORDER)},
            requests_per_second=orders_per_second * _PEAK,
        )

        # A queue with a worker: waits while the worker is away
        invoices_due = PointToPointQueue(self, "InvoicesDue")
        billing = LambdaWorker(
            self, "Billing", handler="order_events.billing.handler", max_concurrency=at_once
        )
        self.orders.delivers_to(invoices_due, matching=_PLACED)
        billing.consumes(invoices_due)
        billing.writes(_store(self, "Invoices"))

        # A worker directly: nothing in between
        notifications = LambdaWorker(
            self,
            "Notifications",
            handler="order_events.notifications.handler",
            max_concurrency=at_once,
        )
        self.orders.delivers_to(notifications, matching=_PLACED)
        notifications.writes(_store(self, "Messages"))

        # A workflow: what was reserved is released where it cannot be shipped
        reserve, release, ship = (
            LambdaWorker(
                self,
                name,
                handler=f"order_events.fulfilment.{name.lower()}",
                max_concurrency=at_once,
            )
            for name in ("Reserve", "Release", "Ship")
        )
        fulfilment = DurableWorkflow(
            self,
            "Fulfilment",
            steps=[Step(worker=reserve, undo=release), ship],
            final=["OutOfStockError", "UndeliverableError"],
        )
        self.orders.delivers_to(fulfilment, matching=_PLACED)
        reservations, shipments = _store(self, "Reservations"), _store(self, "Shipments")
        reserve.writes(reservations)
        release.writes(reservations)
        ship.writes(shipments)

        cdk.CfnOutput(self, "OrderApiUrl", value=order_api.url)


class LoyaltyPoints(cdk.Stack):
    """A fourth consumer, in a stack of its own: the producer's stays as it is, to the letter.

    Args:
        orders: The bus that it follows.
    """

    def __init__(self, scope: Construct, construct_id: str, *, orders: EventBus) -> None:
        super().__init__(scope, construct_id, description="Points for orders")
        points_due = PointToPointQueue(self, "PointsDue")
        loyalty = LambdaWorker(self, "Loyalty", handler="order_events.loyalty.handler")
        orders.delivers_to(points_due, matching=_PLACED)
        loyalty.consumes(points_due)
        loyalty.writes(_store(self, "Points"))


def _store(stack: cdk.Stack, construct_id: str) -> dynamodb.Table:
    """A table of what a consumer has made of each event."""
    return keyed_table(
        stack,
        construct_id,
        "event_id",
        bounded="who uses it is bounded: by the worker's concurrency",
    )
