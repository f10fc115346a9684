"""A simulation for a person, in tables of eighty columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from textwrap import fill
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hinagata.planner.lines import WIDTH
from hinagata.report.figure import short_number
from hinagata.scenario.units import show_seconds
from hinagata.simulator.ending import got_there, sentences
from hinagata.simulator.self_check import Difference
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import Row, rows

# A mark, three numbers and the gaps take the rest of the line.
_ABOUT, _AGAINST = 25, 17


def write_text(simulation: Simulation, file: IO[str]) -> None:
    """Writes a simulation for a person.

    Args:
        simulation: What was simulated.
        file: Where to; in colour if it is a terminal.
    """
    terminal = Console(file=file, highlight=False, markup=False, emoji=False)
    unicode = "utf" in terminal.encoding.lower()
    if terminal.is_terminal:
        terminal.width = min(terminal.width, WIDTH)
        _write(simulation, terminal, unicode=unicode)
        return
    # A table fills its columns with blanks, which are of no use in a file.
    filled = io.StringIO()
    plain = Console(file=filled, width=WIDTH, highlight=False, markup=False, emoji=False)
    _write(simulation, plain, unicode=unicode)
    file.writelines(f"{line.rstrip()}\n" for line in filled.getvalue().splitlines())


def _write(simulation: Simulation, console: Console, *, unicode: bool) -> None:
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
    unfinished = list(sentences(simulation.network, outcome))
    for sentence in unfinished:
        console.print(Text(_paragraph(sentence, "• " if unicode else "* "), style="red"))
    if unfinished:
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
    heads = ("arrivals", "throttled", "errors", "dead", "failed", "backlog", "oldest", "cold")
    cells = [
        (
            _count(row.arrivals),
            _throttled(row),
            _count(row.errors),
            _count(row.dead),
            _count(row.failed + row.expired),
            _count(row.backlog),
            _age(row.oldest_s),
            _count(row.cold_starts),
        )
        for row in found
    ]
    table = _table("station", *heads)
    # Numbers are never cut: a long name takes several lines.
    width = WIDTH - sum(1 + max(map(len, column)) for column in zip(heads, *cells, strict=True))
    for row, texts in zip(found, cells, strict=True):
        _row(table, _parted(row.station, width), *texts)
    return table


def _throttled(row: Row) -> str:
    if row.throttled_share < 0.0005:
        return _count(row.throttled)
    share = f"{row.throttled_share:.0%}" if row.throttled_share >= 0.01 else "<1%"
    return f"{_count(row.throttled)} {share}"


def _parted(name: str, width: int) -> str:
    """Returns a path on as many lines as its ids need."""
    if len(name) <= width:
        return name
    return name.replace("/", "/\n ").replace(" (", "\n (")


def _latencies(simulation: Simulation) -> Table:
    """Returns how long messages take to the hops that the scenario names."""
    table = _table("from sending to the end of", "p50", "p95", "p99", "got there")
    sources = simulation.scenario.sources
    for path in simulation.outcome.latencies:
        if path.p50_s is not None and path.station in sources[path.source].reaches:
            shown = (
                "-" if value is None else show_seconds(value)
                for value in (path.p50_s, path.p95_s, path.p99_s)
            )
            share = got_there(simulation.network, simulation.outcome, path)
            _row(table, f"{path.source} → {path.station}", *shown, _part(share))
    return table


def _part(share: float) -> str:
    """Returns a share in which neither all nor nothing is what only comes near it."""
    if share > 0.9995:
        return "all"
    return "<0.1%" if share < 0.001 else f"{share:.1%}"


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
    for name, width in (("", 1), ("check", _ABOUT), ("against", _AGAINST)):
        table.add_column(name, width=width)
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
        table.add_column(name, min_width=1)
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
            return f"{seconds / size:.{0 if seconds >= 10 * size else 1}f} {unit}"
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
