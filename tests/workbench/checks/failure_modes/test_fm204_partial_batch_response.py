"""FM204: no partial batch response."""

from __future__ import annotations

from typing import Any

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm204_partial_batch_response import partial_batch_response
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, resource, said, unresolved


def polling(**mapping: Any) -> dict[str, Any]:
    """A queue with a consumer."""
    return t.template(
        Orders=resource("SQS::Queue"),
        Worker=t.function(),
        FromOrders=t.mapping(arn("Orders"), arn("Worker"), **mapping),
    )


FOUND = polling()
CLEAN = polling(FunctionResponseTypes=["ReportBatchItemFailures"])
UNKNOWN = polling(FunctionResponseTypes=t.UNKNOWN)


def test_finds_a_queue_whose_batches_fail_as_a_whole() -> None:
    """The default batch of ten is found at the mapping."""
    found = finding(partial_batch_response, FOUND)

    assert found.node.name == "FromOrders"
    assert "one of 10 messages" in found.says


def test_is_content_with_partial_responses() -> None:
    """Reporting the failed items is enough."""
    assert said(partial_batch_response, CLEAN) == []


def test_is_content_with_batches_of_one() -> None:
    """A batch of one message has no others to bring back."""
    assert said(partial_batch_response, polling(BatchSize=1)) == []


def test_says_nothing_of_unknown_values() -> None:
    """Response types and sizes that are known only after the deployment are no finding."""
    assert unresolved(partial_batch_response, UNKNOWN)
    assert unresolved(partial_batch_response, polling(BatchSize=t.UNKNOWN))


def streaming(**mapping: Any) -> dict[str, Any]:
    """A stream with a consumer."""
    mapping = {"StartingPosition": "LATEST", **mapping}
    return t.template(
        Telemetry=resource("Kinesis::Stream", ShardCount=1),
        Worker=t.function(),
        FromTelemetry=t.mapping(arn("Telemetry"), arn("Worker"), **mapping),
    )


def test_notes_it_of_a_stream_whose_batches_are_bisected() -> None:
    """Bisecting finds the bad record, but has the good ones before it processed again."""
    found = finding(partial_batch_response, streaming(BisectBatchOnFunctionError=True))

    assert found.severity is Severity.NOTE
    assert "one of 100 records" in found.says


def test_leaves_a_stream_that_does_neither_to_the_check_of_bisecting() -> None:
    """One cause is told once."""
    assert said(partial_batch_response, streaming()) == []


def test_leaves_out_sources_without_partial_responses() -> None:
    """Kafka has none."""
    kafka = polling(Topics=["orders"], StartingPosition="LATEST")

    assert said(partial_batch_response, kafka) == []


def test_judges_a_queue_that_is_imported() -> None:
    """The queue need not be in the assembly."""
    imported = t.template(Worker=t.function(), FromElsewhere=t.mapping(t.UNKNOWN, arn("Worker")))

    assert finding(partial_batch_response, imported).node.name == "FromElsewhere"
