"""Messages wait in a queue for a sender that is capped; an alarm at ten failures a minute."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import LambdaWorker, PointToPointQueue, PushGateway

app = patterns.App()
stack = cdk.Stack(app, "Shop")

credentials = secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "firebase")
phones = PushGateway(
    stack,
    "Phones",
    credentials=credentials,
    credentials_version="11111111-2222-3333-4444-555555555555",
    failures_alarm=10,
)
notices = LambdaWorker(
    stack, "Notices", handler="shop.notice.handler", max_concurrency=50, idempotent=True
)
notices.consumes(PointToPointQueue(stack, "Messages"))
phones.serves(notices)

app.synth()
