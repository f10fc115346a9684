"""A run as one HTML page: the answer, the architecture, curves, tables, and all of it as JSON."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.lab.accounting import Ending, Journey
from hinagata.lab.lake import LakeTrace
from hinagata.lab.lake_report import read_of
from hinagata.lab.report import fault_line, summary, troubles
from hinagata.lab.result import Result
from hinagata.lab.run_json import document
from hinagata.lab.spans import Span
from hinagata.lab.timeline import Sample, Timeline
from hinagata.lab.trace_tree import tree
from hinagata.report.figure import Band, Figure, Panel, Series, Shape, draw_svg
from hinagata.report.page import (
    Block,
    Cell,
    Folded,
    Listing,
    Page,
    Picture,
    Plot,
    Section,
    Table,
    Text,
    write_page,
)
from hinagata.report.palette import Colour
from hinagata.scenario.units import show_seconds

# More lines than these nobody tells apart; the largest are drawn, and all are in the JSON.
_MOST_SERIES = 5
_MOST_ROWS = 200
_X = "time since the first message"


def write_html(result: Result, file: Path) -> None:
    """Write a run as a page that needs nothing else.

    Args:
        result: the run.
        file: where to.

    Raises:
        HinagataError: the file cannot be written, or what draws the curves is not installed.
    """
    write_page(html_page(result), file)


def html_page(result: Result) -> Page:
    """Return what the page of a run says.

    Args:
        result: the run.
    """
    sections = (
        ("Expectations", _expectations(result)),
        ("What went otherwise", _troubles(result)),
        ("Faults", _faults(result)),
        ("Over time", _curves(result)),
        ("Where every message ended", _accounts(result)),
        ("How long it took", _latencies(result)),
        ("Traces", _traces(result)),
        ("The architecture", _architecture(result)),
        ("What this run does not show", _limits(result)),
    )
    return Page(
        title=f"{result.sample}: {result.scenario}",
        verdict=summary(result),
        good=result.met if result.verdicts or result.stopped else None,
        facts=_facts(result),
        sections=tuple(
            Section(title=title, blocks=found)
            for title, blocks in sections
            if (found := tuple(blocks))
        ),
        data=document(result, messages=True),
    )


def _facts(result: Result) -> dict[str, str]:
    return {
        "Endpoint": "embedded" if result.embedded else result.endpoint,
        "Started": result.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "Took": show_seconds(result.seconds),
        "Messages": f"{sum(source.sent for source in result.sources):,}",
        result.unfinished.capitalize(): f"{sum(len(source.lost) for source in result.sources):,}",
        "Seed": str(result.seed),
    }


def _expectations(result: Result) -> Iterator[Block]:
    if result.verdicts:
        yield Table(
            caption="What the scenario expects, and what was observed",
            columns=("expectation", "expected", "observed"),
            rows=tuple(
                (verdict.about, verdict.expected, Cell(text=verdict.observed, good=verdict.met))
                for verdict in result.verdicts
            ),
        )


def _troubles(result: Result) -> Iterator[Block]:
    if lines := tuple(line for line in troubles(result) if not line.startswith("fault: ")):
        yield Listing(items=lines)


def _faults(result: Result) -> Iterator[Block]:
    if not result.faults:
        return
    since = _zero(result)
    yield Table(
        caption="What was made to go wrong",
        columns=("fault", "on", "share", "began after s", "ended after s", "struck"),
        rows=tuple(
            (
                fault.inject,
                fault.target or "the account",
                f"{fault.rate:.0%}",
                None if fault.began is None else max(0.0, round(fault.began - since, 1)),
                None if fault.ended is None else round(fault.ended - since, 1),
                fault.struck,
            )
            for fault in result.faults
        ),
        note="Struck: how many invocations, calls, deliveries, tasks or updates were hit.",
    )
    if idle := tuple(fault_line(each, result) for each in result.faults if not each.struck):
        yield Listing(items=idle)


def _zero(result: Result) -> float:
    return result.timeline.started if result.timeline else result.started.timestamp()


def _bands(result: Result) -> tuple[Band, ...]:
    since = _zero(result)
    return tuple(
        Band(
            name=fault.inject + (f" on {fault.target}" if fault.target else ""),
            begin=fault.began - since,
            end=None if fault.ended is None else fault.ended - since,
        )
        for fault in result.faults
        if fault.began is not None
    )


def _curves(result: Result) -> Iterator[Block]:
    line = result.timeline
    if line is None:
        return
    bands = _bands(result)
    yield _plot("sent", "What was sent", _sent_panels(line), bands)
    yield _plot("hops", "Messages that each hop is done with", _hop_panels(line), bands)
    waiting = [_steps(name, counts) for name, counts in _largest(line.waiting)]
    panels = [
        Panel(title="come to a hop, not done there", unit="messages", series=tuple(waiting)),
        *_sampled_panels("in queues, also in flight", line.queues, line.started),
        *_sampled_panels("in dead-letter queues", line.dead_letters, line.started),
    ]
    yield _plot("waiting", "What waited", panels, bands)
    if slow := list(_slowest_panels(result)):
        yield _plot("latency", "The slowest message of each second, by its sending", slow, bands)


def _plot(name: str, title: str, panels: Iterable[Panel], bands: tuple[Band, ...]) -> Plot:
    figure = Figure(title=title, panels=tuple(panels), bands=bands, x_name=_X)
    return Plot(svg=draw_svg(figure, name=name))


def _steps(name: str, counts: Sequence[int], colour: Colour | None = None) -> Series:
    return Series(
        name=name,
        x=[float(second) for second in range(len(counts))],
        y=[float(count) for count in counts],
        shape=Shape.AREA if colour else Shape.STEP,
        colour=colour,
    )


def _sent_panels(line: Timeline) -> list[Panel]:
    series = [_steps(name, counts) for name, counts in _largest(line.sent)]
    panels = [Panel(unit="messages/s", series=tuple(series))]
    refused = [(name, counts) for name, counts in line.throttled_senders.items() if any(counts)]
    if refused:
        panels.append(
            Panel(
                title="answered that there are too many",
                unit="answers/s",
                series=tuple(_steps(name, counts) for name, counts in refused[:_MOST_SERIES]),
            )
        )
    return panels


def _hop_panels(line: Timeline) -> list[Panel]:
    nothing = [0] * line.seconds
    panels: list[Panel] = []
    for hop, done in line.done.items():
        series: list[Series] = []
        if any(errors := line.errors.get(hop, nothing)):
            series.append(_steps("errors", errors, Colour.RED))
        if any(throttled := line.throttled_functions.get(hop, nothing)):
            series.append(_steps("throttled", throttled, Colour.PURPLE))
        series.insert(0, _steps("done" if series else "", done))
        panels.append(Panel(title=hop, unit="per second", series=tuple(series), height=0.62))
    return panels


def _sampled_panels(title: str, samples: Sequence[Sample], since: float) -> Iterator[Panel]:
    seen = [sample for sample in samples if sample.at >= since]
    names = dict.fromkeys(name for sample in seen for name in sample.depths)
    by_name = {name: [sample.depths.get(name, 0) for sample in seen] for name in names}
    if not seen or not any(any(depths) for depths in by_name.values()):
        return
    yield Panel(
        title=title,
        unit="messages",
        series=tuple(
            Series(
                name=name,
                x=[sample.at - since for sample in seen],
                y=[float(depth) for depth in depths],
                shape=Shape.STEP,
            )
            for name, depths in _largest(by_name)
        ),
    )


def _slowest_panels(result: Result) -> Iterator[Panel]:
    since = _zero(result)
    found: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for journey in result.journeys:
        if journey.sent.warm_up:
            continue
        second = int(journey.sent.sent_at - since)
        for hop, seconds in _took(journey).items():
            slowest = found[journey.sent.source][hop]
            slowest[second] = max(seconds, slowest.get(second, 0.0))
    for source, hops in found.items():
        series = [
            Series(
                name=hop,
                x=[float(second) for second in sorted(slowest)],
                y=[slowest[second] for second in sorted(slowest)],
            )
            for hop, slowest in list(hops.items())[:_MOST_SERIES]
        ]
        yield Panel(title=f"from {source} to", unit="seconds", series=tuple(series), least=0.01)


def _took(journey: Journey) -> dict[str, float]:
    """Return how long a message took to each hop's first processing."""
    found: dict[str, float] = {}
    for span in journey.spans:
        if span.handled:
            seconds = span.end - journey.sent.sent_at
            found[span.hop] = min(seconds, found.get(span.hop, seconds))
    return found


