"""One step, retried with jitter, kept with its error if it fails for good."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import DurableWorkflow, LambdaWorker

app = patterns.App()
stack = cdk.Stack(app, "Shop")

reserve = LambdaWorker(stack, "Reserve", handler="shop.steps.reserving")
DurableWorkflow(stack, "Fulfilment", steps=[reserve])

app.synth()
