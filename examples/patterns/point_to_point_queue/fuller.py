"""An ordered queue between an API's handler and its worker, with patience of its own."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = PointToPointQueue(
    stack,
    "Orders",
    fifo=True,
    retention=cdk.Duration.days(7),
    max_receive_count=10,
    age_alarm=cdk.Duration.minutes(15),
)
billing = LambdaWorker(stack, "Billing", handler="shop.billing.handler", max_concurrency=5)
billing.consumes(orders)

app.synth()
