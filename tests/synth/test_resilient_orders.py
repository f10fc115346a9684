"""The sample ResilientOrders: wired as in the talk, with what withstands an outage."""

import json
from collections.abc import Callable

import pytest

from tests.synth.template import Template

Templates = Callable[[str], Template]


@pytest.mark.parametrize(
    ("hop", "variables"),
    [
        ("OrderApi", {"ORDERS_QUEUE_URL": "Orders/Queue/Resource"}),
        (
            "Payment",
            {
                "IDEMPOTENCY_TABLE_NAME": "Payment/Idempotency/Resource",
                "ORDER_BOOK_TABLE_NAME": "OrderBook/Resource",
                "PAYMENT_BREAKER_TABLE_NAME": "PaymentBreaker/State/Resource",
                "PAYMENT_PROVIDER_FUNCTION_NAME": "PaymentProvider/Function/Resource",
            },
        ),
        ("PaymentProvider", {"CHARGES_TABLE_NAME": "Charges/Resource"}),
    ],
)
def test_each_hop_knows_what_it_works_with(
    template: Templates, hop: str, variables: dict[str, str]
) -> None:
    """A hop's code has the variables that it reads, and each names the resource meant."""
    orders = template("ResilientOrders")
    code = orders.one("Lambda::Function", hop)
    told = {
        name: found.path
        for name, value in code.environment.items()
        if (found := orders.refers(value)) is not None
    }

    assert code.environment["POWERTOOLS_SERVICE_NAME"] == hop
    assert told == variables


@pytest.mark.parametrize(
    ("hop", "actions"),
    [
        ("OrderApi", {"logs", "xray", "sqs"}),
        ("Payment", {"logs", "xray", "sqs", "dynamodb", "lambda", "states"}),
        ("PaymentProvider", {"logs", "xray", "dynamodb"}),
        ("PaymentBreaker/Controller", {"logs", "xray", "sqs", "dynamodb", "lambda"}),
    ],
)
def test_each_hop_may_do_its_work_alone(template: Templates, hop: str, actions: set[str]) -> None:
    """A hop's role allows the services on its path, and no other."""
    orders = template("ResilientOrders")
    role = orders.role(orders.one("Lambda::Function", hop))

    assert {action.split(":")[0] for action in orders.may(role)} == actions


def test_an_outage_costs_no_order(template: Templates) -> None:
    """An order may be received ten times, so that refusals and probes make no dead letters."""
    queue = template("ResilientOrders").one("SQS::Queue", "Orders/Queue")

    assert queue["RedrivePolicy"]["maxReceiveCount"] == 10


def test_the_backlog_drains_at_twice_the_usual_rate(template: Templates) -> None:
    """More than comes in meanwhile, or it would never end."""
    payment = template("ResilientOrders").one("Lambda::Function", "Payment")

    assert json.loads(payment.environment["PAYMENT_BREAKER_RULES"])["drain_rate"] == 10


def test_what_is_no_order_reaches_no_code(template: Templates) -> None:
    """The API answers 400 to a body without item or amount."""
    model = template("ResilientOrders").one("ApiGateway::Model")

    assert model["Schema"]["required"] == ["item", "amount_yen"]