def _largest(counts: Mapping[str, Sequence[int]]) -> list[tuple[str, Sequence[int]]]:
    """Return the largest of some counts over time, in their own order."""
    top = sorted(counts, key=lambda name: max(counts[name], default=0), reverse=True)
    return [(name, counts[name]) for name in counts if name in top[:_MOST_SERIES]]


def _shown(ending: Ending, result: Result) -> str:
    return result.unfinished if ending is Ending.LOST else str(ending)


def _accounts(result: Result) -> Iterator[Block]:
    endings = [ending for ending in Ending if any(s.endings.get(ending) for s in result.sources)]
    yield Table(
        caption="What became of the messages of each source",
        columns=(
            "source",
            "sent",
            "accepted",
            "refused",
            "retries",
            *(_shown(each, result) for each in endings),
        ),
        rows=tuple(
            (
                source.source,
                source.sent,
                source.accepted,
                source.refused,
                source.retries,
                *(source.endings.get(ending, 0) for ending in endings),
            )
            for source in result.sources
        ),
        note="Accepted messages end in one of the last columns; an expired one counts as "
        f"{result.unfinished}.",
    )
    yield Table(
        caption="What each hop did",
        columns=(
            *("hop", "received", "deliveries", "processed", "again", "repeats", "errors"),
            *("dead letters", "expired", result.unfinished),
        ),
        rows=tuple(
            (
                hop.hop,
                hop.received,
                hop.deliveries,
                hop.processed,
                hop.again,
                hop.repeats,
                hop.errors,
                hop.dead_lettered,
                hop.expired,
                hop.lost,
            )
            for hop in result.hops
        ),
        note="Again: messages processed more than once. Repeats: recognised, and left alone.",
    )
    others = [journey for journey in result.journeys if journey.ending is not Ending.ONCE]
    if others:
        yield Folded(
            summary=f"{len(others):,} messages that were not processed exactly once",
            blocks=(_messages(others, result),),
        )


