"""Orders that survive an outage of the payment provider."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk

from patterns import (
    CircuitBreaker,
    LambdaWorker,
    PointToPointQueue,
    ReactiveApi,
    Route,
)
from stacks._tables import keyed_table

if TYPE_CHECKING:
    from aws_cdk import aws_dynamodb as dynamodb
    from constructs import Construct

# Of a charge, which is a call to somebody else; assumed, not measured.
_SECONDS_PER_CHARGE = 0.5
# The provider bears as much again as usual while the backlog drains.
_DRAIN_SHARE = 2.0
# Each refusal before the queue is paused costs a receive, and so does each probe.
_RECEIVES = 10
_ORDER = {
    "type": "object",
    "required": ["item", "amount_yen"],
    "properties": {
        "item": {"type": "string", "minLength": 1, "maxLength": 64},
        "amount_yen": {"type": "integer", "minimum": 1},
    },
}


class ResilientOrders(cdk.Stack):
    """Customers order; each order is paid once, as soon as the provider can.

    Args:
        orders_per_second: How many orders a second it is sized for.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, orders_per_second: float = 5
    ) -> None:
        super().__init__(scope, construct_id, description="Orders that survive an outage")

        # API -> orders -> payment -> provider, and the book
        order_api = ReactiveApi(
            self,
            "OrderApi",
            routes={
                "POST /customers/{customer_id}/orders": Route(
                    handler="resilient_orders.intake.handler", body=_ORDER
                )
            },
        )
        orders = PointToPointQueue(self, "Orders", max_receive_count=_RECEIVES)
        payment = LambdaWorker(
            self,
            "Payment",
            handler="resilient_orders.payment.handler",
            max_concurrency=max(2, math.ceil(orders_per_second * _SECONDS_PER_CHARGE)),
            idempotent=True,
        )
        provider = LambdaWorker(
            self, "PaymentProvider", handler="resilient_orders.provider.handler"
        )
        order_api.sends_to(orders)
        payment.consumes(orders)
        payment.calls(provider)
        payment.writes(self._table("OrderBook", "event_id"))
        charges = self._table("Charges", "id")
        provider.reads(charges)
        provider.writes(charges)

        # What withstands the provider's outage
        breaker = CircuitBreaker(
            self, "PaymentBreaker", drain_rate=max(2.0, orders_per_second * _DRAIN_SHARE)
        )
        breaker.guards(payment)

        cdk.CfnOutput(self, "OrderApiUrl", value=order_api.url)

    def _table(self, construct_id: str, key: str) -> dynamodb.Table:
        return keyed_table(
            self,
            construct_id,
            key,
            bounded="who uses it is bounded: by the worker's concurrency",
        )
