"""A table for the newest of each data item: kept, recoverable, bounded."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import TelemetryStore

app = patterns.App()
stack = cdk.Stack(app, "Telemetry")

TelemetryStore(stack, "Current")

app.synth()
