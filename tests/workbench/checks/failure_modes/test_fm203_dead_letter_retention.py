"""FM203: dead letters that expire with their queue."""

from __future__ import annotations

from typing import Any

from hinagata.checks.failure_modes.fm203_dead_letter_retention import dead_letter_retention
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, resource, said

DAY_S = 86_400


def keeping(source: Any = None, letters: Any = None, **both: Any) -> dict[str, Any]:
    """A queue and its dead-letter queue with some retentions; None leaves the default."""
    return t.template(
        Orders=resource(
            "SQS::Queue",
            RedrivePolicy={"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": 5},
            **({} if source is None else {"MessageRetentionPeriod": source}),
            **both,
        ),
        Letters=resource(
            "SQS::Queue", **({} if letters is None else {"MessageRetentionPeriod": letters}), **both
        ),
    )


FOUND = keeping(4 * DAY_S, 2 * DAY_S)
CLEAN = keeping(4 * DAY_S, 14 * DAY_S)
UNKNOWN = keeping(4 * DAY_S, t.UNKNOWN)


def test_finds_dead_letters_kept_shorter_than_their_queue_keeps() -> None:
    """A shorter retention is found at the dead-letter queue."""
    found = finding(dead_letter_retention, FOUND)

    assert (found.node.name, found.property) == ("Letters", "MessageRetentionPeriod")
    assert "2 days" in found.says


def test_finds_the_defaults_of_both() -> None:
    """Four days each leave a late dead letter no time."""
    assert "4 days" in finding(dead_letter_retention, keeping()).says


def test_is_content_with_a_longer_retention() -> None:
    """Fourteen days after four leave ten."""
    assert said(dead_letter_retention, CLEAN) == []


def test_says_nothing_of_an_unknown_retention() -> None:
    """A retention that is known only after the deployment is no finding."""
    (left,) = t.unresolved(dead_letter_retention, UNKNOWN)

    assert left.node.name == "Letters"


def test_leaves_out_fifo_queues() -> None:
    """There the time starts again with the move."""
    assert said(dead_letter_retention, keeping(FifoQueue=True)) == []


def test_leaves_out_a_dead_letter_queue_that_keeps_as_long_as_it_can() -> None:
    """Fourteen days are the most that SQS keeps."""
    assert said(dead_letter_retention, keeping(14 * DAY_S, 14 * DAY_S)) == []
