"""A bus with an archive, and one consumer behind a queue."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventBus, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = EventBus(stack, "OrderBus")
orders.delivers_to(PointToPointQueue(stack, "Invoices"), matching={"type": ["order.placed"]})

app.synth()
