"""An API that refuses what is no order, answers at once, and leaves the work to a queue."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, PointToPointQueue, ReactiveApi, Route

app = patterns.App()
stack = cdk.Stack(app, "Shop")

api = ReactiveApi(
    stack,
    "OrderApi",
    routes={
        "POST /orders": Route(
            handler="shop.intake.handler",
            body={"type": "object", "required": ["item", "pieces"]},
        ),
        "POST /quotes": "shop.quote.handler",
    },
    cors_origins=["https://shop.example"],
    requests_per_second=200,
    latency_alarm=cdk.Duration.seconds(1),
)
orders = PointToPointQueue(stack, "Orders")
billing = LambdaWorker(stack, "Billing", handler="shop.billing.handler")

api.sends_to(orders)
billing.consumes(orders)

app.synth()
