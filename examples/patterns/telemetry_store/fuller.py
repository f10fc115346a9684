"""A stream's worker writes what devices report; an API reads a building in one query."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventStream, LambdaWorker, ReactiveApi, TelemetryStore

app = patterns.App()
stack = cdk.Stack(app, "Telemetry")

store = TelemetryStore(stack, "Current", max_write_units=2000, max_read_units=500)
reports = EventStream(stack, "Reports")
ingest = LambdaWorker(stack, "Ingest", handler="shop.readings.handler")
screen = ReactiveApi(stack, "Screen", routes={"GET /buildings/{building}": "shop.readings.show"})

ingest.consumes(reports)
ingest.writes(store)
screen.reads(store)

app.synth()
