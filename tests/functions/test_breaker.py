"""The breaker in a worker: opens, refuses, lets probes through, paces; a fake table and clock."""

import threading
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pattern_runtime import BreakerOpenError, CircuitBreaker, breaker_state, circuit_breaker
from pattern_runtime.breaker import Rules
from pattern_runtime.breaker_state import DynamoDbStateTable, Phase, State
from pattern_runtime.environment import MissingVariableError
from tests.fakes.aws import FakeAws, client_error
from tests.fakes.breaker import FakeClock, FakeStateTable

RULES = Rules(
    failure_percent=50,
    minimum_calls=4,
    window_seconds=10,
    hold_seconds=0.5,
    patience_seconds=15,
    drain_rate=5,
)
OPEN = State(phase=Phase.OPEN, version=1, outage="1-1000", since=1000.0)


class AwayError(Exception):
    """The dependency does not answer."""


class Worker:
    """Calls a dependency through a breaker."""

    def __init__(self, table: FakeStateTable, clock: FakeClock, rules: Rules = RULES) -> None:
        self.away = False
        self.calls: list[float] = []
        self.outages: list[str] = []
        self.clock = clock
        self.breaker = CircuitBreaker(
            table, rules, begin=self.outages.append, clock=clock, sleep=clock.sleep
        )

    def call(self, error: Exception | None = None) -> str:
        """Try once; say how it ended."""
        try:
            with self.breaker.call(counts=AwayError):
                self.calls.append(self.clock.now)
                if error or self.away:
                    raise error or AwayError
        except BreakerOpenError:
            return "refused"
        except (AwayError, ValueError):
            return "failed"
        return "ok"


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def table() -> FakeStateTable:
    """Return the table of a breaker that never opened."""
    return FakeStateTable()


def test_a_healthy_dependency_costs_one_read_and_one_write_a_second(
    table: FakeStateTable, clock: FakeClock
) -> None:
    """A hundred calls a second are counted together."""
    worker = Worker(table, clock)

    for _ in range(500):
        assert worker.call() == "ok"
        clock.now += 0.01

    assert table.reads <= 6
    assert table.writes <= 6
    assert table.phases == []


def test_it_opens_when_too_large_a_share_fails(table: FakeStateTable, clock: FakeClock) -> None:
    """Half of at least four calls; from then on none is made, and the outage is begun once."""
    worker = Worker(table, clock)
    assert [worker.call(), worker.call()] == ["ok", "ok"]
    worker.away = True

    ends = [worker.call() for _ in range(10)]

    assert ends == ["failed", "failed", *["refused"] * 8]
    assert table.phases == [Phase.OPEN]
    assert worker.outages == [table.state.outage]
    assert len(worker.calls) == 4


def test_a_refused_call_is_held_back(clock: FakeClock) -> None:
    """Each refusal costs the message a receive, so they come slowly until the queue is paused."""
    worker = Worker(FakeStateTable(OPEN), clock)

    assert worker.call() == "refused"
    assert clock.slept == [RULES.hold_seconds]


def test_too_few_calls_prove_nothing(table: FakeStateTable, clock: FakeClock) -> None:
    """Below the least number of calls in a window it stays closed, whatever their share."""
    worker = Worker(table, clock)
    worker.away = True

    for _ in range(9):
        assert worker.call() == "failed"
        clock.now += RULES.window_seconds / 2

    assert table.phases == []


def test_an_answer_is_no_failure(table: FakeStateTable, clock: FakeClock) -> None:
    """An error that is not named says that the dependency is there: a refused card, a bug."""
    worker = Worker(table, clock)

    for _ in range(20):
        assert worker.call(ValueError("declined")) == "failed"

    assert table.phases == []


def test_workers_count_together(table: FakeStateTable, clock: FakeClock) -> None:
    """Failures of several execution environments add up, and only one of these opens it."""
    workers = [Worker(table, clock) for _ in range(4)]
    for worker in workers:
        worker.away = True

    ends = [worker.call() for worker in workers]

    assert ends == ["failed"] * 4
    assert table.phases == [Phase.OPEN]
    assert sum(len(worker.outages) for worker in workers) == 1


