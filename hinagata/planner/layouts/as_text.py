"""The layouts beside each other, for people and for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from textwrap import wrap

from hinagata.planner import fact_lines
from hinagata.planner.layouts.compare import Comparison, Layout
from hinagata.planner.pricing.as_text import money
from hinagata.planner.sizes.peak import shown

_WIDEST_WORDS = 14


def as_text(found: Comparison, *, sources: bool = False) -> str:
    """Returns a comparison as lines; with `sources`, with source and date of every number."""
    d = found.devices
    reports = f"each reports every {d.interval_s:g} s, with {d.changed:g} of {d.items:g} data items"
    reads = f"each reads the {d.devices_per_building:g} devices of a building"
    crossover = f"k < ceil({found.layouts[0].item_kb:.4g} KB) = {found.crossover}"
    lines = [
        f"{shown(d.devices)} devices; {reports} changed",
        f"{shown(d.screens)} screens; {reads} every {d.refresh_s:g} s",
        "What no option says is assumed; hinagata layouts --help lists it",
        "What takes the reports in, and the API, are not in it; hinagata price has these",
        "",
        *columns(_rows(found.layouts)),
        "",
        f"C writes less than A while {crossover} data items change",
        *columns(_crossover(found)),
        "",
        f"A building takes {found.hottest_share:.2%} of what one partition writes",
        f"Cheapest: {found.cheapest.name}, an item for each {found.cheapest.what}",
    ]
    if not all(item.verified for each in found.layouts for item in each.estimate.items):
        hint = "" if sources else "; --sources shows which"
        mark = fact_lines.UNVERIFIED
        lines += ["", f"{mark} rests on a number that nobody has checked{hint}"]
    if sources:
        lines += ["", "Sources", *fact_lines.as_lines(found.facts)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_json(found: Comparison, *, measured: object = None) -> str:
    """Returns a comparison as JSON; with `measured` beside it, if there is something."""
    document: dict[str, object] = {
        "devices": vars(found.devices),
        "layouts": [
            {
                **{name: value for name, value in vars(layout).items() if name != "estimate"},
                "usd_per_month": layout.estimate.total,
                "items": {
                    f"{item.service}: {item.name}": item.amount for item in layout.estimate.items
                },
            }
            for layout in found.layouts
        ],
        "crossover": found.crossover,
        "units_per_report_by_changed_items": [
            {"changed": changed, "A": by_device, "C": by_building}
            for changed, by_device, by_building in found.rows
        ],
        "share_of_a_partition": found.hottest_share,
        "cheapest": found.cheapest.name,
        "facts": [fact_lines.as_document(fact) for fact in found.facts],
    }
    if measured is not None:
        document["measured"] = measured
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _rows(layouts: Sequence[Layout]) -> list[tuple[str, ...]]:
    def row(title: str, *cells: str) -> tuple[str, ...]:
        return (title, *cells)

    rows = [
        row("", *(layout.name for layout in layouts)),
        *heads("An item for each", [layout.what for layout in layouts]),
        row("Its size, KB", *(f"{layout.item_kb:.4g}" for layout in layouts)),
        row("Write units a report", *(shown(layout.units_per_report) for layout in layouts)),
        row("Write units a second", *(shown(layout.write_units) for layout in layouts)),
        row(
            "Read units a report, to compare",
            *(shown(layout.units_to_compare) for layout in layouts),
        ),
        row("Items a screen reads", *(shown(layout.items_read) for layout in layouts)),
        row("Calls for a screen", *(shown(layout.calls) for layout in layouts)),
        row("Read units a screen", *(shown(layout.read_units) for layout in layouts)),
        row("Time to read a screen, ms", *(shown(layout.read_ms) for layout in layouts)),
        row("Concurrency of reading", *(shown(layout.concurrency) for layout in layouts)),
    ]
    names = dict.fromkeys(
        (item.service, item.name) for layout in layouts for item in layout.estimate.items
    )
    rows += [
        row(
            f"{service}: {name}, USD a month",
            *(_amount(layout, service, name) for layout in layouts),
        )
        for service, name in names
    ]
    rows.append(
        row("Table and screens, USD a month", *(money(each.estimate.total) for each in layouts))
    )
    return rows


def _amount(layout: Layout, service: str, name: str) -> str:
    items = [item for item in layout.estimate.items if (item.service, item.name) == (service, name)]
    mark = "" if all(item.verified for item in items) else f" {fact_lines.UNVERIFIED}"
    return f"{money(math.fsum(item.amount for item in items))}{mark}"


def _crossover(found: Comparison) -> list[tuple[str, ...]]:
    rows = found.rows
    return [
        ("  data items changed, k", *(str(changed) for changed, _, _ in rows)),
        ("  A, write units a report", *(shown(by_device) for _, by_device, _ in rows)),
        ("  C, write units a report", *(shown(by_building) for _, _, by_building in rows)),
        ("  writes less", *(_less(by_device, by_building) for _, by_device, by_building in rows)),
    ]


def _less(by_device: float, by_building: float) -> str:
    if by_device == by_building:
        return "="
    return "C" if by_building < by_device else "A"


def heads(title: str, cells: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yields rows of words, each as wide as a number."""
    wrapped = [wrap(cell, _WIDEST_WORDS) for cell in cells]
    for index in range(max(map(len, wrapped))):
        words = (lines[index] if index < len(lines) else "" for lines in wrapped)
        yield ("" if index else title, *words)


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yields rows as lines, the first column to the left and all others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for title, *cells in rows:
        yield "  ".join(
            (
                f"{title:<{widths[0]}}",
                *(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)),
            )
        )
