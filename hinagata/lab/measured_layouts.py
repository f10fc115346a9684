"""Three layouts of a table, each deployed and driven with the same traffic, beside each other.

The sample's app takes the context `layout`; its handlers log what each piece of work took of the
tables, as DynamoDB itself says it (`ReturnConsumedCapacity`, Amazon DynamoDB API reference).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.accounting import percentile
from hinagata.lab.run import Stage, play, stage
from hinagata.lab.steps import Steps
from hinagata.lab.wiring import wire
from hinagata.planner.layouts.as_text import columns, heads
from hinagata.planner.pricing.as_text import money
from hinagata.planner.pricing.bill import price
from hinagata.planner.sizes.peak import shown
from hinagata.samples import Sample, read_samples
from hinagata.scenario import Scenario, find_scenario, read_scenario
from hinagata.suggestion import suggest

SCENARIO = "layouts"
# What the planner calls each layout (`hinagata.planner.layouts.compare`).
LAYOUTS = {"A": "device", "B": "item", "C": "building"}
_MESSAGE = "table used"
_STORED, _SCREEN = "store", "screen"
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one layout took, once its table was filled: what follows is every other day.

    Attributes:
        name: A, B or C.
        reports: reports that came.
        reported: data items in them.
        written: items that were written for them.
        write_units: write units of that.
        filter_units: read units that it took to find out what had changed.
        screens: screens that were read.
        items: items that a screen reads.
        calls: calls of the table for a screen, one after the other.
        read_units: read units of a screen.
        read_ms: the median time to read a screen.
    """

    name: str
    reports: int
    reported: int
    written: int
    write_units: float
    filter_units: float
    screens: int
    items: float
    calls: float
    read_units: float
    read_ms: float

    @property
    def usd_of_reports(self) -> float:
        """What a million reports cost at the table, on demand in us-east-1."""
        each = _MILLION / self.reports
        return _usd(self.write_units * each, self.filter_units * each)

    @property
    def usd_of_screens(self) -> float:
        """What a million screens cost at the table."""
        return _usd(0, self.read_units * _MILLION)


def _usd(write_units: float, read_units: float) -> float:
    usage = {"dynamodb": {"Table": {"write_units": write_units, "read_units": read_units}}}
    return price(usage).total


def measure_layouts(
    sample: Sample, *, project: Path, steps: Steps, endpoint_url: str | None = None
) -> list[Measured]:
    """Deploy each layout, play the sample's scenario `layouts`, and return what each took.

    Args:
        sample: its app takes the context `layout`.
        project: the folder with the app.
        steps: shows how far it is.
        endpoint_url: where to deploy to; None starts the embedded endpoint.

    Raises:
        UsageError: the sample has no such scenario.
        HinagataError: its handlers say nothing of tables.
    """
    if SCENARIO not in sample.scenarios:
        able = [each.name for each in read_samples(project) if SCENARIO in each.scenarios]
        raise UsageError(
            f"{sample.name} has no layouts to measure; expected {suggest(sample.name, able)}"
        )
    file = find_scenario(SCENARIO, sample=sample.name, project=project)
    scenario = read_scenario(file, project=project)
    found = []
    for name, layout in LAYOUTS.items():
        steps.say(f"{name}: layout={layout}")
        with stage(
            sample,
            scenario,
            project=project,
            endpoint_url=endpoint_url,
            steps=steps,
            context={"layout": layout},
        ) as up:
            found.append(_measure(name, up, scenario, steps))
    return found


def _measure(name: str, up: Stage, scenario: Scenario, steps: Steps) -> Measured:
    result = play(up, scenario, steps=steps, deadline_seconds=scenario.deadline_seconds)
    if not result.met:
        missed = [verdict.about for verdict in result.verdicts if not verdict.met]
        raise HinagataError(
            f"layout {name}: {', '.join(missed)} is not as expected, so that nothing can be "
            "compared; run the scenario alone to see why"
        )
    groups = wire(scenario, up.assembly, up.deployment, up.endpoint).log_groups
    return summarised(name, list(_uses(up.endpoint.client("logs"), groups)))


def _uses(logs: Any, groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what the handlers say of their tables, each with the time of its line."""
    for group in groups:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            for event in page["events"]:
                _, brace, text = event["message"].partition("{")
                if _MESSAGE in text:
                    yield {**json.loads(brace + text), "at": event["timestamp"]}


def summarised(name: str, uses: Sequence[dict[str, Any]]) -> Measured:
    """Return what pieces of work took together, from the last one on that met a new data item.

    Args:
        name: A, B or C.
        uses: a log line of each.

    Raises:
        HinagataError: one of the two kinds of work is missing.
    """
    filled = max((use["at"] for use in uses if use.get("new")), default=0)
    stored, screens = (
        [use for use in uses if use.get("work") == work and use["at"] > filled]
        for work in (_STORED, _SCREEN)
    )
    if not stored or not screens:
        raise HinagataError(
            f'layout {name}: the handlers log no "{_MESSAGE}" of storing and of screens, as those '
            "of hvac_platform do"
        )

    def mean(what: str) -> float:
        return float(sum(use[what] for use in screens)) / len(screens)

    return Measured(
        name=name,
        reports=sum(use["reports"] for use in stored),
        reported=sum(use["reported"] for use in stored),
        written=sum(use["written"] for use in stored),
        write_units=sum(use["write_units"] for use in stored),
        filter_units=sum(use["read_units"] for use in stored),
        screens=len(screens),
        items=mean("items"),
        calls=mean("calls"),
        read_units=mean("read_units"),
        read_ms=percentile([use["ms"] for use in screens], 50) or 0.0,
    )


def as_text(measured: Sequence[Measured]) -> str:
    """Return layouts beside each other, as lines."""
    first = measured[0]

    def row(title: str, values: Sequence[float]) -> tuple[str, ...]:
        return (title, *(shown(value) for value in values))

    rows = [
        ("", *(each.name for each in measured)),
        *heads("An item for each", [_WHAT[each.name] for each in measured]),
        row("Items written", [each.written for each in measured]),
        row("Write units", [each.write_units for each in measured]),
        row("Write units a report", [each.write_units / each.reports for each in measured]),
        row("Read units a report, to compare", [e.filter_units / e.reports for e in measured]),
        row("Items a screen reads", [each.items for each in measured]),
        row("Calls for a screen", [each.calls for each in measured]),
        row("Read units a screen", [each.read_units for each in measured]),
        row("Time to read a screen, ms", [each.read_ms for each in measured]),
        ("Table, USD a million reports", *(money(each.usd_of_reports) for each in measured)),
        ("Table, USD a million screens", *(money(each.usd_of_screens) for each in measured)),
    ]
    sent = f"{first.reports} reports of {first.reported} data items, {first.screens} screens"
    lines = [
        f"Measured on this endpoint: {sent}",
        "",
        *columns(rows),
        "",
        "Units are the endpoint's own count (ConsumedCapacity), times those of this machine.",
        "A and B ask a register first what stands in a building; that is counted in.",
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


_WHAT = {"A": "device", "B": "data item", "C": "data item of a building"}


def as_document(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return layouts as they are printed in JSON."""
    return [
        {
            **asdict(each),
            "usd_per_million_reports": each.usd_of_reports,
            "usd_per_million_screens": each.usd_of_screens,
        }
        for each in measured
    ]
