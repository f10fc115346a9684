"""A queue, and the dead-letter queue that outlives it."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import PointToPointQueue

app = patterns.App()
stack = cdk.Stack(app, "Shop")

PointToPointQueue(stack, "Orders")

app.synth()
