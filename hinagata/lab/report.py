"""A result for a person: tables of at most 80 columns, and lines that can be copied whole."""

import io
from collections import Counter
from collections.abc import Iterator
from textwrap import shorten
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hinagata.lab.result import FaultRecord, Result
from hinagata.lab.spans import Status
from hinagata.scenario.units import show_seconds

WIDTH = 80
_LONGEST = 3 * WIDTH  # of a line about one thing that went wrong, which may quote an error
_STYLES = {None: "", True: "bold green", False: "bold red"}
EXAMPLES = 3  # of what went wrong; all of them are in the JSON
LATE_SECONDS = 1.0


def write_text(result: Result, file: IO[str], *, verbose: bool = False) -> None:
    """Write a result for a person.

    Args:
        result: the run.
        file: where to; in colour if it is a terminal.
        verbose: whether each resource that the endpoint left out is listed.
    """
    terminal = Console(file=file, highlight=False, markup=False, emoji=False)
    unicode = "utf" in terminal.encoding.lower()
    if terminal.is_terminal:
        terminal.width = min(terminal.width, WIDTH)
        _write(result, terminal, verbose=verbose, unicode=unicode)
        return
    # A table fills its columns with blanks, which are of no use in a file.
    filled = io.StringIO()
    plain = Console(file=filled, width=WIDTH, highlight=False, markup=False, emoji=False)
    _write(result, plain, verbose=verbose, unicode=unicode)
    file.writelines(f"{line.rstrip()}\n" for line in filled.getvalue().splitlines())


def _write(result: Result, console: Console, *, verbose: bool, unicode: bool) -> None:
    def say(line: Text | str) -> None:
        # Whoever copies a command must not get the ends of lines with it.
        console.print(line if isinstance(line, Text) else Text(line), soft_wrap=True)

    where = "the embedded endpoint" if result.embedded else result.endpoint
    say(Text.assemble((f"{result.sample}: {result.scenario}", "bold"), f" on {where}"))
    console.print()
    console.print(_sources(result))
    console.print()
    console.print(_hops(result))
    say(Text(_about_latencies(result), style="dim"))
    console.print()
    for line in troubles(result):
        say(shorten(line, _LONGEST, placeholder=" ..."))
    for line in _left_out(result, verbose=verbose):
        say(line)
    console.print()
    if result.lake is not None:
        from hinagata.lab.lake_report import lines

        for line in lines(result.lake.last):
            say(line)
        console.print()
    if result.verdicts:
        console.print(_verdicts(result, unicode=unicode))
        console.print()
    say(_summary(result))


def _about_latencies(result: Result) -> str:
    about = "p50, p99: from sending to the end of the hop's first work"
    return f"{about}, after {result.warm_up} to warm up" if result.warm_up else about


def _sources(result: Result) -> Table:
    table = _table("source", "sent", "accepted", "refused", "retries", result.unfinished)
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
    idle = sum(not fault.struck for fault in result.faults)
    but = f"; {idle} of {len(result.faults)} faults struck nothing" if idle else ""
    if not result.verdicts:
        return f"The scenario expects nothing{took}{but}."
    if result.met:
        return f"All {count} expectations hold{took}{but}."
    return f"{count - held} of {count} expectations missed{took}{but}."


def fault_line(fault: FaultRecord, result: Result) -> str:
    """Return what a fault did, in a line; of one that did nothing, why, as far as it is known.

    Args:
        fault: what it was and did.
        result: the run.
    """
    since = result.timeline.started if result.timeline else result.started.timestamp()
    share = f", {fault.rate:.0%}" if fault.rate < 1 else ""
    about = f"{fault.inject}{f' on {fault.target}' if fault.target else ''}{share}"
    if fault.began is None:
        return f"{about}: did not begin before the end"
    # One that is there from the start begins a moment before the first message.
    when = show_seconds(max(0.0, fault.began - since))
    until = "" if fault.ended is None else f" to {show_seconds(fault.ended - since)}"
    if not fault.struck:
        return f"{about}: from {when}{until}, struck nothing{_why_nothing(fault, result, since)}"
    times = "once" if fault.struck == 1 else f"{fault.struck} times"
    return f"{about}: from {when}{until}, struck {times}"


def _why_nothing(fault: FaultRecord, result: Result, since: float) -> str:
    """Return what the spans of its target tell about a fault that struck nothing."""
    starts = [span.start for span in result.records.spans if span.hop == fault.target]
    if fault.began is None or fault.ended is None or not starts:
        return ""
    meanwhile = sum(fault.began <= start < fault.ended for start in starts)
    if meanwhile:
        return f": its share was none of the {meanwhile} that came meanwhile"
    later = [start for start in starts if start >= fault.ended]
    if not later:
        return ": nothing came meanwhile"
    why = f": the first message came only after {show_seconds(min(later) - since)}"
    if not result.warm_up:
        why += "; `warm_up` in the scenario's `run` starts everything up before the faults"
    return why


def troubles(result: Result) -> Iterator[str]:
    """Yield a line for each thing that a person would ask about next."""
    for source in result.sources:
        if source.lost and result.stopped:
            yield f"{result.unfinished}: {len(source.lost)} of {source.source}: {result.stopped}"
        for message in source.lost[:EXAMPLES] if not result.stopped else ():
            yield f"lost: {message.id} of {source.source} at {', '.join(message.hops)}"
        if len(source.lost) > EXAMPLES and not result.stopped:
            yield f"lost: {len(source.lost) - EXAMPLES} more of {source.source}"
        if source.latest_seconds > LATE_SECONDS:
            late = show_seconds(source.latest_seconds)
            yield f"late: this machine sent {source.source} up to {late} after their time"
    yield from _still_in_queues(result)
    # The ways to several hops may break at one place.
    yield from dict.fromkeys(
        f"trace: {each.messages} of {account.source} break between "
        f"{' or '.join(each.before)} and {each.hop}, such as {each.example}"
        for account in result.traces
        for each in account.breaks[:EXAMPLES]
    )
    for fault in result.faults:
        yield f"fault: {fault_line(fault, result)}"
    yield from _refusals(result)


def _still_in_queues(result: Result) -> Iterator[str]:
    if result.timeline is None or not any(source.lost for source in result.sources):
        return
    for sample in result.timeline.queues[-1:]:
        left = ", ".join(f"{count} in {name}" for name, count in sample.depths.items() if count)
        if left:
            yet = "" if result.stopped else ": what is lost may come yet"
            yield f"late: messages are still in queues, {left}{yet}"


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
            f"Otherwise than on AWS: {count} known gap{'' if count == 1 else 's'}; see "
            f"`hinagata run --list-gaps {result.sample}`"
        )
    if not result.stubs:
        return
    services = Counter(stub.type.split("::")[1] for stub in result.stubs)
    listing = ", ".join(f"{count} of {service}" for service, count in services.most_common())
    hint = ":" if verbose else "; --verbose lists them."
    count = len(result.stubs)
    resources = "1 resource" if count == 1 else f"{count} resources"
    yield f"Not on this endpoint: {resources}, {listing}{hint}"
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
