"""Two steps, the first of which is undone if the second fails for good; a queue starts them."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import DurableWorkflow, LambdaWorker, PointToPointQueue, Step

app = patterns.App()
stack = cdk.Stack(app, "Shop")

reserve = LambdaWorker(stack, "Reserve", handler="shop.steps.reserving", max_concurrency=50)
release = LambdaWorker(stack, "Release", handler="shop.steps.releasing")
ship = LambdaWorker(stack, "Ship", handler="shop.steps.shipping", max_concurrency=50)
fulfilment = DurableWorkflow(
    stack,
    "Fulfilment",
    steps=[Step(worker=reserve, undo=release), ship],
    retries=3,
    final=["OutOfStockError"],
)

starter = LambdaWorker(stack, "Starter", handler="shop.fulfilment.handler", idempotent=True)
starter.consumes(PointToPointQueue(stack, "Orders"))
starter.sends_to(fulfilment)

app.synth()
