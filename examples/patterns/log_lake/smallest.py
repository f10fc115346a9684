"""The spans of one worker, kept for 400 days and found by their trace."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import LambdaWorker, LogLake, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

billing = LambdaWorker(stack, "Billing", handler="shop.billing.handler")
billing.consumes(PointToPointQueue(stack, "Orders"))
LogLake(stack, "Traces").keeps(billing)

app.synth()
