"""A topic with one follower, which has a queue of its own."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import FanOut, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

events = FanOut(stack, "OrderEvents")
events.delivers_to(PointToPointQueue(stack, "Invoices"))

app.synth()
