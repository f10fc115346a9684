"""Numbers that the checks would find in the template are refused in the blueprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint

QUEUE = """
components:
  jobs: {pattern: point_to_point_queue, retention: 1h}
  work: {pattern: lambda_worker, timeout: 1m}
  breaker: {pattern: circuit_breaker, guards: [work]}
flows:
  - jobs -> work
traffic:
  shops: {to: jobs, rate: 1/s}
"""
STREAM = """
components:
  readings: event_stream
  ingest: lambda_worker
  current: {pattern: telemetry_store, partition_key: house}
  second: lambda_worker
flows:
  - readings -> ingest -> current
  - readings -> second
traffic:
  meters: {to: readings, rate: 1/s, example: {house: h-1, status: on}}
"""
SERVICE = """
components:
  gate: {pattern: proactive_service, max_tasks: 20, routes: {"POST /a": take}}
"""


def _read(text: str) -> Architecture:
    return Architecture(parse_blueprint(text, file=Path("shop.yaml")))


@pytest.mark.parametrize("text", [QUEUE, SERVICE, STREAM])
def test_what_is_within_bounds_is_taken(text: str) -> None:
    """So each refusal below is of its damage alone."""
    assert _read(text).components


@pytest.mark.parametrize(
    ("text", "damage", "said"),
    [
        (QUEUE, ("retention: 1h", "max_receive_count: 2"), "from 3 to 100"),
        (QUEUE, ("retention: 1h", "retention: 5m"), "from 600 s to 13d"),
        (QUEUE, ("timeout: 1m", "timeout: 2m"), "expected a retention above 3600 s"),
        (QUEUE, ("guards: [work]", "guards: [work], drain_rate: 0"), "of 1 to 10,000 whole calls"),
        (
            STREAM,
            ("flows:\n", "  third: lambda_worker\nflows:\n  - readings -> third\n"),
            "3 workers of readings, which share",
        ),
        (STREAM, ("partition_key: house", "partition_key: status"), "by its name has few values"),
        (SERVICE, ("max_tasks: 20", "max_tasks: 501"), "from 2 to 500"),
    ],
)
def test_fails_what_a_check_would_find(text: str, damage: tuple[str, str], said: str) -> None:
    """FM202, FM305, FM601, FM804; and what no construct takes."""
    with pytest.raises(HinagataError) as refusal:
        _read(text.replace(*damage, 1))

    assert str(refusal.value).startswith("shop.yaml:")
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("timeout", "rate", "said"),
    [("15m", 10, "at most 870 s of what a breaker guards"), ("20s", 1, "a drain_rate of 2 or")],
)
def test_fails_a_breaker_that_could_not_drain(timeout: str, rate: int, said: str) -> None:
    """Its worker needs time for a batch at that rate, and its controller for a probe."""
    text = QUEUE.replace("timeout: 1m", f"timeout: {timeout}").replace(", retention: 1h", "")

    with pytest.raises(HinagataError, match=said):
        _read(text.replace("guards: [work]", f"guards: [work], drain_rate: {rate}"))
