"""One shard, encrypted, kept for a day, watched by two alarms."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventStream

app = patterns.App()
stack = cdk.Stack(app, "Telemetry")

EventStream(stack, "Telemetry")

app.synth()
