"""Steps of a workflow: what a step is called with, what it returns, what a repeat does."""

from collections.abc import Callable
from typing import Any

import pytest

from pattern_runtime import Event, JsonObject, MalformedEventError, each_step, start_workflow
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext, lambda_event

Spans = Callable[[], list[dict[str, Any]]]


class Warehouse:
    """A step that counts, and says what it was told."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self, event: Event, results: Any) -> JsonObject | None:
        """Take the step, or fail where the event says so."""
        if event.data.get("fails"):
            raise RuntimeError("told to fail")
        self.taken.append(event.id)
        return {"number": len(self.taken), "knows": sorted(results)}


@pytest.fixture
def warehouse() -> Warehouse:
    """Return a step that nobody has taken yet."""
    return Warehouse()


@pytest.fixture
def _remembering(monkeypatch: pytest.MonkeyPatch, fake_aws: FakeAws) -> None:
    monkeypatch.setenv("IDEMPOTENCY_TABLE_NAME", "taken")


def test_a_step_knows_the_event_and_the_steps_before(
    warehouse: Warehouse, context: FakeContext, spans: Spans
) -> None:
    """The state is the event with the results beside it; the answer is the step's result alone."""
    state = lambda_event("direct", sample="connected_car") | {"results": {"Reserve": {"shelf": 3}}}

    answer = each_step(warehouse.take)(state, context)

    assert answer == {"number": 1, "knows": ["Reserve"]}
    (line,) = spans()
    assert (line["id"], line["status"]) == (state["id"], "ok")
    assert line["trace"].split(";")[0] == Event.from_object(state).trace.split(";")[0]


def test_a_step_that_fails_fails(warehouse: Warehouse, context: FakeContext, spans: Spans) -> None:
    """The workflow sees the exception by its name, and retries it or not."""
    with pytest.raises(RuntimeError):
        each_step(warehouse.take)(
            lambda_event("direct", sample="connected_car") | {"data": {"fails": True}}, context
        )

    assert [line["status"] for line in spans()] == ["error"]


def test_what_is_no_event_is_said_so(
    warehouse: Warehouse, context: FakeContext, spans: Spans
) -> None:
    """An input that is no event fails with an error that no workflow retries."""
    with pytest.raises(MalformedEventError):
        each_step(warehouse.take)({"order": 7}, context)

    assert [line["type"] for line in spans()] == ["malformed"]


@pytest.mark.usefixtures("_remembering")
def test_a_repeated_step_returns_what_it_returned(
    warehouse: Warehouse, context: FakeContext, spans: Spans
) -> None:
    """A step that was taken has its first result again, which later steps may need."""
    take = each_step(warehouse.take)

    answers = [take(lambda_event("direct", sample="connected_car"), context) for _ in range(3)]

    assert len(warehouse.taken) == 1
    assert answers == [{"number": 1, "knows": []}] * 3
    assert [line["status"] for line in spans()] == ["ok", "repeat", "repeat"]


@pytest.mark.usefixtures("_remembering")
def test_a_step_without_a_result_is_remembered_too(context: FakeContext) -> None:
    """Nothing is a result as well."""
    taken: list[str] = []

    def take(event: Event, _results: object) -> None:
        taken.append(event.id)

    step = each_step(take)

    assert [step(lambda_event("direct", sample="connected_car"), context) for _ in range(2)] == [
        None,
        None,
    ]
    assert len(taken) == 1


def test_a_workflow_is_started_once_for_an_event(fake_aws: FakeAws) -> None:
    """A repeated event starts no second execution, and is no error."""
    event = Event.from_object(lambda_event("direct", sample="connected_car"))

    for _ in range(2):
        start_workflow("arn:machine", event)

    ((started, name),) = fake_aws.executions
    assert started == "arn:machine"
    assert len(name) <= 80
    assert Event.from_json(fake_aws.executions[started, name]) == event


def test_a_workflow_that_cannot_be_started_is_an_error(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a repeat is passed over."""
    event = Event.from_object(lambda_event("direct", sample="connected_car"))
    fake_aws.throttle("put_item")
    monkeypatch.setattr(
        fake_aws, "start_execution", lambda **_: fake_aws.put_item(TableName="t", Item={})
    )

    with pytest.raises(Exception, match="Throttling"):
        start_workflow("arn:machine", event)
