"""Orders become events with no code between API and bus; two consumers take what they asked for."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventBus, EventRoute, LambdaWorker, PointToPointQueue, ReactiveApi

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = EventBus(stack, "OrderBus", archive_days=90)
ReactiveApi(
    stack,
    "OrderApi",
    routes={
        "POST /orders": EventRoute(
            bus=orders,
            type="order.placed",
            source="shop.orders",
            body={"type": "object", "required": ["item", "pieces"]},
        )
    },
)
invoices = PointToPointQueue(stack, "Invoices")
orders.delivers_to(invoices, matching={"type": ["order.placed"]})
LambdaWorker(stack, "Billing", handler="shop.billing.handler", idempotent=True).consumes(invoices)
large = LambdaWorker(stack, "LargeOrders", handler="shop.billing.handler", max_concurrency=5)
orders.delivers_to(large, matching={"data.pieces": [{"numeric": [">", 100]}]})

app.synth()
