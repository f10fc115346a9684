"""A result for a person, as tables of at most 80 columns, and for a program, as JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import shorten
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hinagata.lab.result import Result
from hinagata.lab.spans import Status
from hinagata.scenario.units import show_seconds

WIDTH = 80
FORMAT_VERSION = 1
EXAMPLES = 3  # of what went wrong; all of them are in the JSON
LATE_SECONDS = 1.0


def write_text(result: Result, file: IO[str], *, verbose: bool = False) -> None:
    """Write a result for a person.

    Args:
        result: the run.
        file: where to; in colour if it is a terminal.
        verbose: whether each resource that the endpoint left out is listed.
    """
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    where = "the embedded endpoint" if result.embedded else result.endpoint
    console.print(
        Text.assemble((f"{result.sample}: {result.scenario}", "bold"), f" on {where}"), end="\n\n"
    )
    console.print(_sources(result))
    console.print()
    console.print(_hops(result))
    console.print(Text(_about_latencies(result), style="dim"))
    console.print()
    for line in _troubles(result):
        console.print(Text(shorten(line, 2 * WIDTH, placeholder=" ...")))
    for line in _left_out(result, verbose=verbose):
        console.print(Text(line))
    console.print()
    if result.verdicts:
        console.print(_verdicts(result, unicode="utf" in console.encoding.lower()))
        console.print()
    console.print(_summary(result))


def write_json(result: Result, file: IO[str]) -> None:
    """Write a result for a program: one document, whose fields stay."""
    document = {
        "version": FORMAT_VERSION,
        "sample": result.sample,
        "scenario": result.scenario,
        "seed": result.seed,
        "warm_up": result.warm_up,
        "endpoint": result.endpoint,
        "embedded": result.embedded,
        "started": result.started.isoformat(timespec="milliseconds"),
        "seconds": round(result.seconds, 3),
        "met": result.met,
        "sources": [
            {**asdict(source), "latest_seconds": round(source.latest_seconds, 3)}
            for source in result.sources
        ],
        "hops": [
            {**asdict(hop), "p50_ms": _rounded(hop.p50_ms), "p99_ms": _rounded(hop.p99_ms)}
            for hop in result.hops
        ],
        "stubs": [asdict(stub) for stub in result.stubs],
        "expectations": [asdict(verdict) for verdict in result.verdicts],
    }
    json.dump(document, file, indent=2)
    file.write("\n")


def _about_latencies(result: Result) -> str:
    about = "p50, p99: from the sending to the end of the hop's work"
    return f"{about}, after {result.warm_up} to warm up" if result.warm_up else about


def _sources(result: Result) -> Table:
    table = _table("source", "sent", "accepted", "refused", "retries", "lost")
    for source in result.sources:
        _row(
            table,
            source.source,
            source.sent,
            source.accepted,
            source.refused,
            source.retries,
            len(source.lost),
        )
    return table


def _hops(result: Result) -> Table:
    table = _table("hop", "received", "processed", "duplicates", "dead letters", "p50 ms", "p99 ms")
    for hop in result.hops:
        _row(
            table,
            hop.hop,
            hop.received,
            hop.processed,
            hop.duplicates,
            hop.dead_lettered,
            hop.p50_ms,
            hop.p99_ms,
        )
    return table


def _verdicts(result: Result, *, unicode: bool) -> Table:
    good, bad = ("✓", "✗") if unicode else ("+", "-")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("", "expectation", "expected", "observed"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for verdict in result.verdicts:
        table.add_row(
            Text(good, style="green") if verdict.met else Text(bad, style="red"),
            Text(verdict.about),
            Text(verdict.expected),
            Text(verdict.observed, style="" if verdict.met else "red"),
        )
    return table


def _summary(result: Result) -> Text:
    held = sum(verdict.met for verdict in result.verdicts)
    count = len(result.verdicts)
    took = f", after {show_seconds(result.seconds)}"
    if not result.verdicts:
        return Text(f"The scenario expects nothing{took}.")
    if result.met:
        return Text(f"All {count} expectations hold{took}.", style="bold green")
    return Text(f"{count - held} of {count} expectations missed{took}.", style="bold red")


def _troubles(result: Result) -> Iterator[str]:
    """Yield a line for each thing that a person would ask about next."""
    for source in result.sources:
        for message in source.lost[:EXAMPLES]:
            yield f"lost: {message.id} of {source.source} at {', '.join(message.hops)}"
        if len(source.lost) > EXAMPLES:
            yield f"lost: {len(source.lost) - EXAMPLES} more of {source.source}"
        if source.latest_seconds > LATE_SECONDS:
            late = show_seconds(source.latest_seconds)
            yield f"late: this machine sent {source.source} up to {late} after their time"
    refusals = Counter(
        (record.source, record.failure)
        for record in result.records.sent
        if record.accepted_at is None
    )
    for (source_name, failure), count in refusals.most_common(EXAMPLES):
        yield f"refused: {count} of {source_name}: {failure}"
    errors = Counter(
        (span.hop, span.error) for span in result.records.spans if span.status is Status.ERROR
    )
    for (hop, error), count in errors.most_common(EXAMPLES):
        yield f"errors: {count} at {hop}: {error}"


def _left_out(result: Result, *, verbose: bool) -> Iterator[str]:
    """Yield what the endpoint did not create: a run never claims more than it did."""
    if not result.stubs:
        return
    services = Counter(stub.type.split("::")[1] for stub in result.stubs)
    listing = ", ".join(f"{count} of {service}" for service, count in services.most_common())
    hint = ":" if verbose else "; --verbose lists them."
    yield f"Not on this endpoint: {len(result.stubs)} resources, {listing}{hint}"
    if verbose:
        for stub in result.stubs:
            yield f"  {stub.path}: {stub.reason}"


def _table(first: str, *rest: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True, overflow="ellipsis")
    for name in rest:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _row(table: Table, name: str, *numbers: float | None) -> None:
    table.add_row(
        Text(name), *(Text("-" if number is None else f"{number:.0f}") for number in numbers)
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
