"""One route, signed by its callers, validated, throttled and traced."""

import patterns  # isort: skip - first: it chooses the Node that jsii starts
import aws_cdk as cdk

from patterns import ReactiveApi

app = patterns.App()
stack = cdk.Stack(app, "Shop")

ReactiveApi(stack, "OrderApi", routes={"POST /quotes": "shop.quote.handler"})

app.synth()