def test_whoever_is_refused_begins_the_outage_that_nobody_took_care_of(clock: FakeClock) -> None:
    """The one who opened it may have ended before it could; once is enough."""
    worker = Worker(FakeStateTable(OPEN), clock)

    assert [worker.call(), worker.call(), worker.call()] == ["refused"] * 3
    assert worker.outages == [OPEN.outage]


def test_half_open_only_the_permitted_calls_are_made(clock: FakeClock) -> None:
    """However many ask: as many as there are permits, and none after one has failed."""
    half_open = State(phase=Phase.HALF_OPEN, version=3, outage="1-1000", permits=2)
    well, ill = FakeStateTable(half_open), FakeStateTable(half_open)
    away = Worker(ill, clock)
    away.away = True
    workers = [Worker(well, clock) for _ in range(5)]

    assert [each.call() for each in workers] == ["ok", "ok", "refused", "refused", "refused"]
    assert well.state.succeeded == 2
    assert [away.call(), away.call()] == ["failed", "refused"]
    assert (ill.state.failed, ill.state.permits) == (1, 1)


def test_a_probe_sees_what_is_true_now(clock: FakeClock) -> None:
    """A worker that was refused a moment ago is let through as soon as there is a permit."""
    table = FakeStateTable(OPEN)
    worker = Worker(table, clock)
    assert worker.call() == "refused"
    clock.now -= RULES.hold_seconds

    table.state = State(phase=Phase.HALF_OPEN, version=2, outage="1-1000", permits=1)

    assert worker.call() == "ok"


def test_a_drain_has_its_rate_however_many_work(clock: FakeClock) -> None:
    """Calls of all workers together begin at least a fifth of a second apart."""
    table = FakeStateTable(State(phase=Phase.DRAINING, version=3, next_call=clock.now))
    workers = [Worker(table, clock) for _ in range(3)]

    for number in range(30):
        assert workers[number % 3].call() == "ok"

    begun = sorted(time for worker in workers for time in worker.calls)
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert min(gaps) >= 1 / RULES.drain_rate - 0.002
    assert begun[-1] - begun[0] == pytest.approx(29 / RULES.drain_rate, abs=0.1)


def test_a_drain_saves_up_nothing(clock: FakeClock) -> None:
    """After a while without calls there is no burst."""
    table = FakeStateTable(State(phase=Phase.DRAINING, version=3, next_call=clock.now))
    worker = Worker(table, clock)
    worker.call()
    clock.now += 60

    for _ in range(3):
        worker.call()

    assert worker.calls[3] - worker.calls[1] == pytest.approx(2 / RULES.drain_rate, abs=0.01)


def test_who_would_wait_too_long_is_refused(clock: FakeClock) -> None:
    """A turn beyond the function's patience is left to the queue."""
    table = FakeStateTable(State(phase=Phase.DRAINING, version=3, next_call=clock.now + 16))

    assert Worker(table, clock).call() == "refused"


def test_a_drain_that_ends_refuses_nobody(clock: FakeClock) -> None:
    """Who waits for a turn when the breaker closes is let through."""
    table = FakeStateTable(State(phase=Phase.DRAINING, version=3, next_call=clock.now))
    worker = Worker(table, clock)
    assert worker.call() == "ok"

    table.state = State(phase=Phase.CLOSED, version=4)

    assert worker.call() == "ok"


def test_a_relapse_goes_on_with_the_same_outage(clock: FakeClock) -> None:
    """A dependency that falls over while draining opens it again, and the next wait is longer."""
    draining = State(phase=Phase.DRAINING, version=3, outage="1-1000", next_call=clock.now)
    table = FakeStateTable(draining)
    worker = Worker(table, clock)
    worker.away = True

    while worker.call() == "failed":
        pass

    assert table.phases == [Phase.OPEN]
    assert (table.state.outage, table.state.attempt) == ("1-1000", 1)
    assert not table.state.paused


