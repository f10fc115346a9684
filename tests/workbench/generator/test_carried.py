"""What an event carries, what an arrow means at a route, and what neither could do."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.carried import arriving_types, carries
from hinagata.generator.rendering import blueprint_project
from hinagata.generator.stack_code import stack_code

SHOP = """
components:
  shop_api:
    pattern: reactive_api
    routes:
      "POST /orders": {function: place, event: order.placed}
      "GET /orders/{order_id}": show
  orders: {pattern: telemetry_store, partition_key: order_id, sort_key: line}
  due: point_to_point_queue
  billing: lambda_worker
functions:
  billing: {takes: 100ms}
flows:
  - shop_api -> orders -> shop_api
  - shop_api -> due -> billing
traffic:
  buyers: {to: shop_api, route: "POST /orders", rate: 10/s, example: {order_id: o-1}}
"""
TOPIC = """
components:
  shop_api:
    pattern: reactive_api
    routes:
      "POST /orders": {function: place, event: order.placed}
      "DELETE /orders/{order_id}": {function: cancel, event: order.cancelled}
  news: fan_out
  due: point_to_point_queue
  billing: lambda_worker
flows:
  - place -> news
  - {from: news, to: due, types: [order.placed]}
  - due -> billing
"""
ORDERED = """
components:
  jobs: {pattern: point_to_point_queue, fifo: true, ordered_by: account}
  work: lambda_worker
flows:
  - jobs -> work
traffic:
  shops: {to: jobs, rate: 1/s}
"""


def _architecture(text: str) -> Architecture:
    return Architecture(parse_blueprint(text, file=Path("shop.yaml")))


@pytest.mark.parametrize(
    ("text", "damage", "said"),
    [
        (SHOP, ("{order_id: o-1}", "{item: tea}"), "order_id in the example of buyers"),
        (SHOP, ("{order_id: o-1}", "{order_id: [1]}"), "since orders makes a key of order_id"),
        (SHOP, (", example: {order_id: o-1}", ""), "order_id in the example of buyers"),
        (SHOP, ("partition_key: order_id", "partition_key: buyer"), "or partition_key: order_id"),
        (SHOP, ("GET /orders/{order_id}", "GET /orders/{number}"), 'expected one as "GET /.../{o'),
        (SHOP, ("- shop_api -> due", "- show -> due"), "though a GET changes nothing"),
        (SHOP, ("- shop_api -> due", "- plase -> due"), "did you mean place?"),
        (SHOP, ("- shop_api -> due ->", "- place -> due\n  - shop_api -> due ->"), "says as much"),
        (SHOP, ("takes: 100ms", "takes: 31s"), "31 s, though billing is cut off after 30 s"),
        (SHOP, ("billing: {takes: 100ms", "place: {takes: 11s"), "cut off after 10 s"),
        (TOPIC, ("types: [order.placed]", "types: [order.paid]"), "order.paid, which no event of"),
        (TOPIC, ("types: [order.placed]", "types: [order.cancelled]"), "one of order.placed"),
        (ORDERED, ("fifo: true, ", ""), "the order of jobs, which keeps none"),
    ],
)
def test_fails_what_no_event_and_no_worker_can_do(
    text: str, damage: tuple[str, str], said: str
) -> None:
    """One sentence, with its line and with what would do."""
    with pytest.raises(HinagataError) as refusal:
        _architecture(text.replace(*damage, 1))

    assert str(refusal.value).startswith("shop.yaml:")
    assert said in str(refusal.value)
    assert "; expected " in str(refusal.value)


@pytest.mark.parametrize("most", ["901", "1000"])
def test_fails_a_bound_that_leaves_others_nothing(most: str) -> None:
    """An account runs 1,000 at once, of which 100 are everybody's."""
    worker = f"{{pattern: lambda_worker, max_concurrency: {most}}}"

    with pytest.raises(HinagataError, match="900"):
        _architecture(SHOP.replace("billing: lambda_worker", f"billing: {worker}"))


def test_fails_more_work_at_once_than_an_account_runs() -> None:
    """Unless a queue may hold the rest, which somebody has to say."""
    text = SHOP.replace("100ms", "2s").replace("10/s", "500/s")

    with pytest.raises(HinagataError, match="are 1,000 at once; expected at most 900"):
        _architecture(text)
    bound = "billing: {pattern: lambda_worker, max_concurrency: 900}"
    _architecture(text.replace("billing: lambda_worker", bound))


