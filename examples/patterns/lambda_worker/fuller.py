"""One effect for a message that comes twice, and a larger cap for a slow partner."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = PointToPointQueue(stack, "Orders")
billing = LambdaWorker(
    stack,
    "Billing",
    handler="shop.billing.handler",
    timeout=cdk.Duration.minutes(1),
    memory_mb=1024,
    max_concurrency=50,
    idempotent=True,
    environment={"CURRENCY": "JPY"},
)
billing.consumes(orders, batch_size=100, window=cdk.Duration.seconds(5))

app.synth()