def test_without_its_table_calls_pass(table: FakeStateTable, clock: FakeClock) -> None:
    """What protects must not be what fails."""
    worker = Worker(table, clock)
    table.failing = client_error("ProvisionedThroughputExceededException", "GetItem")

    assert [worker.call() for _ in range(3)] == ["ok"] * 3
    worker.away = True
    assert worker.call() == "failed"


@given(
    phase=st.sampled_from(Phase),
    calls=st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=30),
)
def test_open_means_that_no_call_is_made(phase: Phase, calls: list[tuple[bool, float]]) -> None:
    """From the opening on nothing reaches the dependency, whatever came before."""
    clock = FakeClock()
    table = FakeStateTable(
        State(phase=phase, version=1, outage="1-1", permits=2, next_call=clock.now, paused=True)
    )
    worker = Worker(table, clock)

    for away, later in calls:
        worker.away = away
        was = table.state.phase
        made = len(worker.calls)
        worker.call()
        assert was is not Phase.OPEN or len(worker.calls) == made
        clock.now += later


def test_many_threads_open_it_once(clock: FakeClock) -> None:
    """Whoever is second finds that it changed, and looks again."""

    class SlowTable(FakeStateTable):
        """Lets every thread see the same state before any of them moves it."""

        barrier = threading.Barrier(4)
        lock = threading.Lock()

        def move(self, seen: State, new: State) -> bool:
            self.barrier.wait(5)
            with self.lock:
                return super().move(seen, new)

    table = SlowTable()
    workers = [Worker(table, FakeClock(), replace(RULES, minimum_calls=1)) for _ in range(4)]
    for worker in workers:
        worker.away = True
    threads = [threading.Thread(target=worker.call) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert table.phases == [Phase.OPEN]
    assert sum(len(worker.outages) for worker in workers) == 1


def test_fails_where_no_breaker_guards() -> None:
    """A worker that the construct does not guard says at import what is missing."""
    with pytest.raises(MissingVariableError, match="SHOP_BREAKER_STATE_MACHINE_ARN is not set"):
        circuit_breaker("SHOP_BREAKER")


def test_an_outage_that_has_its_workflow_needs_no_other(
    monkeypatch: pytest.MonkeyPatch, fake_aws: FakeAws
) -> None:
    """Starting the workflow of an outage again is no error: its name is the outage's."""
    monkeypatch.setenv("SHOP_BREAKER_STATE_MACHINE_ARN", "arn:machine")
    monkeypatch.setenv("SHOP_BREAKER_TABLE_NAME", "breaker")
    monkeypatch.setenv("SHOP_BREAKER_RULES", RULES_TEXT)
    fake_aws.tables["breaker"]["state",] = item(OPEN)
    first, second = circuit_breaker("SHOP_BREAKER"), circuit_breaker("SHOP_BREAKER")

    for breaker in (first, second):
        with pytest.raises(BreakerOpenError, match="is open"), breaker.call():
            pass

    assert fake_aws.executions == {("arn:machine", OPEN.outage): '{"outage": "1-1000"}'}


def test_a_state_comes_back_from_its_item_as_it_was(fake_aws: FakeAws) -> None:
    """Every field survives the table, and a second writer of one version is refused."""
    state = State(
        phase=Phase.DRAINING,
        version=7,
        outage="5-1700000000",
        since=1700000000.123,
        paused=True,
        attempt=2,
        permits=1,
        succeeded=2,
        failed=3,
        next_call=1700000001.5,
    )
    table = DynamoDbStateTable("breaker")

    assert table.read() == State()
    assert table.move(State(), state)
    assert table.read(consistent=True) == state
    assert not table.move(State(), state)


RULES_TEXT = (
    '{"failure_percent": 50, "minimum_calls": 4, "window_seconds": 10, "hold_seconds": 0,'
    ' "patience_seconds": 1, "drain_rate": 5}'
)


def item(state: State) -> dict[str, Any]:
    """Write a state as its item."""
    return breaker_state._write_item(state)
