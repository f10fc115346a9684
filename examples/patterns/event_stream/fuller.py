"""Ordered telemetry that can be read again for a week, and the worker that keeps up with it."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventStream, LambdaWorker

app = patterns.App()
stack = cdk.Stack(app, "Telemetry")

telemetry = EventStream(
    stack,
    "Telemetry",
    shards=2,
    retention=cdk.Duration.days(7),
    iterator_age_alarm=cdk.Duration.minutes(5),
)
billing = LambdaWorker(stack, "Billing", handler="shop.billing.handler", idempotent=True)
billing.consumes(telemetry, batch_size=500, window=cdk.Duration.seconds(2), parallelization=2)

app.synth()
