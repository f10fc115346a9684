"""The sample OrderEvents: wired as in the talk, no code in between, no consumer known."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from stacks.order_events import OrderEvents
from tests.synth.template import Template

Templates = Callable[[str], Template]
REPOSITORY = Path(__file__).parents[2]
FUNCTIONS = REPOSITORY / "functions" / "order_events"


@pytest.mark.parametrize(
    ("hop", "variables"),
    [
        ("Billing", {"INVOICES_TABLE_NAME": "Invoices/Resource"}),
        ("Notifications", {"MESSAGES_TABLE_NAME": "Messages/Resource"}),
        ("Reserve", {"RESERVATIONS_TABLE_NAME": "Reservations/Resource"}),
        ("Release", {"RESERVATIONS_TABLE_NAME": "Reservations/Resource"}),
        ("Ship", {"SHIPMENTS_TABLE_NAME": "Shipments/Resource"}),
    ],
)
def test_each_hop_knows_what_it_works_with(
    template: Templates, hop: str, variables: dict[str, str]
) -> None:
    """A hop's code has the variables that it reads, and each names the resource meant."""
    orders = template("OrderEvents")
    code = orders.one("Lambda::Function", hop)
    told = {
        name: found.path
        for name, value in code.environment.items()
        if (found := orders.refers(value)) is not None
    }

    assert code.environment["POWERTOOLS_SERVICE_NAME"] == hop
    assert told == variables


def test_three_consumers_follow_one_kind_of_event(template: Templates) -> None:
    """A queue, a worker and a workflow, each by a rule of its own."""
    orders = template("OrderEvents")
    reached = {}
    for rule in orders.all("Events::Rule", "OrderBus"):
        assert rule["EventPattern"] == {"detail-type": ["order.placed"]}
        reached[rule.path] = orders.target(rule["Targets"][0]["Arn"]).type

    assert reached == {
        "OrderBus/ToInvoicesDue": "AWS::SQS::Queue",
        "OrderBus/ToNotifications": "AWS::Lambda::Function",
        "OrderBus/ToFulfilment": "AWS::StepFunctions::StateMachine",
    }


def test_no_line_of_code_is_between_the_client_and_the_bus(template: Templates) -> None:
    """All code is a consumer's; of API, bus, rules and workflow there is none."""
    orders = template("OrderEvents")
    handlers = {f["Handler"].split(".")[1] for f in orders.all("Lambda::Function")}

    assert handlers == {"billing", "notifications", "fulfilment"}
    assert {f.path.split("/")[0] for f in orders.all("Lambda::Function")} == {
        "Billing",
        "Notifications",
        "Reserve",
        "Release",
        "Ship",
    }
    for file in FUNCTIONS.glob("*.py"):
        imported = {
            alias.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        # Nobody hands an event on: that is the bus' affair.
        assert not imported & {"put_event", "publish", "send_to_queue", "start_workflow"}


def test_what_is_no_order_reaches_no_consumer(template: Templates) -> None:
    """The API answers 400 to a body without what consumers need, or with more."""
    model = template("OrderEvents").one("ApiGateway::Model")

    assert model["Schema"]["required"] == ["customer_id", "item", "amount_yen", "ship_to"]
    assert model["Schema"]["additionalProperties"] is False


@pytest.mark.long
def test_a_fourth_consumer_changes_no_line_of_the_producers_template() -> None:
    """With the consumer and without it the producer's template is the same; no code hands on."""
    said = subprocess.run(
        [sys.executable, REPOSITORY / "examples" / "fourth_consumer.py"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "CDK_VALIDATION": "false"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    first, _, _, *hand_overs = said.stdout.splitlines()
    assert first == "OrderEvents.template.json with a fourth consumer: 0 lines differ"
    assert [line.split("  ")[-1] for line in hand_overs if "OrderBus" in line] == [
        "OrderApi/Api -> OrderBus/Bus",
        "OrderBus/Bus -> Fulfilment/Workflow",
        "OrderBus/Bus -> InvoicesDue/Queue",
        "OrderBus/Bus -> Notifications/Function",
        "OrderBus/Bus -> PointsDue/Queue",
    ]
    assert {line.split()[0] for line in hand_overs} == {"0"}


def test_the_fourth_consumer_follows_the_same_events(template: Templates) -> None:
    """Its rule is its own, on the bus of the other stack, which it imports nothing from."""
    loyalty = template("LoyaltyPoints")
    rule = loyalty.one("Events::Rule")

    assert rule["EventBusName"] == template("OrderEvents").one("Events::EventBus")["Name"]
    assert rule["EventPattern"] == {"detail-type": ["order.placed"]}
    assert "Fn::ImportValue" not in json.dumps(loyalty.document)


@pytest.mark.parametrize(("rate", "at_once"), [(1, 2), (100, 20), (1000, 200)])
def test_it_is_sized_for_its_rate(rate: int, at_once: int) -> None:
    """Each consumer may run as often at once as the rate needs, with headroom."""
    stack = OrderEvents(cdk.App(), "OrderEvents", orders_per_second=rate)
    notifications = stack.node.find_child("Notifications").node.find_child("Function")
    resource = notifications.node.default_child

    assert resource.reserved_concurrent_executions == at_once  # type: ignore[union-attr]  # a CfnFunction
