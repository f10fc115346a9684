"""A platform application, its phones, and the worker that sends to them."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import LambdaWorker, PushGateway

app = patterns.App()
stack = cdk.Stack(app, "Shop")

credentials = secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "firebase")
phones = PushGateway(stack, "Phones", credentials=credentials)
phones.serves(LambdaWorker(stack, "Notices", handler="shop.notice.handler"))

app.synth()
