"""Which pattern suits a traffic, and what answering costs rate by rate."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.planner import Traffic, choose, price
from hinagata.planner.choosing.break_even import break_even
from hinagata.planner.choosing.choice import Pattern
from tests.workbench.planner.examples import examples_of

FEW, MANY = Traffic(rate=1), Traffic(rate=1000)
EVENTS = Traffic(rate=100, waits=False)


@pytest.mark.parametrize(
    ("traffic", "pattern"),
    [
        (FEW, Pattern.REACTIVE),
        (MANY, Pattern.PROACTIVE),
        (replace(MANY, peak_over_mean=5, rise_s=10), Pattern.REACTIVE),
        (replace(FEW, rate=0.01, latency_s=0.2), Pattern.PROACTIVE),
        (replace(FEW, rate=0.01, latency_s=2), Pattern.REACTIVE),
        (replace(FEW, duration_s=60), Pattern.QUEUE),
        (replace(MANY, duration_s=5, peak_over_mean=5, rise_s=1), Pattern.PROACTIVE),
        (EVENTS, Pattern.QUEUE),
        (replace(EVENTS, ordered=True), Pattern.QUEUE),
        (replace(EVENTS, ordered=True, peak_over_mean=50), Pattern.STREAM),
        (replace(EVENTS, replay=True), Pattern.STREAM),
        (replace(EVENTS, consumers=3), Pattern.QUEUE),
    ],
)
def test_the_pattern_follows_the_traffic(traffic: Traffic, pattern: Pattern) -> None:
    """Price, cold starts, bursts, long work, order, replay and fan-out decide."""
    found = choose(traffic)

    assert found.pattern is pattern
    assert found.reasons
    assert found.advice
    assert set(found.against) == set(Pattern) - {pattern}


def test_several_consumers_have_a_topic_before_their_queues() -> None:
    """Each its own queue."""
    (first, *_) = choose(replace(EVENTS, consumers=3)).advice

    assert first == ("put a topic before it, and give each of the 3 consumers a queue of its own")


def test_a_stream_is_sized() -> None:
    """By what all its readers read too: five of them share two MB a second of a shard."""
    traffic = replace(EVENTS, rate=2000, replay=True, consumers=5)

    assert choose(traffic).advice[0] == "5 shards at the peak, with a key that spreads"


def test_both_cost_the_same_at_the_crossover() -> None:
    """It is found to a thousandth, between the rates where one and the other is cheaper."""
    curve = break_even(FEW)
    assert curve.crossover is not None
    (at,) = break_even(FEW, rates=[curve.crossover]).rows[1:]

    assert at.reactive == pytest.approx(at.proactive, rel=1e-3)
    assert all((row.reactive < row.proactive) == (row.rate < curve.crossover) for row in curve.rows)


def test_the_curve_is_that_of_the_bill() -> None:
    """A request a second: what `price` says of the same usage."""
    (row,) = break_even(FEW, rates=()).rows
    functions = price(
        {
            "apigateway_rest": {"Api": {"requests": "1/s", "internet_out_kb": 1}},
            "lambda": {"F": {"requests": "1/s", "duration_ms": 100, "memory_mb": 512}},
        }
    )

    assert row.reactive == pytest.approx(functions.total)


def test_work_that_waits_needs_fewer_tasks() -> None:
    """A task does something else while one request waits; a function does not."""
    busy = break_even(MANY, rates=()).rows[0]
    waiting = break_even(replace(MANY, cpu_share=0.1), rates=()).rows[0]

    assert waiting.tasks == pytest.approx(busy.tasks / 10)
    assert waiting.proactive < busy.proactive
    assert waiting.reactive == busy.reactive


def test_a_sudden_peak_is_kept_ready_for() -> None:
    """Tasks that come too late must be there always."""
    slow = break_even(replace(MANY, peak_over_mean=5), rates=()).rows[0]
    sudden = break_even(replace(MANY, peak_over_mean=5, rise_s=10), rates=()).rows[0]

    assert sudden.tasks == pytest.approx(5 * slow.tasks)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", 0),
        ("rate", -1),
        ("rate", math.nan),
        ("rate", 1e15),
        ("peak_over_mean", 0.5),
        ("duration_s", math.inf),
        ("memory_mb", 64),
        ("cpu_share", 0),
        ("latency_s", 0),
        ("consumers", 0),
    ],
)
def test_fails_on_traffic_that_is_none(field: str, value: float) -> None:
    """The field, what was found and what is expected."""
    with pytest.raises(HinagataError, match=f"^traffic: {field}: found .+; expected "):
        Traffic(**{"rate": 1, field: value})


def test_work_of_no_time_costs_no_time() -> None:
    """A duration of 0 divides nothing."""
    assert choose(replace(FEW, duration_s=0)).pattern is Pattern.REACTIVE


def test_the_command_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Text within a terminal's width; JSON with the curve."""
    assert main(["choose", "--rate", "60/min"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("reactive: API Gateway + Lambda\n")
    assert "crossover at 4.2/s: below it reactive is the cheaper, above it proactive" in text
    assert max(map(len, text.splitlines())) <= 80

    assert main(["choose", "--rate", "5/s", "--no-wait", "--replay", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["pattern"] == "stream"

    assert main(["choose", "--rate", "5"]) == 2
    assert capsys.readouterr().err.startswith('hinagata: --rate: found "5"; expected a rate')


def test_examples_in_the_documentation_are_true() -> None:
    """Those of the choosers, the layouts, the memory and the partitions."""
    for name in ("choosing.choice", "layouts.compare", "memory", "partitions", "sizes.peak"):
        assert examples_of(f"hinagata.planner.{name}")
