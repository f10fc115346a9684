"""The handlers that are generated: what was written is found, and what was answered is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.rendering import blueprint_project
from hinagata.generator.shipped import blueprint_text

PACKAGE = "keyed_shop"
CONTEXT = SimpleNamespace(aws_request_id="request-1", function_name="function")
SHOP = """
components:
  shop_api:
    pattern: reactive_api
    routes:
      "POST /orders": place_order
      "PUT /customers/{customer}/orders/{order_id}": change_order
      "GET /customers/{customer}/orders": list_orders
      "GET /customers/{customer}/orders/{order_id}": show_order
  orders: {pattern: telemetry_store, partition_key: customer, sort_key: order_id}
  due: {pattern: point_to_point_queue, fifo: true, ordered_by: customer}
  billing: lambda_worker
  bills: {pattern: telemetry_store, partition_key: customer, sort_key: bill}
flows:
  - shop_api -> orders -> shop_api
  - shop_api -> due -> billing -> bills
traffic:
  buyers: {to: place_order, rate: 1/s, example: {customer: c-1, order_id: o-1, item: tea}}
"""


class Table:
    """Stands in for DynamoDB's tables and SQS, as far as these handlers ask them."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], Any] = {}
        self.messages: list[dict[str, Any]] = []

    def put_item(self, **request: Any) -> None:
        """Keep an item under the table's name and its two keys."""
        item = request["Item"]
        keys = [value["S"] for name, value in item.items() if name != "event"]
        self.items[request["TableName"], keys[0], keys[1]] = item

    def query(self, **request: Any) -> dict[str, Any]:
        """Return the items of a partition, or the one that a sort key names."""
        values = request["ExpressionAttributeValues"]
        partition, sort = values[":partition"]["S"], values.get(":sort", {}).get("S")
        return {
            "Items": [
                item
                for (table, first, second), item in self.items.items()
                if (table, first) == (request["TableName"], partition) and sort in (None, second)
            ][: request.get("Limit")]
        }

    def send_message(self, **message: Any) -> None:
        """Keep a message."""
        self.messages.append(message)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Return the tables of a project, whose handlers can be imported."""
    for path, content in _project(SHOP).items():
        if path.startswith(f"functions/{PACKAGE}/"):
            file = tmp_path / path.removeprefix("functions/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    made = Table()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("pattern_runtime.aws.client", lambda _: made)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    for variable in ("ORDERS_TABLE_NAME", "BILLS_TABLE_NAME", "DUE_QUEUE_URL"):
        monkeypatch.setenv(variable, variable)
    for loaded in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, loaded)
    invalidate_caches()
    return made


def _project(text: str) -> Mapping[str, bytes]:
    blueprint = parse_blueprint(text, file=Path("shop.yaml"))
    return blueprint_project(blueprint, name="keyed shop", own=False)


def _asked(function: str, *, id: str = "", data: object = None, **path: str) -> dict[str, Any]:
    request = {
        "headers": {"Idempotency-Key": id} if id else {},
        "pathParameters": path,
        "body": json.dumps(data),
    }
    answer: dict[str, Any] = import_module(f"{PACKAGE}.{function}").handler(request, CONTEXT)
    return {"status": answer["statusCode"], **json.loads(answer["body"])}


def test_what_is_posted_is_got(table: Table) -> None:
    """By the customer of its body, and by its own number, whatever the paths are."""
    order = {"customer": "c-7", "order_id": "o-3", "item": "tea"}

    assert _asked("place_order", data=order)["status"] == 202

    assert _asked("list_orders", customer="c-7") == {"status": 200, "orders": [order]}
    assert _asked("list_orders", customer="c-8") == {"status": 200, "orders": []}
    found = _asked("show_order", customer="c-7", order_id="o-3")
    assert found == {"status": 200, "orders": order}
    assert _asked("show_order", customer="c-7", order_id="o-4")["orders"] is None
    assert len(table.items) == 1


def test_a_list_has_an_end(table: Table) -> None:
    """However much there is: whoever asks an API waits."""
    for number in range(101):
        _asked("place_order", data={"customer": "c-7", "order_id": f"o-{number}"})

    assert len(_asked("list_orders", customer="c-7")["orders"]) == 100


def test_the_path_counts_before_the_body(table: Table) -> None:
    """And what the body says otherwise is not kept."""
    said = {"customer": "c-9", "item": "rice"}

    _asked("change_order", data=said, customer="c-7", order_id="o-3")

    found = _asked("show_order", customer="c-7", order_id="o-3")["orders"]
    assert found == {"customer": "c-7", "order_id": "o-3", "item": "rice"}
    assert len(table.items) == 1


def test_what_has_no_key_is_refused(table: Table) -> None:
    """With the field that it lacks, and nothing is kept."""
    answer = _asked("place_order", data={"item": "tea"})

    assert answer["status"] == 400
    assert "customer has to be a text or a whole number" in answer["error"]
    assert not table.items
    assert not table.messages


def test_what_others_would_lack_is_refused_at_the_door() -> None:
    """Rather than a dead letter later: by the handler, or by the route that has none."""
    text = """
