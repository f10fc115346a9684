"""A breaker's state on a real DynamoDB protocol: whoever comes at once, each write is one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import pytest

from hinagata.lab.endpoint import Endpoint
from pattern_runtime import aws
from pattern_runtime.breaker_state import DynamoDbStateTable, Phase, State

Answer = TypeVar("Answer")
THREADS = 8


@pytest.fixture
def table(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> DynamoDbStateTable:
    """An empty table."""
    monkeypatch.setattr(aws, "client", endpoint.client)
    name = request.node.name[:200]
    endpoint.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoDbStateTable(name)


def at_once(call: Callable[[int], Answer], times: int = THREADS) -> list[Answer]:
    """What several threads get that call together."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(times)))


def test_of_many_that_open_it_one_does(table: DynamoDbStateTable) -> None:
    """Of a breaker that never opened, and of one that did."""
    for seen in (State(), State(version=1, phase=Phase.CLOSED)):
        new = State(version=seen.version + 1, phase=Phase.OPEN, outage="1-1", since=1.25)

        assert sum(at_once(lambda _, seen=seen, new=new: table.move(seen, new))) == 1  # type: ignore[misc]  # a lambda's defaults
        assert table.read(consistent=True) == new


def test_no_more_probes_pass_than_have_permits(table: DynamoDbStateTable) -> None:
    """Three permits are three calls, and after a failed one there are none."""
    table.move(State(), State(version=1, phase=Phase.HALF_OPEN, permits=3))
    assert sum(at_once(lambda _: table.take_permit(1))) == 3

    table.move(State(version=1), State(version=2, phase=Phase.HALF_OPEN, permits=3))
    table.report(2, failed=True)
    table.report(1, failed=True)

    assert not any(at_once(lambda _: table.take_permit(2)))
    assert table.read(consistent=True).failed == 1


def test_turns_are_an_interval_apart(table: DynamoDbStateTable) -> None:
    """However many take turns at once, no two have the same, and none is too late."""
    table.move(State(), State(version=1, phase=Phase.DRAINING, next_call=100))
    taken = at_once(lambda _: table.take_turn(1, now=1000.0, latest=1005.0, interval=0.2), times=40)
    turns = sorted(turn for turn in taken if turn is not None)

    assert turns[0] == 1000.0
    assert [round(b - a, 3) for a, b in pairwise(turns)] == [0.2] * (len(turns) - 1)
    assert 25 <= len(turns) <= 26
    assert table.take_turn(2, now=2000.0, latest=2005.0, interval=0.2) is None


def test_calls_of_one_window_add_up(table: DynamoDbStateTable) -> None:
    """No count is lost, and somebody sees the sum of all."""
    sums = at_once(lambda _: table.count("1#7", 2, 1, expires=99.0))

    assert max(sums) == (2 * THREADS, THREADS)
    assert len(set(sums)) == THREADS
