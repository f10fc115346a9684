"""Two followers of what is ordered, each at its own pace; one takes only what was paid."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import FanOut, LambdaWorker, PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

orders = PointToPointQueue(stack, "Orders")
announcing = LambdaWorker(stack, "Announcing", handler="shop.announce.handler")
events = FanOut(stack, "OrderEvents")
invoices = PointToPointQueue(stack, "Invoices")
parcels = PointToPointQueue(stack, "Parcels")

announcing.consumes(orders)
announcing.sends_to(events)
events.delivers_to(invoices)
events.delivers_to(parcels, only={"type": ["order.placed"]})
LambdaWorker(stack, "Billing", handler="shop.billing.handler").consumes(invoices)
LambdaWorker(stack, "Packing", handler="shop.billing.handler").consumes(parcels)

app.synth()
