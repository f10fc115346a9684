"""A breaker that opens early, waits longer, and drains as slowly as the bank can bear."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import CircuitBreaker, LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = PointToPointQueue(stack, "Orders", max_receive_count=10)
payment = LambdaWorker(
    stack, "Payment", handler="shop.payment.handler", max_concurrency=20, idempotent=True
)
payment.consumes(orders)

bank = CircuitBreaker(
    stack,
    "Bank",
    failure_percent=20,
    minimum_calls=50,
    wait=cdk.Duration.minutes(1),
    longest_wait=cdk.Duration.minutes(10),
    probes=5,
    drain_rate=200,
)
bank.guards(payment)

app.synth()
