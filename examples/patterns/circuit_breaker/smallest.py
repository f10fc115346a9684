"""A breaker around the worker of one queue."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import CircuitBreaker, LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

payment = LambdaWorker(stack, "Payment", handler="shop.payment.handler")
payment.consumes(PointToPointQueue(stack, "Orders", max_receive_count=10))
CircuitBreaker(stack, "Bank").guards(payment)

app.synth()
