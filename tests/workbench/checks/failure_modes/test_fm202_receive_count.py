"""FM202: an unfit number of receives."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm202_receive_count import receive_count
from hinagata.checks.thresholds import Thresholds
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, findings, mapping, resource, said


def redriving(receives: Any, **queue: Any) -> dict[str, Any]:
    """A polled queue whose messages are given up after some receives."""
    redrive = {"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": receives}
    return t.template(
        Orders=resource("SQS::Queue", RedrivePolicy=redrive, **queue),
        Letters=resource("SQS::Queue", MessageRetentionPeriod=1_209_600),
        Worker=t.function(),
        FromOrders=mapping(arn("Orders"), arn("Worker")),
    )


FOUND = redriving(1)
CLEAN = redriving(5)
UNKNOWN = redriving(t.UNKNOWN)


def test_finds_too_few_receives() -> None:
    """One receive sends a throttled message to the dead letters."""
    found = finding(receive_count, FOUND)

    assert found.node.name == "Orders"
    assert "after 1 receive," in found.says


def test_finds_too_many_receives() -> None:
    """A message is not tried a thousand times."""
    assert "1000 times" in finding(receive_count, redriving(1000)).says


@pytest.mark.parametrize("receives", [3, "5", 100])
def test_is_content_with_a_usual_number(receives: int | str) -> None:
    """From 3 to 100, also as a text, is within the bounds."""
    assert said(receive_count, redriving(receives)) == []


def test_says_nothing_of_an_unknown_number() -> None:
    """A number that is known only after the deployment is no finding."""
    assert [each.property for each in t.unresolved(receive_count, UNKNOWN)] == [
        "RedrivePolicy.maxReceiveCount"
    ]


def test_finds_messages_that_expire_before_they_are_given_up() -> None:
    """Receives times visibility timeout beyond the retention keep the dead-letter queue empty."""
    slow = redriving(70, VisibilityTimeout=5400)

    assert "70 receives x 5400 s visibility timeout = 378000 s" in finding(receive_count, slow).says


def test_counts_the_retention_that_is_set() -> None:
    """A longer retention leaves time to give the same message up."""
    assert (
        said(receive_count, redriving(70, VisibilityTimeout=5400, MessageRetentionPeriod=604800))
        == []
    )


def test_takes_its_bounds_from_the_thresholds() -> None:
    """Both bounds can be configured."""
    strict = Thresholds(fewest_receives=6, most_receives=10)

    assert findings(receive_count, CLEAN, thresholds=strict)
    assert findings(receive_count, redriving(11), thresholds=strict)


def test_leaves_out_a_queue_that_nothing_polls() -> None:
    """A consumer that receives by itself decides for itself when to give up."""
    unpolled = {
        logical_id: each
        for logical_id, each in FOUND["Resources"].items()
        if logical_id != "FromOrders"
    }

    assert said(receive_count, t.template(**unpolled)) == []
