"""The controller of an outage: pauses, probes, drains, closes; cut short anywhere, it goes on."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from pattern_runtime import BreakerOpenError, CircuitBreaker
from pattern_runtime.breaker import Rules
from pattern_runtime.breaker_control import Controller, Plan, Source
from pattern_runtime.breaker_state import Phase, State
from tests.fakes.aws import client_error
from tests.fakes.breaker import FakeClock, FakeStateTable

PLAN = Plan(
    wait_seconds=30,
    longest_wait_seconds=100,
    probes=2,
    look_seconds=5,
    longest_drain_seconds=600,
    drain_rate=5,
    probe_timeout_seconds=30,
)
RULES = Rules(
    failure_percent=50,
    minimum_calls=4,
    window_seconds=10,
    hold_seconds=0,
    patience_seconds=15,
    drain_rate=5,
)
SOURCE = Source(
    mapping="mapping-1",
    queue_url="https://sqs.test/orders",
    queue_arn="arn:aws:sqs:ap-northeast-1:123456789012:orders",
    function="arn:aws:lambda:ap-northeast-1:123456789012:function:payment",
    concurrency=7,
)
OPEN = State(phase=Phase.OPEN, version=1, outage="1-1000", since=1000.0)


class FakeWorld:
    """A queue, its mapping, and the worker whose calls a breaker guards."""

    def __init__(self, state: State = OPEN) -> None:
        self.table = FakeStateTable(state)
        self.clock = FakeClock()
        self.away = True
        self.poison = False
        self.breaks = False
        self.waiting = [f"order-{number}" for number in range(40)]
        self.hidden: list[str] = []
        self.calls = 0
        self.updates: list[dict[str, Any]] = []
        self.busy = 0
        self.breaker = CircuitBreaker(
            self.table, RULES, begin=lambda _: None, clock=self.clock, sleep=self.clock.sleep
        )
        client = cast("Any", self)
        self.controller = Controller(
            self.table,
            [SOURCE],
            PLAN,
            functions=client,
            queues=client,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def step(self) -> dict[str, Any]:
        """Take a step, as the workflow does."""
        return dict(self.controller.step(OPEN.outage))

    # Lambda

    def update_event_source_mapping(self, **request: Any) -> None:
        """Note the change, unless the last one is not finished."""
        if self.busy:
            self.busy -= 1
            raise client_error("ResourceInUseException", "UpdateEventSourceMapping")
        self.updates.append(request)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Work through a batch, as the function would."""
        assert FunctionName == SOURCE.function
        if self.breaks:
            return {
                "Payload": io.BytesIO(b'{"errorType": "Timeout"}'),
                "FunctionError": "Unhandled",
            }
        failed = [
            {"itemIdentifier": record["messageId"]}
            for record in json.loads(Payload)["Records"]
            if not self._process()
        ]
        return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": failed}).encode())}

    def _process(self) -> bool:
        if self.poison:
            return False
        try:
            with self.breaker.call():
                self.calls += 1
                self._answer()
        except (ConnectionError, BreakerOpenError):
            return False
        return True

    def _answer(self) -> None:
        if self.away:
            raise ConnectionError

    # SQS

    def receive_message(self, **request: Any) -> dict[str, Any]:
        """Take messages off the queue, and hide them."""
        names = self.waiting[: request["MaxNumberOfMessages"]]
        self.waiting = self.waiting[len(names) :]
        self.hidden += names
        return {
            "Messages": [
                {
                    "MessageId": name,
                    "ReceiptHandle": name,
                    "Body": "{}",
                    "MessageAttributes": {"type": {"StringValue": "x", "DataType": "String"}},
                }
                for name in names
            ]
        }

    def delete_message(self, **request: Any) -> None:
        """Forget a message that is done."""
        self.hidden.remove(request["ReceiptHandle"])

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        """Count what waits."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.waiting))}}


@pytest.fixture
def world() -> FakeWorld:
    """Return a world whose dependency has just gone away."""
    return FakeWorld()


def test_an_outage_from_its_beginning_to_its_end(world: FakeWorld) -> None:
    """Pause, probe in ever longer intervals, drain two batches at a time, then as before."""
    assert world.step() == {"outage": "1-1000", "closed": False, "wait": 30}
    assert world.updates == [{"UUID": "mapping-1", "Enabled": False}]
    assert [world.step()["wait"] for _ in range(3)] == [60, 100, 100]
    assert world.calls == 3

    world.away = False
    assert world.step()["wait"] == 5
    assert world.table.state.phase is Phase.DRAINING
    assert world.updates[1:] == [
        {"UUID": "mapping-1", "Enabled": True, "ScalingConfig": {"MaximumConcurrency": 2}}
    ]

    assert not world.step()["closed"]
    world.waiting = []
    assert world.step()["closed"]
    assert world.table.state.phase is Phase.CLOSED
    assert world.updates[2:] == [
        {"UUID": "mapping-1", "Enabled": True, "ScalingConfig": {"MaximumConcurrency": 7}}
    ]


def test_a_probe_takes_no_more_than_it_may(world: FakeWorld) -> None:
    """One failed call ends the probe; messages it took stay hidden, and none is deleted."""
    world.step()
    world.step()

    assert world.calls == 1
    assert world.hidden == ["order-0", "order-1"]


def test_what_a_probe_processed_is_deleted(world: FakeWorld) -> None:
    """A probe's messages were received by the controller, so it deletes those that are done."""
    world.step()
    world.away = False
    world.step()

    assert world.calls == PLAN.probes
    assert world.hidden == []
    assert len(world.waiting) == 38


