"""A simulation as one page: verdicts, plots over time, tables, and what is doubtful."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from hinagata.report.figure import Band, Figure, Level, Panel, Series, Shape, draw_svg
from hinagata.report.page import Cell, Listing, Page, Plot, Section, Table, Text
from hinagata.scenario.units import show_seconds
from hinagata.simulator.as_json import document
from hinagata.simulator.as_text import lines_of, show_duration
from hinagata.simulator.bins import Bins, added, bins
from hinagata.simulator.ending import got_there, sentences
from hinagata.simulator.model import Function, Queue, Service, Stream
from hinagata.simulator.outcome import Series as Values
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import rows

# More lines in one panel cannot be told apart.
_MOST_SERIES = 4
_MOST_BINS = 480
# So much of the peak is less than a line is wide.
_SAME = 0.005
# Up to where an axis goes at least; of what comes in whole ones, to one.
_LEAST = 0.01
_WHOLE = frozenset({"waiting", "busy environments", "tasks"})


def page(simulation: Simulation) -> Page:
    """Returns the page of a simulation.

    Raises:
        HinagataError: Matplotlib, which draws the plots, is not installed.
    """
    told = [verdict for verdict in simulation.verdicts if verdict.met is not None]
    missed = sum(verdict.met is False for verdict in told)
    verdict = (
        f"{missed} of {len(told)} expectations missed."
        if missed
        else (f"All {len(told)} expectations hold." if told else "The scenario expects nothing.")
    )
    outcome = simulation.outcome
    return Page(
        title=f"Simulation: {simulation.scenario.name}",
        verdict=verdict,
        good=None if not told else not missed,
        facts={
            "scenario": simulation.scenario.name,
            "time": show_duration(outcome.duration_s),
            "engine": f"{outcome.engine}, {simulation.choice.reason}",
            "seed": str(simulation.network.seed),
            "cost, first tier": f"{sum(cost.total for cost in simulation.costs):,.2f} USD",
        },
        sections=tuple(_sections(simulation)),
        data=document(simulation),
    )


def figure(simulation: Simulation, *, most: int = _MOST_BINS) -> Figure:
    """Returns what happened over time as one figure, for a file of its own.

    Args:
        simulation: What was simulated.
        most: How many points a line has at most.
    """
    panels = [panel for _, each in _figures(simulation, most) for panel in each.panels]
    return Figure(
        title=f"{simulation.scenario.name}, {show_duration(simulation.outcome.duration_s)}",
        panels=tuple(panels),
        bands=_bands(simulation),
    )


def _sections(simulation: Simulation) -> Iterator[Section]:
    if simulation.verdicts:
        yield Section(title="Expectations", blocks=(_verdicts(simulation),))
    plots = tuple(
        Plot(svg=draw_svg(each, name=f"plot{index}"), caption="")
        for index, (caption, each) in enumerate(_figures(simulation))
    )
    said = Text(text=_calm(simulation))
    yield Section(title="Over time", blocks=(*plots, said) if said.text else plots)
    unfinished = sentences(simulation.network, simulation.outcome)
    told = tuple(each[:1].upper() + each[1:] for each in unfinished)
    if told:
        yield Section(
            title="What is not done, and what held it back", blocks=(Listing(items=told),)
        )
    yield Section(title="Stations", blocks=(_stations(simulation), _latencies(simulation)))
    if simulation.warmth:
        yield Section(title="Keep-alive", blocks=(_warmth(simulation),))
    if simulation.costs:
        yield Section(title="Cost", blocks=(_costs(simulation),))
    if simulation.differences:
        yield Section(title="Checks", blocks=(_differences(simulation),))
    if simulation.doubts:
        yield Section(
            title="What is doubtful", blocks=(Listing(items=tuple(lines_of(simulation))),)
        )


def _figures(simulation: Simulation, most: int = _MOST_BINS) -> Iterator[tuple[str, Figure]]:
    """Yields captions and figures; what nothing happened in is left out."""
    network, binned = simulation.network, bins(simulation.outcome, most=most)
    bands = _bands(simulation)

    def per_second(name: str) -> Callable[[str], Values]:
        return lambda station: binned.of[station][name] / binned.width_s

    def happened(name: str) -> list[str]:
        # Expected values are seldom nought; less than one in all is no line worth an axis.
        return [one for one in network.stations if simulation.outcome.total(one, name) >= 1]

    def level(name: str) -> Callable[[str], Values]:
        return lambda station: binned.of[station][name]

    sources = [
        Series(
            name=each.name,
            x=binned.seconds.tolist(),
            y=[
                each.rate.count(float(second), float(second) + binned.width_s) / binned.width_s
                for second in binned.seconds
            ],
        )
        for each in network.traffic
    ]
    traffic = [
        Panel(unit="sent/s", series=tuple(sources[:_MOST_SERIES])),
        _panel("throttled/s", happened("throttled"), per_second("throttled"), binned),
        _panel("errors/s", happened("errors"), per_second("errors"), binned),
    ]
    yield from _figure("Traffic, and what was refused or failed", traffic, bands)
    waits = _panel("latency (s)", network.stations, level("latency_s"), binned)
    yield from _figure("Time at a station, as a mean of what ended", [waits], bands)
    keeps = _held_up(simulation)
    backlog = [
        _panel("waiting", keeps, level("queued"), binned),
        _panel("oldest (s)", keeps, level("oldest_s"), binned),
    ]
    yield from _figure("Backlog of queues and streams, and the age of its oldest", backlog, bands)
    functions = [n for n, each in network.stations.items() if isinstance(each, Function)]
    services = [n for n, each in network.stations.items() if isinstance(each, Service)]
    busy = _panel("busy environments", functions, level("busy"), binned)
    if busy is not None and "" in binned.of:
        limit = Level(name="the account's limit", value=network.account.concurrency)
        near = float(np.max(binned.of[""]["busy"], initial=0.0)) > limit.value / 4
        busy = replace(busy, levels=(limit,) if near else ())
    places = [
        busy,
        _panel("cold starts/s", happened("cold_starts"), per_second("cold_starts"), binned),
        _panel("tasks", services, level("capacity"), binned, shape=Shape.STEP),
    ]
    yield from _figure("Environments, cold starts and tasks", places, bands)
    yield from _figure("Cost, first tier of each price", [_costs_panel(simulation, binned)], bands)


def _held_up(simulation: Simulation) -> list[str]:
    """Returns the channels in which ever more waits than comes to them in a second."""
    outcome = simulation.outcome
    found = []
    for name, station in simulation.network.stations.items():
        if isinstance(station, Queue | Stream):
            series = outcome.stations[name]
            came = float(np.max(series.arrivals, initial=0.0)) / outcome.tick_s
            if float(np.max(series.queued, initial=0.0)) > came:
                found.append(name)
    return found


def _calm(simulation: Simulation) -> str:
    """Returns why there is no plot of backlogs; empty where there is one, or no channel."""
    channels = [
        name
        for name, each in simulation.network.stations.items()
        if isinstance(each, Queue | Stream) and simulation.outcome.total(name, "arrivals") >= 1
    ]
    if not channels or _held_up(simulation):
        return ""
    return "No plot of backlogs: nowhere did more wait than what came in a second."


def _figure(
    caption: str, panels: Iterable[Panel | None], bands: tuple[Band, ...]
) -> Iterator[tuple[str, Figure]]:
    found = tuple(panel for panel in panels if panel is not None)
    if found:
        yield caption, Figure(title=caption, panels=found, bands=bands)


def _panel(
    unit: str,
    stations: Iterable[str],
    values: Callable[[str], Values],
    binned: Bins,
    *,
    shape: Shape = Shape.LINE,
) -> Panel | None:
    """Returns the panel of the stations whose highest values are highest; None of all zeros."""
    peaks = {name: float(np.nanmax(values(name), initial=0.0)) for name in stations}
    shown = sorted((name for name in peaks if peaks[name] > 0), key=lambda name: -peaks[name])
    series = tuple(
        Series(
            name=", ".join(names),
            x=binned.seconds.tolist(),
            y=values(names[0]).tolist(),
            shape=shape,
        )
        for names in _alike(shown, values)[:_MOST_SERIES]
    )
    # Cents and milliseconds are worth an axis of their own; half a message that waits is not.
    least = 1.0 if unit in _WHOLE else _LEAST
    return Panel(unit=unit, series=series, least=least) if series else None


def _alike(names: Iterable[str], values: Callable[[str], Values]) -> list[list[str]]:
    """Returns the names whose lines cannot be told apart together: one would hide the others."""
    groups: list[list[str]] = []
    for name in names:
        line = np.nan_to_num(values(name))
        near = _SAME * float(np.max(line, initial=0.0))
        for group in groups:
            if np.allclose(np.nan_to_num(values(group[0])), line, rtol=0.0, atol=near):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _costs_panel(simulation: Simulation, binned: Bins) -> Panel | None:
    by_service: dict[str, Values] = {}
    size = max(1, round(binned.width_s / simulation.outcome.tick_s))
    for cost in simulation.costs:
        usd = added(cost.usd, size) * 3600 / binned.width_s
        by_service[cost.service] = by_service.get(cost.service, 0.0) + usd
    return _panel("USD/h", by_service, by_service.__getitem__, binned)


def _bands(simulation: Simulation) -> tuple[Band, ...]:
    return tuple(
        Band(
            name=f"{each.inject.value} {each.station or ''}".strip(),
            begin=each.start_s,
            end=each.end_s if each.end_s > each.start_s else None,
        )
        for each in simulation.network.disturbances
    )


def _verdicts(simulation: Simulation) -> Table:
    return Table(
        caption="What the scenario expects",
        columns=("expectation", "expected", "simulated"),
        rows=tuple(
            (verdict.about, verdict.expected, Cell(text=verdict.observed, good=verdict.met))
            for verdict in simulation.verdicts
        ),
    )


def _stations(simulation: Simulation) -> Table:
    return Table(
        caption="Each station over the whole time",
        columns=(
            "station",
            "kind",
            "arrivals",
            "tries",
            "throttled",
            "errors",
            "dead",
            "failed",
            "left",
            "most waiting",
            "oldest",
            "cold starts",
            "most busy",
            "most there",
        ),
        rows=tuple(
            (
                row.station,
                row.kind,
                round(row.arrivals),
                round(row.attempts),
                round(row.throttled),
                round(row.errors),
                round(row.dead),
                round(row.failed + row.expired),
                round(row.left),
                round(row.backlog),
                show_seconds(row.oldest_s) if row.oldest_s else None,
                round(row.cold_starts),
                round(row.busy, 1),
                round(row.capacity, 1),
            )
            for row in rows(simulation.network, simulation.outcome)
        ),
    )


def _latencies(simulation: Simulation) -> Table | Text:
    paths = [path for path in simulation.outcome.latencies if path.p50_s is not None]
    if not paths:
        return Text(text="No message got anywhere.")
    return Table(
        caption="From a message's sending to the end of a station's work on it, of those that "
        "got there",
        columns=("from", "to", "p50", "p95", "p99", "got there"),
        rows=tuple(
            (
                path.source,
                path.station,
                *(
                    None if value is None else show_seconds(value)
                    for value in (path.p50_s, path.p95_s, path.p99_s)
                ),
                f"{got_there(simulation.network, simulation.outcome, path):.1%}",
            )
            for path in paths
        ),
    )


def _warmth(simulation: Simulation) -> Table:
    return Table(
        caption="How long an idle environment is kept is not documented",
        columns=("kept for", "cold starts", "of invocations"),
        rows=tuple(
            (show_duration(each.keep_alive_s), round(each.cold_starts), f"{each.share:.3%}")
            for each in simulation.warmth
        ),
    )


def _costs(simulation: Simulation) -> Table:
    by_item: dict[tuple[str, str], float] = {}
    for cost in simulation.costs:
        key = (cost.service, cost.item)
        by_item[key] = by_item.get(key, 0.0) + cost.total
    ordered: Mapping[tuple[str, str], float] = dict(
        sorted(by_item.items(), key=lambda each: -each[1])
    )
    return Table(
        caption=f"USD for {show_duration(simulation.outcome.duration_s)}",
        columns=("service", "item", "USD"),
        rows=tuple(
            (service, item, round(usd, 2)) for (service, item), usd in ordered.items() if usd > 0
        ),
        note="At the first tier of each price, without what is free, logs and data transfer: "
        "hinagata price says what a month costs.",
    )


def _differences(simulation: Simulation) -> Table:
    return Table(
        caption="The outcome held against itself, closed forms and the other engine",
        columns=("what", "against", "here", "there", "apart", "at most"),
        rows=tuple(
            (
                each.about,
                each.against,
                each.here,
                each.there,
                Cell(text=f"{each.share:.2%}", good=each.met),
                f"{each.bound:.2%}",
            )
            for each in simulation.differences
        ),
    )
