"""Two tasks in two zones behind a load balancer."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import ProactiveService, python_image

app = patterns.App()
stack = cdk.Stack(app, "Gateway")

ProactiveService(stack, "Gateway", image=python_image("gateway"))

app.synth()
