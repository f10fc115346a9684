"""A worker of a queue: capped, with partial batches and finite tries."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = PointToPointQueue(stack, "Orders")
LambdaWorker(stack, "Billing", handler="shop.billing.handler").consumes(orders)

app.synth()
