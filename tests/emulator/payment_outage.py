"""Resilient orders on an endpoint, whose payment provider can be told to be away."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab.deployment import deploy
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.observation import SpanReader
from hinagata.lab.spans import Span
from tests.polling import eventually

REPOSITORY = Path(__file__).parents[2]
APP = """
from patterns import App
from stacks.resilient_orders import ResilientOrders

app = App(failure_modes=False)
ResilientOrders(app, "ResilientOrders")
app.synth()
"""
# Messages that failed come back after this, and not after six times the worker's 30 s.
VISIBILITY_SECONDS = 6
ORDER = json.loads((REPOSITORY / "functions/resilient_orders/events/order_placed.json").read_text())


def synthesized(directory: Path) -> CloudAssembly:
    """Synthesize the sample alone."""
    subprocess.run(
        [sys.executable, "-c", APP],
        cwd=REPOSITORY,
        env=os.environ
        | {"CDK_OUTDIR": str(directory), "PYTHONPATH": str(REPOSITORY), "CDK_VALIDATION": "false"},
        check=True,
        capture_output=True,
    )
    return CloudAssembly.read(directory)


@dataclass
class Shop:
    """The sample, up, and what is seen of it.

    Attributes:
        endpoint: Where it runs.
        names: Physical ids by logical id.
        sent: The ids of the orders that were sent.
        phases: When the breaker was seen to come into which phase, with its item.
    """

    endpoint: Endpoint
    names: dict[str, str]
    sent: list[str] = field(default_factory=list)
    phases: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)

    def named(self, name: str) -> str:
        """The physical id of a resource, by its logical id without the hash."""
        (found,) = [
            value
            for each, value in self.names.items()
            if re.fullmatch(f"{name}[0-9A-F]{{8}}", each)
        ]
        return found

    @property
    def table(self) -> Any:
        """The client of DynamoDB."""
        return self.endpoint.client("dynamodb")

    def order(self, count: int, *, per_second: float) -> None:
        """Send so many orders at a rate."""
        queues, url = self.endpoint.client("sqs"), self.named("OrdersQueue")
        begin = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            event = ORDER | {"id": f"order-{len(self.sent):04}"}
            queues.send_message(QueueUrl=url, MessageBody=json.dumps(event))
            self.sent.append(event["id"])

    def die(self, order: str) -> None:
        """Put an order where the queue puts those that it gives up."""
        self.endpoint.client("sqs").send_message(
            QueueUrl=self.named("OrdersDeadLetters"), MessageBody=json.dumps(ORDER | {"id": order})
        )
        self.sent.append(order)

    def goes_away(self) -> None:
        """Let the provider fail every call from now on."""
        self.table.put_item(TableName=self.named("Charges"), Item={"id": {"S": "outage"}})

    def comes_back(self) -> None:
        """Let the provider do its work again."""
        self.table.delete_item(TableName=self.named("Charges"), Key={"id": {"S": "outage"}})

    def state(self) -> dict[str, Any]:
        """The breaker's item; empty before its first outage."""
        found = self.table.get_item(
            TableName=self.named("PaymentBreakerState"),
            Key={"id": {"S": "state"}},
            ConsistentRead=True,
        )
        item: dict[str, Any] = found.get("Item", {})
        return {name: next(iter(value.values())) for name, value in item.items()}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note each change of the breaker for as long as the block lasts."""
        over = threading.Event()

        def watch() -> None:
            version = ""
            while not over.wait(0.1):
                state = self.state()
                if state and state["version"] != version:
                    version = state["version"]
                    self.phases.append((time.time(), state["phase"], state))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def is_paid(self) -> bool:
        """Whether every order that was sent is in the book."""
        return self._count("OrderBook") == len(self.sent)

    def charges(self) -> int:
        """How many orders were charged, each once however often it was asked for."""
        return self._count("Charges")

    def _count(self, table: str) -> int:
        pages = self.table.get_paginator("scan").paginate(
            TableName=self.named(table), Select="COUNT", ConsistentRead=True
        )
        return sum(page["Count"] for page in pages)

    def dead_letters(self) -> int:
        """How many orders were given up."""
        said = self.endpoint.client("sqs").get_queue_attributes(
            QueueUrl=self.named("OrdersDeadLetters"),
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(said["Attributes"]["ApproximateNumberOfMessages"])

    def calls(self, *, since: float) -> list[Span]:
        """Every call that reached the provider, in order."""
        group = self.named("PaymentProviderFunctionLogs")
        spans = SpanReader(self.endpoint.client("logs"), [group], since=since).read()
        return sorted(spans, key=lambda span: span.start)

    def is_enabled(self) -> bool:
        """Whether the mapping triggers the worker."""
        mapping = self.endpoint.client("lambda").get_event_source_mapping(
            UUID=self.named("PaymentFromOrders")
        )
        return bool(mapping["State"] == "Enabled")


def opened(
    assembly: CloudAssembly,
    endpoint: Endpoint,
    *,
    rules: Mapping[str, float],
    plan: Mapping[str, float],
) -> Shop:
    """Deploy the sample with other times than those of a real outage, and warm it up.

    Args:
        assembly: The sample.
        endpoint: Where to.
        rules: What the worker is told instead.
        plan: What the controller is told instead.
    """
    (stack,) = assembly.stacks
    for name, each in stack.template["Resources"].items():
        variables = each.get("Properties", {}).get("Environment", {}).get("Variables", {})
        for variable, changed in (("PAYMENT_BREAKER_RULES", rules), ("PLAN", plan)):
            if variable in variables:
                variables[variable] = json.dumps(json.loads(variables[variable]) | changed)
        if name.startswith("OrdersQueue") and each["Type"] == "AWS::SQS::Queue":
            each["Properties"]["VisibilityTimeout"] = VISIBILITY_SECONDS
    deployment = deploy(assembly, endpoint, report=lambda _: None)
    shop = Shop(endpoint, {name: value for (_, name), value in deployment.resources.items()})
    shop.order(12, per_second=50)
    eventually(shop.is_paid, within=120)
    return shop
