"""How long a schedule rests at most."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hinagata.checks.schedule_period import longest_rest_s
from hinagata.topology.reading import topology_of
from tests.workbench.checks.template import UNKNOWN, resource, template


def rest_s(**rule: Any) -> float | None:
    """The longest rest of a rule."""
    topology = topology_of(Shop=template(Rule=resource("Events::Rule", **rule)))
    return longest_rest_s(next(topology.of_type("AWS::Events::Rule")))


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(12 hours)", 43_200),
        ("cron(* * * * ? *)", 60),
        ("cron(0/5 * * * ? *)", 300),
        ("cron(*/10 * ? * * *)", 600),
        ("cron(30 * * * ? *)", 3_600),
        ("cron(0 */6 * * ? *)", 21_600),
        ("cron(15 3 * * ? *)", 86_400),
        ("cron(0 8-18 * * ? *)", 86_400),
        ("cron(0 3 ? * MON *)", math.inf),
        ("cron(0 3 1 * ? *)", math.inf),
        ("at(2030-01-01T00:00:00)", math.inf),
        ("every full moon", math.inf),
    ],
)
def test_reads_rates_and_cron(expression: str, seconds: float) -> None:
    """Rates, steps, hours and days; what fires once or skips days rests for ever."""
    assert rest_s(ScheduleExpression=expression) == seconds


def test_knows_nothing_of_an_absent_or_unknown_expression() -> None:
    """Neither is guessed."""
    assert rest_s(EventPattern={"source": ["shop"]}) is None
    assert rest_s(ScheduleExpression=UNKNOWN) is None
