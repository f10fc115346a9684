"""What the patches decide: attempts, states of alarms, versions, windows, metrics, headers."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.lab.patches.alarms import ALARM, INSUFFICIENT, OK, state_of
from hinagata.lab.patches.alias_weights import chosen_version
from hinagata.lab.patches.asynchronous_invocation import (
    Ended,
    Rules,
    destination_record,
    process,
)
from hinagata.lab.patches.queue_batches import seconds_to_wait
from hinagata.lab.patches.service_metrics import embedded_metrics
from hinagata.lab.patches.trace_header import in_function

DONE: dict[str, Any] = {"body": 1}
FAILED: dict[str, Any] = {"error": True, "body": {"errorMessage": "closed"}}
THROTTLED: dict[str, Any] = {"error": True, "throttle": True}


class Queue:
    """AWS's event queue with a clock of its own: attempts take no time, waits take theirs."""

    def __init__(self, outcomes: Sequence[dict[str, Any]]) -> None:
        self.now = 0.0
        self.attempts: list[float] = []
        self._outcomes = outcomes

    def invoke(self) -> dict[str, Any]:
        """Make an attempt; the last outcome stays."""
        self.attempts.append(self.now)
        return self._outcomes[min(len(self.attempts), len(self._outcomes)) - 1]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def run(self, rules: Rules) -> Ended:
        """Process one event."""
        return process(rules, invoke=self.invoke, wait=self.wait, clock=lambda: self.now)


def test_three_attempts_with_a_minute_and_two_between() -> None:
    """As the developer guide says."""
    queue = Queue([FAILED])
    ended = queue.run(Rules())

    assert queue.attempts == [0.0, 60.0, 180.0]
    assert (ended.condition, ended.invocations) == ("RetriesExhausted", 3)


def test_being_throttled_is_no_attempt() -> None:
    """It waits from a second up to five minutes, and has its three attempts afterwards."""
    queue = Queue([*[THROTTLED] * 10, FAILED])
    ended = queue.run(Rules())
    waits = [b - a for a, b in zip(queue.attempts, queue.attempts[1:], strict=False)]

    assert waits[:10] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
    assert ended.invocations == 3


def test_an_event_that_is_too_old_is_given_up() -> None:
    """After its age no attempt is made, however many are left."""
    ended = Queue([THROTTLED]).run(Rules(age_seconds=100))

    assert (ended.condition, ended.invocations) == ("EventAgeExceeded", 0)


@given(
    outcomes=st.lists(st.sampled_from([FAILED, THROTTLED, DONE]), min_size=1, max_size=30),
    retries=st.integers(0, 2),
    age=st.floats(60, 21_600),
)
def test_an_event_ends_within_its_bounds(
    outcomes: list[dict[str, Any]], retries: int, age: float
) -> None:
    """Never more invocations than allowed, never one after the age, always a condition."""
    queue = Queue(outcomes)
    ended = queue.run(Rules(retries=retries, age_seconds=age))

    assert ended.invocations <= retries + 1
    assert queue.attempts[-1] <= age
    assert (ended.condition == "Success") == (ended.result is DONE)


def test_the_record_tells_what_became_of_the_event() -> None:
    """Of one that never ran there is no answer to tell."""
    failed = destination_record(
        {"id": 1}, Ended("RetriesExhausted", 3, FAILED), function_arn="arn", request_id="r"
    )
    expired = destination_record(
        {"id": 1}, Ended("EventAgeExceeded"), function_arn="arn", request_id="r"
    )

    assert failed["requestContext"]["approximateInvokeCount"] == 3
    assert failed["responsePayload"] == {"errorMessage": "closed"}
    assert failed["responseContext"]["functionError"] == "Unhandled"
    assert "responsePayload" not in expired


@pytest.mark.parametrize(
    ("breaching", "to_alarm", "missing", "expected"),
    [
        ([True], 1, "missing", ALARM),
        ([False], 1, "missing", OK),
        ([None], 1, "missing", INSUFFICIENT),
        ([None], 1, "notBreaching", OK),
        ([None], 1, "breaching", ALARM),
        ([None], 1, "ignore", "present"),
        ([True, False, True], 2, "missing", ALARM),
        ([True, False, False], 2, "missing", OK),
        ([None, None, True], 3, "missing", ALARM),
        ([None, None, True], 3, "notBreaching", OK),
        ([None, None, True], 3, "ignore", "present"),
        ([None, None, False], 3, "missing", OK),
        ([True, True, None], 2, "ignore", ALARM),
    ],
)
def test_an_alarm_counts_datapoints(
    breaching: list[bool | None], to_alarm: int, missing: str, expected: str
) -> None:
    """M out of N, and what missing ones mean, as in the table of the user guide."""
    assert state_of(breaching, to_alarm=to_alarm, missing=missing, present="present") == expected


@given(weight=st.floats(0, 1), draw=st.floats(0, 1, exclude_max=True))
def test_a_version_is_chosen_by_its_weight(weight: float, draw: float) -> None:
    """The other version gets exactly the draws below its weight."""
    alias = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": weight}}}

    assert chosen_version(alias, draw) == ("2" if draw < weight else "1")
    assert chosen_version({"FunctionVersion": "1"}, draw) == "1"


def test_a_full_batch_does_not_wait() -> None:
    """The window counts from the first message; a full batch ends it."""
    assert seconds_to_wait([], 10.0, size=2, window=5.0) == 0.0
    assert seconds_to_wait([9.0], 10.0, size=2, window=5.0) == 4.0
    assert seconds_to_wait([9.0, 9.9], 10.0, size=2, window=5.0) == 0.0
    assert seconds_to_wait([1.0], 10.0, size=2, window=5.0) == 0.0


def test_logged_metrics_are_found_among_other_lines() -> None:
    """Each value of each metric, once for each set of dimensions."""
    document = {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"], ["service", "city"]],
                    "Metrics": [{"Name": "Sold", "Unit": "Count"}],
                }
            ]
        },
        "service": "orders",
        "city": "Berlin",
        "Sold": [1, 2],
    }
    text = f'plain\n{{"_aws": broken\n{{"_aws": 1}}\n{json.dumps(document)}'
    found = list(embedded_metrics(text))

    assert [value for _, _, value, _, _ in found] == [1.0, 2.0, 1.0, 2.0]
    assert found[0] == ("Shop", "Sold", 1.0, "Count", {"service": "orders"})
    assert found[2][4] == {"service": "orders", "city": "Berlin"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Root=1-a", "Root=1-a;Parent=53995c3f42cd8ad8"),
        ("Root=1-a;Sampled=1", "Root=1-a;Parent=53995c3f42cd8ad8;Sampled=1"),
        ("Root=1-a;Parent=0123456789abcdef", "Root=1-a;Parent=53995c3f42cd8ad8"),
    ],
)
def test_a_function_is_the_parent_of_what_it_calls(header: str, expected: str) -> None:
    """The root stays."""
    assert in_function(header, "53995c3f42cd8ad8") == expected
