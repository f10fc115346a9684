"""Orders over the bus: a repeat has one effect, and a replay makes again what was lost.

A fourth consumer, which comes after the orders, gets all of them by the same replay.
"""

import io
import json
import os
import re
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab import redrive_command
from hinagata.lab.deployment import deploy
from hinagata.lab.endpoint import Endpoint
from hinagata.samples import find_sample
from tests.polling import eventually

REPOSITORY = Path(__file__).parents[2]
APP = """
import sys

from patterns import App
from stacks.order_events import LoyaltyPoints, OrderEvents

app = App(failure_modes=False)
orders = OrderEvents(app, "OrderEvents", orders_per_second=10).orders
if sys.argv[1:] == ["loyalty"]:
    LoyaltyPoints(app, "LoyaltyPoints", orders=orders)
app.synth()
"""
ORDER = json.loads((REPOSITORY / "functions/order_events/events/order.json").read_text())
STATE = ("Invoices", "Messages", "Reservations", "Shipments")
ORDERS = 8
# A cold start of a handler takes a busy laptop seconds.
WITHIN = 120

Item = Mapping[str, Any]


@dataclass
class Shop:
    """The sample, up, and what is seen of it.

    Attributes:
        endpoint: Where it runs.
        names: Physical ids by logical id.
    """

    endpoint: Endpoint
    names: dict[str, str]

    def named(self, name: str) -> str:
        """The physical id of a resource, by its logical id without the hash."""
        (found,) = [v for k, v in self.names.items() if re.fullmatch(f"{name}[0-9A-F]{{8}}", k)]
        return found

    def order(self, order_id: str, **data: object) -> int:
        """Post an order; return the status."""
        url = self.endpoint.url_of_api(self.named("OrderApi"), "live") + "/orders"
        body = json.dumps({**ORDER, **data}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": order_id}
        signed = self.endpoint.sign("POST", url, headers, body)
        request = urllib.request.Request(url, data=body, headers=signed, method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)

    def items(self, table: str) -> dict[str, Item]:
        """The items of a table, by the event that they came of."""
        found = self.endpoint.client("dynamodb").scan(TableName=self.named(table))["Items"]
        return {item["event_id"]["S"]: item for item in found}

    def state(self) -> dict[str, dict[str, Item]]:
        """What all consumers have made of the orders."""
        return {table: self.items(table) for table in STATE}

    def forget(self) -> None:
        """Lose what the consumers have made."""
        client = self.endpoint.client("dynamodb")
        for table in STATE:
            for event_id in self.items(table):
                client.delete_item(TableName=self.named(table), Key={"event_id": {"S": event_id}})

    def executions(self) -> list[str]:
        """How each execution of the workflow stands."""
        machine = self.named("FulfilmentWorkflow")
        answer = self.endpoint.client("stepfunctions").list_executions(stateMachineArn=machine)
        return sorted(each["status"] for each in answer["executions"])

    def letters(self) -> list[dict[str, Any]]:
        """What fulfilment gave up, left where it is."""
        answer = self.endpoint.client("sqs").receive_message(
            QueueUrl=self.named("FulfilmentDeadLetters"),
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", ())]

    def undelivered(self, order_id: str) -> None:
        """Leave an order where a rule leaves what it cannot deliver to billing."""
        detail = {"id": order_id, "trace": "", "data": ORDER}
        letter = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "source": "OrderApi",
            "detail-type": "order.placed",
            "time": "2026-01-31T18:00:00Z",
            "detail": detail,
        }
        self.endpoint.client("sqs").send_message(
            QueueUrl=self.named("OrderBusUndeliveredInvoicesDue"), MessageBody=json.dumps(letter)
        )

    def replay(self) -> None:
        """Let the archive send everything again, and wait until it has."""
        events = self.endpoint.client("events")
        archive = events.describe_archive(ArchiveName=self.named("OrderBusArchive"))
        name = f"replay-{uuid.uuid4().hex[:8]}"
        events.start_replay(
            ReplayName=name,
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=0,
            EventEndTime=4_000_000_000,
            Destination={"Arn": archive["EventSourceArn"]},
        )
        eventually(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED")


def timeless(state: dict[str, dict[str, Item]]) -> dict[str, dict[str, Item]]:
    """The state without the times of events: which copy of an order is the first is chance."""
    return {
        table: {
            event_id: {name: value for name, value in item.items() if name != "time"}
            for event_id, item in items.items()
        }
        for table, items in state.items()
    }


def redriven(shop: Shop, directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, str]:
    """Send back what is dead at billing."""
    assembly = CloudAssembly.read(directory)
    monkeypatch.setattr("hinagata.lab.redrive_command.synthesize", lambda _: assembly)
    said = io.StringIO()
    good = redrive_command.redrive(
        find_sample("order_events", project=REPOSITORY),
        project=directory,
        endpoint_url=str(shop.endpoint.url),
        hop="Billing",
        per_second=100,
        stream=said,
        format="text",
    )
    return good, said.getvalue()


def deployed(endpoint: Endpoint, directory: Path, *arguments: str) -> Shop:
    """Synthesize the sample alone, with the fourth consumer if asked, and deploy it."""
    subprocess.run(
        [sys.executable, "-c", APP, *arguments],
        cwd=REPOSITORY,
        env=os.environ
        | {"CDK_OUTDIR": str(directory), "PYTHONPATH": str(REPOSITORY), "CDK_VALIDATION": "false"},
        check=True,
        capture_output=True,
    )
    up = deploy(CloudAssembly.read(directory), endpoint, report=lambda _: None)
    assert not up.stubs
    return Shop(endpoint, {name: value for (_, name), value in up.resources.items()})


@pytest.mark.long
def test_a_replay_makes_again_what_was_lost(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders have one effect however often they come; a replay restores it, also for newcomers."""
    shop = deployed(endpoint, tmp_path / "three")
    ids = [str(uuid.uuid4()) for _ in range(ORDERS)]
    assert shop.order(ids[0]) == 202
    eventually(lambda: all(len(each) == 1 for each in shop.state().values()), within=WITHIN)
    for each in ids[1:]:
        assert shop.order(each) == 202
    lost = str(uuid.uuid4())
    assert shop.order(lost, ship_to="AQ") == 202
    # A client that had no answer sends its order again.
    for each in ids[:3]:
        assert shop.order(each) == 202

    def finished(number: int) -> bool:
        statuses = shop.executions()
        return len(statuses) == number and "RUNNING" not in statuses

    ordered = ORDERS + 1 + 3
    eventually(lambda: finished(ordered), within=WITHIN)
    eventually(lambda: len(shop.items("Messages")) == ORDERS + 1, within=WITHIN)
    eventually(lambda: len(shop.items("Invoices")) == ORDERS + 1, within=WITHIN)
    before = shop.state()

    # What was shipped, and what was not: released, and kept with its error and its event.
    assert set(before["Shipments"]) == set(before["Reservations"]) == set(ids)
    assert shop.executions() == ["FAILED"] + ["SUCCEEDED"] * (ordered - 1)
    (letter,) = shop.letters()
    assert letter["id"] == lost
    assert letter["failure"]["Error"] == "UndeliverableError"
    assert "shelf" in letter["results"]["Reserve"]

    # What a rule could not deliver is the bus' own envelope, and goes back all the same.
    undelivered = str(uuid.uuid4())
    shop.undelivered(undelivered)
    good, said = redriven(shop, tmp_path / "three", monkeypatch)
    assert good, said
    assert "1 went back to InvoicesDue" in said
    eventually(lambda: undelivered in shop.items("Invoices"), within=WITHIN)
    shop.endpoint.client("dynamodb").delete_item(
        TableName=shop.named("Invoices"), Key={"event_id": {"S": undelivered}}
    )

    # A replay over what is there changes nothing.
    shop.replay()
    eventually(lambda: finished(2 * ordered), within=WITHIN)
    assert shop.state() == before

    # A replay after everything was lost makes it again; a newcomer gets all of it as well.
    with_fourth = deployed(endpoint, tmp_path / "four", "loyalty")
    shop.forget()
    assert not any(shop.state().values())
    shop.replay()
    eventually(lambda: timeless(shop.state()) == timeless(before), within=WITHIN)
    eventually(lambda: set(with_fourth.items("Points")) == {*ids, lost}, within=WITHIN)