components:
  api: {pattern: reactive_api, routes: {"POST /a": take, "POST /b": {event: b.done, bus: bus}}}
  bus: event_bus
  due: point_to_point_queue
  work: lambda_worker
  kept: {pattern: telemetry_store, partition_key: customer, sort_key: number}
flows:
  - api -> bus -> due -> work -> kept
traffic:
  some: {to: take, rate: 1/s, example: {customer: c-1}}
"""

    project = _project(text)

    assert b'event.text("customer")' in project[f"functions/{PACKAGE}/take.py"]
    assert b'"required": ["customer"]' in project[f"stacks/{PACKAGE}.py"]


def test_a_group_is_the_value_of_what_orders_it(table: Table) -> None:
    """Two customers do not wait for each other; one's orders do."""
    for customer in ("c-1", "c-2", "c-1"):
        _asked("place_order", data={"customer": customer, "order_id": "o-1"})

    groups = [message["MessageGroupId"] for message in table.messages]
    assert groups[0] == groups[2] != groups[1]


def test_the_event_s_id_is_the_sort_key_where_nothing_is(table: Table) -> None:
    """So each event is an item, and one that comes again is the same."""
    _asked("place_order", id="order-1", data={"customer": "c-1", "order_id": "o-1"})
    event = json.loads(table.messages[0]["MessageBody"])

    for _ in range(2):
        import_module(f"{PACKAGE}.billing").handler(event, CONTEXT)

    assert [key for key in table.items if key[0] == "BILLS_TABLE_NAME"] == [
        ("BILLS_TABLE_NAME", "c-1", "order-1")
    ]


ASKING = """
components:
  shop_api: {pattern: reactive_api, routes: {"POST /orders": place, "GET /quotes/{item}": quote}}
  pricing: lambda_worker
  due: point_to_point_queue
  billing: lambda_worker
  partner: lambda_worker
  breaker: {pattern: circuit_breaker, guards: [billing]}
  billed: fan_out
  letters: point_to_point_queue
  mailing: lambda_worker
  phones: push_gateway
flows:
  - {from: place, to: pricing, waits: true}
  - {from: quote, to: pricing, waits: true}
  - place -> due -> billing
  - {from: billing, to: partner, waits: true}
  - billing -> billed -> letters -> mailing -> phones
"""


def test_the_handlers_of_a_project_pass_their_own_tests(tmp_path: Path) -> None:
    """Of one with a breaker, a push gateway and somebody who is asked, by whom, and while open."""
    for path, content in _project(ASKING).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "tests/test_handlers.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    for promise in (
        "who_asks_is_told_the_answer[place-POST-pricing]",
        "who_asks_is_told_the_answer[quote-GET-pricing]",
        "an_answer_goes_along_with_the_event[billing-1]",
        "an_event_waits_while_the_breaker_is_open[billing]",
        "a_phone_gets_what_is_for_it[mailing]",
    ):
        assert f"PASSED tests/test_handlers.py::test_{promise}" in run.stdout


@pytest.mark.parametrize(
    ("blueprint", "absent"),
    [
        ("order_intake", ["query", "if operation"]),
        ("device_stream", ['"method", "key"', "method: str, key", "if method"]),
    ],
)
def test_the_tests_of_a_project_have_nothing_that_it_does_not_need(
    blueprint: str, absent: list[str]
) -> None:
    """No lookups where nothing is looked up, no methods where no request writes."""
    tests = _project(blueprint_text(blueprint))["tests/test_handlers.py"].decode()

    assert [text for text in absent if text in tests] == []


def test_a_phone_is_named_by_every_message_that_may_come_to_it() -> None:
    """So that a run counts what did not arrive there."""
    architecture = Architecture(parse_blueprint(ASKING, file=Path("shop.yaml")))

    traffic = architecture.traffic["place"]

    assert "token" in traffic.keys
    assert "token" in json.loads(traffic.example)