def _messages(journeys: Sequence[Journey], result: Result) -> Table:
    more = len(journeys) - _MOST_ROWS
    return Table(
        caption="Each message, and where it was",
        columns=("message", "source", "ended", "was at"),
        rows=tuple(
            (
                journey.sent.id,
                journey.sent.source,
                _shown(journey.ending, result),
                ", ".join(f"{span.hop} ({span.status})" for span in journey.spans) or "nowhere",
            )
            for journey in journeys[:_MOST_ROWS]
        ),
        note=f"{more:,} more are in the JSON." if more > 0 else "",
    )


def _latencies(result: Result) -> Iterator[Block]:
    after = f", after {result.warm_up} to warm up" if result.warm_up else ""
    yield Table(
        caption="From the sending, by the sender's clock, to the end of the hop's first processing",
        columns=("from", "to", "messages", "p50 ms", "p95 ms", "p99 ms", "longest ms"),
        rows=tuple(
            (
                path.source,
                path.hop,
                path.messages,
                *(
                    None if seconds is None else round(seconds * 1000)
                    for seconds in (
                        path.p50_seconds,
                        path.p95_seconds,
                        path.p99_seconds,
                        path.longest_seconds,
                    )
                ),
            )
            for path in result.paths
        ),
        note=f"On this machine{after}; on AWS it takes another time.",
    )


