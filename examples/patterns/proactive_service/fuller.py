"""More room before the morning rush, less at night, and a stop that finishes what it began."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventStream, ProactiveService, ScheduledStep, python_image

app = patterns.App()
stack = cdk.Stack(app, "Gateway")

gateway = ProactiveService(
    stack,
    "Gateway",
    image=python_image("gateway"),
    cpu=512,
    max_tasks=40,
    steps=[
        ScheduledStep(at="cron(30 6 * * ? *)", min_tasks=10, time_zone="Asia/Tokyo"),
        ScheduledStep(at="cron(0 22 * * ? *)", min_tasks=2, time_zone="Asia/Tokyo"),
    ],
    drain=cdk.Duration.seconds(30),
    stop_timeout=cdk.Duration.seconds(60),
)
gateway.sends_to(EventStream(stack, "Telemetry", shards=2))

app.synth()
