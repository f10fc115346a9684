"""The spans of an API and its worker, kept for two years, and a lower limit on a query."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, LogLake, PointToPointQueue, ReactiveApi

app = patterns.App()
stack = cdk.Stack(app, "Shop")

api = ReactiveApi(stack, "OrderApi", routes={"POST /orders": "shop.intake.handler"})
orders = PointToPointQueue(stack, "Orders")
billing = LambdaWorker(stack, "Billing", handler="shop.billing.handler")
api.sends_to(orders)
billing.consumes(orders)

traces = LogLake(
    stack,
    "Traces",
    retention_days=730,
    infrequent_after_days=45,
    scan_limit=cdk.Size.gibibytes(10),
)
traces.keeps(api)
traces.keeps(billing)

app.synth()
