"""Orders come in by an API, are billed from a queue, and are told to shipping and to the ledger."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import EventStream, FanOut, LambdaWorker, PointToPointQueue, ReactiveApi


class OrderIntake(cdk.Stack):
    """API -> queue -> billing -> topic -> queue -> shipping, and -> stream -> ledger."""

    def __init__(self, scope: patterns.App, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        api = ReactiveApi(self, "OrderApi", routes={"POST /orders": "orders.intake.handler"})
        orders = PointToPointQueue(self, "Orders")
        billing = LambdaWorker(self, "Billing", handler="orders.billing.handler")
        billed = FanOut(self, "OrdersBilled")
        shipments = PointToPointQueue(self, "Shipments")
        shipping = LambdaWorker(self, "Shipping", handler="orders.shipping.handler")
        entries = EventStream(self, "Entries")
        ledger = LambdaWorker(self, "Ledger", handler="orders.ledger.handler")

        api.sends_to(orders)
        billing.consumes(orders)
        billing.sends_to(billed)
        billing.sends_to(entries)
        billed.delivers_to(shipments)
        shipping.consumes(shipments)
        ledger.consumes(entries)

        cdk.CfnOutput(self, "OrderApiUrl", value=api.url)


app = patterns.App()
OrderIntake(app, "OrderIntake")
app.synth()
