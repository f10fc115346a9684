"""A choice for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import wrap

from hinagata.planner import fact_lines
from hinagata.planner.choosing.break_even import BreakEven
from hinagata.planner.choosing.choice import Choice, Pattern
from hinagata.planner.lines import WIDTH
from hinagata.planner.pricing.as_text import money
from hinagata.planner.sizes.peak import shown

MADE_OF = {
    Pattern.REACTIVE: "API Gateway + Lambda",
    Pattern.PROACTIVE: "load balancer + Fargate",
    Pattern.QUEUE: "SQS + Lambda",
    Pattern.STREAM: "Kinesis + Lambda",
}
"""What a pattern is on AWS."""


def as_text(choice: Choice, *, sources: bool = False) -> str:
    """Returns a choice as lines; with `sources`, with source and date of every number."""
    lines = [f"{choice.pattern}: {MADE_OF[choice.pattern]}"]
    for reason in choice.reasons:
        lines += wrap(reason, WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += ["", "Mind"]
    for advice in choice.advice:
        lines += wrap(advice, WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += ["", "Not"]
    for pattern, reason in choice.against.items():
        head = f"  {pattern:<9}  "
        lines += wrap(reason, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
    if choice.curve is not None:
        lines += ["", *_curve(choice.curve)]
    if any(not fact.verified for fact in choice.facts):
        hint = "" if sources else "; --sources shows which"
        mark = fact_lines.UNVERIFIED
        lines += ["", f"{mark} rests on a number that nobody has checked{hint}"]
    if sources:
        lines += ["", "Sources", *fact_lines.as_lines(choice.facts)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_json(choice: Choice) -> str:
    """Returns a choice as JSON."""
    curve = choice.curve
    document = {
        "pattern": str(choice.pattern),
        "reasons": list(choice.reasons),
        "advice": list(choice.advice),
        "against": {str(pattern): reason for pattern, reason in choice.against.items()},
        "break_even": None
        if curve is None
        else {
            "crossover": curve.crossover,
            "cheaper": curve.cheaper,
            "rows": [vars(row) for row in curve.rows],
        },
        "facts": [fact_lines.as_document(fact) for fact in choice.facts],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _curve(curve: BreakEven) -> Iterator[str]:
    yield "Break-even, USD a month by requests a second on average"
    rows = [("rate", "reactive", "proactive", "tasks")]
    rows += [
        (
            shown(row.rate),
            money(row.reactive),
            money(row.proactive),
            shown(row.tasks) if row.tasks < 100 else f"{row.tasks:,.0f}",
        )
        for row in curve.rows
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
    if curve.crossover is None:
        yield f"  {curve.cheaper} is the cheaper at every rate"
    else:
        yield (
            f"  crossover at {shown(curve.crossover)}/s: below it reactive is the cheaper, above "
            "it proactive"
        )
