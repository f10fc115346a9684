"""A simulation for a person, as tables of at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hinagata.report.figure import short_number
from hinagata.scenario.units import show_seconds
from hinagata.simulator.self_check import Difference
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import Row, rows

WIDTH = 100


def write_text(simulation: Simulation, file: IO[str]) -> None:
    """Writes a simulation for a person.

    Args:
        simulation: What was simulated.
        file: Where to; in colour if it is a terminal.
    """
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    unicode = "utf" in console.encoding.lower()
    outcome, choice = simulation.outcome, simulation.choice
    console.print(
        Text.assemble(
            (f"{simulation.scenario.name}", "bold"), f", {show_duration(outcome.duration_s)}"
        )
    )
    engine = f"{choice.engine} engine: {choice.reason}"
    console.print(Text(fill(engine, WIDTH), style="dim"))
    console.print()
    console.print(_stations(list(rows(simulation.network, outcome))))
    console.print()
    if outcome.latencies:
        console.print(_latencies(simulation))
        console.print()
    if simulation.warmth:
        console.print(_warmth(simulation))
        console.print()
    if simulation.costs:
        console.print(_costs(simulation))
        console.print()
    if simulation.differences:
        console.print(_differences(simulation.differences, unicode=unicode))
        console.print()
    for doubt in simulation.doubts:
        console.print(Text(_paragraph(doubt, "• " if unicode else "* ")))
    if simulation.doubts:
        console.print()
    if simulation.verdicts:
        console.print(_verdicts(simulation, unicode=unicode))
        console.print()
    console.print(_summary(simulation))


def show_duration(seconds: float) -> str:
    """Returns a duration in the largest unit that it is a whole number of.

    >>> show_duration(86_400), show_duration(5400), show_duration(0.5)
    ('24 h', '90 min', '500 ms')
    """
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return show_seconds(seconds)


def _stations(found: list[Row]) -> Table:
    table = _table(
        "station", "arrivals", "throttled", "errors", "dead", "failed", "backlog", "oldest", "cold"
    )
    for row in found:
        throttled = _count(row.throttled)
        if row.throttled_share >= 0.0005:
            throttled = f"{throttled} {row.throttled_share:.1%}"
        _row(
            table,
            row.station,
            _count(row.arrivals),
            throttled,
            _count(row.errors),
            _count(row.dead),
            _count(row.failed + row.expired),
            _count(row.backlog),
            _age(row.oldest_s),
            _count(row.cold_starts),
        )
    return table


def _latencies(simulation: Simulation) -> Table:
    """Returns how long messages take to the hops that the scenario names."""
    table = _table("from sending to the end of", "p50", "p95", "p99")
    sources = simulation.scenario.sources
    for path in simulation.outcome.latencies:
        if path.p50_s is not None and path.station in sources[path.source].reaches:
            shown = (
                "-" if value is None else show_seconds(value)
                for value in (path.p50_s, path.p95_s, path.p99_s)
            )
            _row(table, f"{path.source} → {path.station}", *shown)
    return table


def _warmth(simulation: Simulation) -> Table:
    table = _table("if idle environments are kept for", "cold starts", "of invocations")
    for each in simulation.warmth:
        _row(
            table,
            show_duration(each.keep_alive_s),
            f"{each.cold_starts:,.0f}",
            f"{each.share:.3%}",
        )
    return table


def _costs(simulation: Simulation) -> Table:
    by_service: dict[str, float] = {}
    for cost in simulation.costs:
        by_service[cost.service] = by_service.get(cost.service, 0.0) + cost.total
    time = show_duration(simulation.outcome.duration_s)
    table = _table(f"cost of {time}, first tier, USD", "")
    for service, usd in sorted(by_service.items(), key=lambda each: -each[1]):
        if usd >= 0.005:
            _row(table, service, f"{usd:,.2f}")
    _row(table, "together", f"{sum(by_service.values()):,.2f}")
    return table


def _differences(differences: tuple[Difference, ...], *, unicode: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # Names give way to numbers: a mark, three numbers and the gaps take 36 columns.
    for name, most in (("", 1), ("check", 34), ("against", 28)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=1, max_width=most)
    for name in ("here", "there", "apart"):
        table.add_column(name, no_wrap=True, justify="right", min_width=7)
    for difference in differences:
        table.add_row(
            _mark(good=difference.met, unicode=unicode),
            Text(difference.about),
            Text(difference.against),
            Text(short_number(difference.here)),
            Text(short_number(difference.there)),
            Text(f"{difference.share:.2%}", style="" if difference.met else "red"),
        )
    return table


def _verdicts(simulation: Simulation, *, unicode: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("", "expectation", "expected", "simulated"):
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=1)
    for verdict in simulation.verdicts:
        table.add_row(
            _mark(good=verdict.met, unicode=unicode),
            Text(verdict.about),
            Text(verdict.expected),
            Text(verdict.observed, style="red" if verdict.met is False else ""),
        )
    return table


def _mark(*, good: bool | None, unicode: bool) -> Text:
    if good is None:
        return Text("?", style="dim")
    yes, no = ("✓", "✗") if unicode else ("+", "-")
    return Text(yes, style="green") if good else Text(no, style="red")


def _summary(simulation: Simulation) -> Text:
    told = [verdict for verdict in simulation.verdicts if verdict.met is not None]
    missed = sum(verdict.met is False for verdict in told)
    took = f", simulated in {show_seconds(simulation.seconds)}"
    if not told:
        return Text(f"The scenario expects nothing that a simulation tells{took}.")
    if not missed:
        return Text(f"All {len(told)} expectations hold{took}.", style="bold green")
    return Text(f"{missed} of {len(told)} expectations missed{took}.", style="bold red")


def _table(first: str, *rest: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True, overflow="ellipsis", min_width=12)
    for name in rest:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _row(table: Table, name: str, *texts: str) -> None:
    table.add_row(Text(name), *(Text(text) for text in texts))


def _count(number: float) -> str:
    """Returns a count that may be an expected value."""
    if number < 0.05:
        return "-"
    return short_number(number) if number >= 1000 or number < 10 else f"{number:.0f}"


def _age(seconds: float) -> str:
    if seconds < 0.05:
        return "-"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _paragraph(text: str, mark: str) -> str:
    return fill(
        text[:1].upper() + text[1:],
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
    )


def lines_of(simulation: Simulation) -> Iterator[str]:
    """Yields the sentences of a simulation's doubts, each with a capital letter."""
    for doubt in simulation.doubts:
        yield doubt[:1].upper() + doubt[1:]