def test_fails_a_batch_that_its_worker_has_no_time_for() -> None:
    """A batch that nobody sized fits by itself."""
    slow = SHOP.replace("100ms", "7s")
    sized = slow.replace(
        "- shop_api -> due -> billing",
        "- shop_api -> due\n  - {from: due, to: billing, batch_size: 5}",
    )

    with pytest.raises(HinagataError, match=r"5 messages of 7 s each.*expected at most 4, or"):
        _architecture(sized)
    code = stack_code(_architecture(slow), "shop")
    assert "billing.consumes(due, batch_size=2)  # 7 s each, cut off after 30 s" in code.verbs


def test_a_key_of_the_traffic_is_a_field_of_its_messages() -> None:
    """Of an order too, whose values a run draws."""
    (shops,) = _architecture(ORDERED).traffic.values()

    assert "account" in shops.keys
    assert "account" in carries(shops)
    scenario = _file(ORDERED, "scenarios/shop/ordinary_day.yaml")
    assert "ordered_by: account" in scenario


def test_an_arrow_that_begins_at_a_function_is_that_function_s_alone() -> None:
    """The other one hands nothing on, and its traffic reaches nobody."""
    architecture = _architecture(TOPIC)

    assert arriving_types(architecture.of("news"), architecture) == ["order.placed"]
    assert "publish(" in _file(TOPIC, "functions/shop/place.py")
    assert "publish(" not in _file(TOPIC, "functions/shop/cancel.py")


def test_an_arrow_that_ends_at_a_function_goes_to_its_route() -> None:
    """Where several would take it."""
    till = """
  till_api:
    pattern: reactive_api
    routes: {"POST /sales": sell, "POST /returns": take_back}
"""
    text = TOPIC.replace("components:\n", f"components:{till}")

    text = f"{text}  - billing -> take_back\n"

    code = _file(text, "functions/shop/billing.py")
    traffic = _architecture(text).traffic

    # Who gets what another one hands on needs no traffic of his own.
    assert "sell" in traffic
    assert "take_back" not in traffic
    assert 'post(f"{TILL_API_URL}/returns", event, signed=True)' in code


def _file(text: str, path: str) -> str:
    blueprint = parse_blueprint(text, file=Path("shop.yaml"))
    return blueprint_project(blueprint, name="shop", own=False)[path].decode()


@pytest.mark.parametrize(
    ("order", "comment"),
    [
        ("", "All have one path, so they are one group"),
        (", ordered_by: order_id", ""),
    ],
)
def test_an_order_that_nobody_named_says_what_it_means(order: str, comment: str) -> None:
    """A queue with one group is worked on one message at a time."""
    text = SHOP.replace(
        "due: point_to_point_queue", f"due: {{pattern: point_to_point_queue, fifo: true{order}}}"
    )

    code = _file(text, "functions/shop/place.py")

    assert comment in code
    assert ('group=event.text("order_id")' in code) is bool(order)


def test_a_stream_without_an_order_spreads_over_its_shards() -> None:
    """One path for all would be one shard for all."""
    text = SHOP.replace("due: point_to_point_queue", "due: event_stream")

    assert "partition_key=event.id" in _file(text, "functions/shop/place.py")


def test_a_stream_is_wide_enough_for_who_works_on_it() -> None:
    """300 a second of 0.1 s each are 30 at once: three shards with ten batches of each."""
    text = SHOP.replace("due: point_to_point_queue", "due: event_stream").replace("10/s", "300/s")
    narrow = text.replace(
        "- shop_api -> due -> billing",
        "- shop_api -> due\n  - {from: due, to: billing, parallelization: 1}",
    )

    for blueprint, shards, at_once in ((narrow, 30, 1), (text, 3, 10)):
        code = stack_code(_architecture(blueprint), "shop")
        constructs = "\n".join(code.constructs)
        assert f"shards={shards},  # 300 records a second, 0.1 s each in billing" in constructs
        assert "max_concurrency" not in constructs
        assert any(f"parallelization={at_once}" in verb for verb in code.verbs)
    assert "billing.consumes(due, parallelization=10)  # 0.1 s each, 300 a second" in code.verbs