def test_an_empty_queue_is_drained_to_find_out(world: FakeWorld) -> None:
    """With nothing to probe with, the next message tells, at the rate of a drain."""
    world.waiting = []
    world.step()
    world.step()

    assert world.table.state.phase is Phase.DRAINING


def test_poison_says_nothing_about_the_dependency(world: FakeWorld) -> None:
    """Messages that fail before the call are no probe: others are tried, after the same wait."""
    world.poison = True
    world.step()

    assert world.step()["wait"] == 30
    assert (world.table.state.phase, world.table.state.attempt) == (Phase.OPEN, 0)


def test_a_probe_that_breaks_its_function_has_failed(world: FakeWorld) -> None:
    """A dependency on which the worker runs into its timeout is not back."""
    world.breaks = True
    world.step()

    assert world.step()["wait"] == 60
    assert world.table.state.attempt == 1


def test_a_relapse_is_paused_again(world: FakeWorld) -> None:
    """What a worker opened while draining is paused at the next look, and probed later."""
    world.step()
    world.away = False
    world.step()
    state = world.table.state
    world.table.state = replace(
        state, phase=Phase.OPEN, version=state.version + 1, attempt=1, paused=False
    )

    assert world.step()["wait"] == 60
    assert world.updates[-1] == {"UUID": "mapping-1", "Enabled": False}


def test_a_drain_ends_at_last(world: FakeWorld) -> None:
    """With more coming in than goes out it would never end: after its time it is over."""
    world.step()
    world.away = False
    world.step()
    world.clock.now += PLAN.longest_drain_seconds + 1

    assert world.step()["closed"]
    assert len(world.waiting) == 38


def test_a_mapping_without_a_bound_gets_none(world: FakeWorld) -> None:
    """What had no bound before the outage has none after it."""
    world.controller._sources = [replace(SOURCE, concurrency=None)]
    world.table.state = replace(OPEN, phase=Phase.DRAINING, since=world.clock.now)
    world.waiting = []

    assert world.step()["closed"]
    assert world.updates == [{"UUID": "mapping-1", "Enabled": True, "ScalingConfig": {}}]


def test_a_mapping_that_still_changes_is_waited_for(world: FakeWorld) -> None:
    """AWS refuses a second change for some seconds."""
    world.busy = 2
    world.step()

    assert world.table.state.paused
    assert len(world.clock.slept) == 2


@pytest.mark.parametrize(
    "state",
    [
        State(),
        replace(OPEN, phase=Phase.CLOSED),
        replace(OPEN, outage="9-2000"),
    ],
)
def test_an_outage_that_is_over_is_left_alone(state: State) -> None:
    """A workflow that comes late does nothing, and ends."""
    world = FakeWorld(state)

    assert world.step()["closed"]
    assert (world.updates, world.table.phases) == ([], [])


def _cut(world: FakeWorld, method: str, at: int) -> None:
    """Let a call of the controller fail at its turn, as if its process had ended there."""
    plain: Callable[..., Any] = getattr(world, method)
    calls = iter(range(100))

    def cut(**request: Any) -> Any:
        if next(calls) == at:
            raise ConnectionError("cut short")
        return plain(**request)

    setattr(world, method, cut)


@pytest.mark.parametrize(
    ("method", "at"),
    [
        ("update_event_source_mapping", 0),
        ("update_event_source_mapping", 1),
        ("update_event_source_mapping", 2),
        ("receive_message", 0),
        ("receive_message", 1),
        ("invoke", 0),
        ("invoke", 1),
        ("delete_message", 0),
        ("delete_message", 1),
        ("get_queue_attributes", 0),
    ],
)
def test_a_step_that_was_cut_short_is_done_again(world: FakeWorld, method: str, at: int) -> None:
    """Wherever a step ends, the next one leads on, and the mapping is in the end as it was."""
    _cut(world, method, at)
    closed = False

    for number in range(12):
        world.away = number < 3
        if number > 6:
            world.waiting = []
        try:
            closed = world.step()["closed"]
        except ConnectionError:
            continue
        if closed:
            break

    assert closed
    assert world.table.state.phase is Phase.CLOSED
    assert world.updates[-1]["ScalingConfig"] == {"MaximumConcurrency": 7}