def _traces(result: Result) -> Iterator[Block]:
    if result.traces:
        yield Table(
            caption="How far messages were followed by the trace that they were sent under",
            columns=("from", "to", "arrived", "in one trace", "breaks at"),
            rows=tuple(
                (
                    account.source,
                    account.hop,
                    account.arrived,
                    account.whole,
                    Cell(
                        text=", ".join(
                            f"{each.hop}, after {' or '.join(each.before)}"
                            for each in account.breaks
                        )
                        or "none",
                        good=not account.breaks and account.arrived > 0,
                    ),
                )
                for account in result.traces
            ),
        )
    for source in result.sources:
        own = [
            journey
            for journey in result.journeys
            if journey.sent.source == source.source and journey.spans and not journey.sent.warm_up
        ]
        slowest = max(own, key=lambda j: max(s.end for s in j.spans) - j.sent.sent_at, default=None)
        if slowest is not None:
            yield Folded(
                summary=f"The slowest message of {source.source}, as a tree",
                blocks=(_slowest(slowest),),
            )
    if result.lake is not None:
        yield Folded(
            summary="The last message, as the lake has it",
            blocks=(_last(result.lake.last),),
        )


def _slowest(journey: Journey) -> Table:
    sent = journey.sent
    caption = f"Message {sent.id}, trace {sent.trace}"
    return _tree(caption, journey.spans, since=sent.sent_at)


def _last(trace: LakeTrace) -> Table:
    since = min((span.start for span in trace.spans), default=0.0)
    return _tree(f"Trace {trace.root}; {read_of(trace)}", trace.spans, since=since)


def _tree(caption: str, spans: Iterable[Span], *, since: float) -> Table:
    rows = [
        (
            "\u2003" * depth + ("└ " if depth else "") + span.hop,
            round((span.start - since) * 1000, 1),
            round((span.end - span.start) * 1000, 1),
            str(span.status),
            span.type,
        )
        for trunk in tree(spans)
        for depth, span in trunk.flat()
    ]
    columns = ("hop", "began after ms", "took ms", "ended", "event")
    return Table(caption=caption, columns=columns, rows=tuple(rows))


def _architecture(result: Result) -> Iterator[Block]:
    if result.topology is None:
        return
    from hinagata.diagram.folding import fold
    from hinagata.diagram.outline import write_text
    from hinagata.diagram.svg import write_svg

    picture = fold(result.topology)
    try:
        svg = write_svg(picture)
    except HinagataError as error:
        # A picture that is missing must not cost the report of a run that is over.
        yield Text(text=f"There is no picture: {error}.")
        yield Listing(items=tuple(write_text(picture).splitlines()))
        return
    yield Picture(
        svg=svg,
        description=f"The architecture of {result.sample}: {write_text(picture)}",
        caption="Drawn from what was deployed.",
    )


def _limits(result: Result) -> Iterator[Block]:
    yield Text(text="Times and rates are those of this machine and this endpoint.")
    if result.gaps:
        yield Table(
            caption="What the embedded endpoint does otherwise than AWS, and this run touches",
            columns=("gap", "service", "what is otherwise"),
            rows=tuple((gap.name, gap.service, gap.wrong) for gap in result.gaps),
        )
    if result.stubs:
        resources = "resource" if len(result.stubs) == 1 else "resources"
        yield Folded(
            summary=f"{len(result.stubs):,} {resources} that the endpoint left out",
            blocks=(
                Table(
                    caption="Resources that were not created",
                    columns=("resource", "type", "why"),
                    rows=tuple((stub.path, stub.type, stub.reason) for stub in result.stubs),
                ),
            ),
        )
