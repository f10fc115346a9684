"""A result for a person, as tables of at most 80 columns, and for a program, as JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import shorten
from typing import IO, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hinagata.lab.accounting import Journey
from hinagata.lab.result import FaultRecord, Result
from hinagata.lab.spans import Status
from hinagata.scenario.units import show_seconds

WIDTH = 80
_STYLES = {None: "", True: "bold green", False: "bold red"}
FORMAT_VERSION = 1
EXAMPLES = 3  # of what went wrong; all of them are in the JSON
LATE_SECONDS = 1.0
_PERCENTILES_MS = ("p50_ms", "p95_ms", "p99_ms")
_PERCENTILES = ("p50_seconds", "p95_seconds", "p99_seconds", "longest_seconds")


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
    for line in troubles(result):
        console.print(Text(shorten(line, 2 * WIDTH, placeholder=" ...")))
    for line in _left_out(result, verbose=verbose):
        console.print(Text(line))
    console.print()
    if result.lake is not None:
        from hinagata.lab.lake_report import lines

        for line in lines(result.lake):
            console.print(Text(line), soft_wrap=True)
        console.print()
    if result.verdicts:
        console.print(_verdicts(result, unicode="utf" in console.encoding.lower()))
        console.print()
    console.print(_summary(result))


def write_json(result: Result, file: IO[str], *, messages: bool = False) -> None:
    """Write a result for a program: one document, whose fields stay.

    Args:
        result: the run.
        file: where to.
        messages: whether every message is in it, with each of its arrivals.
    """
    json.dump(document(result, messages=messages), file, indent=2)
    file.write("\n")


def document(result: Result, *, messages: bool) -> dict[str, Any]:
    """Return a result as JSON has it; new fields may come, none goes.

    Args:
        result: the run.
        messages: whether every message is in it, with each of its arrivals.
    """
    found = {
        "version": FORMAT_VERSION,
        "sample": result.sample,
        "scenario": result.scenario,
        "seed": result.seed,
        "warm_up": result.warm_up,
        "endpoint": result.endpoint,
        "embedded": result.embedded,
        "started": result.started.isoformat(timespec="milliseconds"),
        "seconds": round(result.seconds, 3),
        "stopped": result.stopped,
        "met": result.met,
        "sources": [
            {**asdict(source), "latest_seconds": round(source.latest_seconds, 3)}
            for source in result.sources
        ],
        "hops": [
            {**asdict(hop), **{name: _rounded(getattr(hop, name), 1) for name in _PERCENTILES_MS}}
            for hop in result.hops
        ],
        "paths": [
            {**asdict(path), **{name: _rounded(getattr(path, name), 4) for name in _PERCENTILES}}
            for path in result.paths
        ],
        "traces": [asdict(account) for account in result.traces],
        "faults": [asdict(fault) for fault in result.faults],
        "stubs": [asdict(stub) for stub in result.stubs],
        "gaps": [{"name": gap.name, "wrong": gap.wrong} for gap in result.gaps],
        "expectations": [asdict(verdict) for verdict in result.verdicts],
    }
    if result.lake is not None:
        from hinagata.lab.lake_report import document as lake_document

        found["lake"] = lake_document(result.lake)
    if messages:
        found["timeline"] = None if result.timeline is None else asdict(result.timeline)
        found["messages"] = [_journey(journey) for journey in result.journeys]
    return found


def _journey(journey: Journey) -> dict[str, Any]:
    sent = journey.sent
    return {
        "id": sent.id,
        "source": sent.source,
        "trace": sent.trace,
        "sent_at": round(sent.sent_at, 6),
        "accepted_at": None if sent.accepted_at is None else round(sent.accepted_at, 6),
        "attempts": sent.attempts,
        "ending": journey.ending,
        "dead_letters": list(journey.dead_letters),
        "arrivals": [
            {
                "hop": span.hop,
                "start": round(span.start, 6),
                "end": round(span.end, 6),
                "status": span.status,
                **({"error": span.error} if span.error else {}),
            }
            for span in journey.spans
        ],
    }


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
    table.add_column("", no_wrap=True, min_width=1)
    for name in ("expectation", "expected", "observed"):
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
    """Return the answer, in a sentence."""
    good = None if not (result.verdicts or result.stopped) else result.met
    return Text(summary(result), style=_STYLES[good])


def summary(result: Result) -> str:
    """Return what a run comes to, in a sentence."""
    held = sum(verdict.met for verdict in result.verdicts)
    count = len(result.verdicts)
    took = f", after {show_seconds(result.seconds)}"
    if result.stopped:
        return f"The run was {result.stopped}{took}: nothing was judged."
    if not result.verdicts:
        return f"The scenario expects nothing{took}."
    if result.met:
        return f"All {count} expectations hold{took}."
    return f"{count - held} of {count} expectations missed{took}."


def fault_line(fault: FaultRecord, *, since: float) -> str:
    """Return what a fault did, in a line.

    Args:
        fault: what it was and did.
        since: what its times are told from, in seconds since the epoch.
    """
    share = f", {fault.rate:.0%}" if fault.rate < 1 else ""
    about = f"{fault.inject}{f' on {fault.target}' if fault.target else ''}{share}"
    if fault.began is None:
        return f"{about}: did not begin before the end"
    # One that is there from the start begins a moment before the first message.
    when = show_seconds(max(0.0, fault.began - since))
    until = "" if fault.ended is None else f" to {show_seconds(fault.ended - since)}"
    times = "once" if fault.struck == 1 else f"{fault.struck} times"
    return f"{about}: from {when}{until}, struck {times}"


def troubles(result: Result) -> Iterator[str]:
    """Yield a line for each thing that a person would ask about next."""
    for source in result.sources:
        for message in source.lost[:EXAMPLES]:
            yield f"lost: {message.id} of {source.source} at {', '.join(message.hops)}"
        if len(source.lost) > EXAMPLES:
            yield f"lost: {len(source.lost) - EXAMPLES} more of {source.source}"
        if source.latest_seconds > LATE_SECONDS:
            late = show_seconds(source.latest_seconds)
            yield f"late: this machine sent {source.source} up to {late} after their time"
    yield from _still_in_queues(result)
    for account in result.traces:
        for each in account.breaks[:EXAMPLES]:
            yield (
                f"trace: {each.messages} of {account.source} break between "
                f"{' or '.join(each.before)} and {each.hop}, such as {each.example}"
            )
    since = result.timeline.started if result.timeline else result.started.timestamp()
    for fault in result.faults:
        yield f"fault: {fault_line(fault, since=since)}"
    yield from _refusals(result)


def _still_in_queues(result: Result) -> Iterator[str]:
    if result.timeline is None or not any(source.lost for source in result.sources):
        return
    for sample in result.timeline.queues[-1:]:
        left = ", ".join(f"{count} in {name}" for name, count in sample.depths.items() if count)
        if left:
            yield f"late: messages are still in queues, {left}: what is lost may come yet"


def _refusals(result: Result) -> Iterator[str]:
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
    """Yield what the endpoint did not do as AWS does: a run never claims more than it did."""
    if result.gaps:
        count = len(result.gaps)
        yield (
            f"Otherwise than on AWS: {count} known gap{'' if count == 1 else 's'}, which "
            f"`hinagata run --list-gaps {result.sample}` lists."
        )
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


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
