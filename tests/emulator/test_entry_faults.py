"""What answers requests, while things fail: what was accepted has its effect, the rest is told."""

from pathlib import Path

import pytest

from hinagata.lab.result import Result
from hinagata.lab.run import run
from hinagata.samples import find_sample
from hinagata.scenario import Scenario, find_scenario, read_scenario

PROJECT = Path(__file__).parents[2]
# An evening of orders whose API fails in each way that an API can, one after the other.
FAILING_API = """
name: failing_api
seed: 7
duration: 6h
sources:
  customers:
    entry: OrderApi
    request:
      method: POST
      path: /customers/{customer_id}/orders
      body: functions/resilient_orders/events/order.json
    rate: {shape: constant, rate: 5/s}
    keys: {customer_id: {cardinality: 10000, distribution: uniform}}
    reaches: [OrderApi, Payment, PaymentProvider]
    run: {messages: 200, rate: 5/s, keys: 50}
faults:
  - {inject: raise, on: OrderApi, at: 1h, for: 30m, rate: 0.3, run: {at: 2s, for: 6s}}
  - {inject: crash, on: OrderApi, at: 2h, for: 30m, rate: 0.3, run: {at: 10s, for: 6s}}
  - {inject: throttle, on: Orders, at: 3h, for: 30m, rate: 0.5, run: {at: 18s, for: 4s}}
  - {inject: down, on: Orders, at: 4h, for: 5m, run: {at: 24s, for: 3s}}
  - {inject: update, on: OrderApi, at: 5h, run: {at: 30s}}
expect:
  lost: 0
  dead_lettered: 0
  stored:
    - {table: OrderBook, every: customers, id: event_id}
run: {deadline: 240s, warm_up: 2}
"""


def played(sample: str, scenario: Scenario) -> Result:
    """Run a scenario of a sample."""
    results: list[Result] = []
    found = find_sample(sample, project=PROJECT)
    run(found, scenario, project=PROJECT, show=results.append)
    return results[0]


def held(result: Result) -> None:
    """Every fault struck, and every expectation holds."""
    assert [fault.inject for fault in result.faults if not fault.struck] == []
    assert [verdict for verdict in result.verdicts if not verdict.met] == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_whatever_a_failing_api_accepted_is_paid_once(tmp_path: Path) -> None:
    """Its function raises, dies, is updated, its queue refuses and is away: no order is lost.

    Who gets no good answer sends the order again, under the same id.
    """
    file = tmp_path / "failing_api.yaml"
    file.write_text(FAILING_API, encoding="utf-8")
    result = played("resilient_orders", read_scenario(file, project=PROJECT))
    (customers,) = result.sources

    held(result)
    assert customers.retries > 0
    assert customers.accepted + customers.refused == customers.sent


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_service_loses_a_task_in_the_rush_and_no_message() -> None:
    """One of two tasks is killed while stream, handlers and tables fail around it; it is replaced.

    The scenario is `rough_morning` of the connected car.
    """
    file = find_scenario("rough_morning", sample="connected_car", project=PROJECT)
    result = played("connected_car", read_scenario(file, project=PROJECT))

    held(result)
    assert "kill_task" in {fault.inject for fault in result.faults}
