"""An answer as a part of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hinagata.catalogue.page.rendering import environment
from hinagata.catalogue.workbench.answer import Answer
from hinagata.catalogue.workbench.plot import Line, draw
from hinagata.planner.fact_lines import UNVERIFIED
from hinagata.planner.lines import unit_for
from hinagata.planner.pricing.as_text import money
from hinagata.planner.sizes.need import Need, Verdict
from hinagata.planner.sizes.peak import shown
from hinagata.scenario.units import show_seconds
from hinagata.simulator.as_text import show_duration
from hinagata.simulator.bins import bins
from hinagata.simulator.model import Queue, Stream
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import Row, rows

TEMPLATE = "workbench_answer.html.j2"
_MOST_BINS = 120
_HOUR_S = 3600.0
# Fewer that wait are no line.
_WORTH_A_LINE = 10


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A drawing, and what its lines are.

    Attributes:
        svg: The drawing.
        lines: Name of each line, and whether more of it is no bad news.
    """

    svg: Markup
    lines: tuple[tuple[str, bool], ...]


def fragment(answer: Answer) -> str:
    """Returns what a page shows of an answer, as HTML."""
    simulation = answer.stretch.simulation
    found = tuple(rows(simulation.network, simulation.outcome))
    told = tuple(verdict for verdict in simulation.verdicts if verdict.met is not None)
    template = environment().get_template(TEMPLATE)
    return template.render(
        it=answer,
        breaks=answer.plan.of(Verdict.BREAKS),
        tight=answer.plan.of(Verdict.TIGHT),
        fits=answer.plan.of(Verdict.FITS),
        open=answer.plan.of(Verdict.OPEN),
        needed=_needed,
        verified=all(fact.verified for fact in (*answer.plan.facts, *answer.estimate.facts)),
        unverified=UNVERIFIED,
        dollars=money,
        simulation=simulation,
        told=told,
        missed=sum(verdict.met is False for verdict in told),
        rows=found,
        held_back=tuple(row for row in found if _is_held_back(row)),
        worst=max(found, key=lambda row: row.throttled_share, default=None),
        share=share,
        paths=tuple(_paths(simulation)),
        plots=tuple(_plots(simulation, found)),
        whole=answer.stretch.start_s == 0
        and simulation.outcome.duration_s == answer.scenario.duration_seconds,
        at=_clock(answer.stretch.start_s),
        length=show_duration(simulation.outcome.duration_s),
        tick=show_duration(simulation.outcome.tick_s),
        seconds=show_seconds,
    )


def share(value: float) -> str:
    """Returns a share as a percentage that is no nought where there is something.

    >>> share(0.123), share(0.0004), share(0), share(0.9999)
    ('12 %', '<1 %', '0 %', '>99 %')
    """
    if 0 < value < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < value < 1 else f"{value:.0%}".replace("%", " %")


def _needed(need: Need) -> tuple[str, str]:
    """What is needed, and what there is."""
    mark = "" if need.verified else f" {UNVERIFIED}"
    amount = shown(need.needed)
    if need.has is None:
        return f"{amount} {unit_for(amount, need.unit)}{mark}", "no limit"
    has = shown(need.has)
    return amount, f"{has} {unit_for(has, need.unit)}{mark}"


def _is_held_back(row: Row) -> bool:
    # Expected values are seldom nought; less than a message is none.
    return max(row.throttled, row.errors, row.dead, row.failed, row.expired, row.backlog) >= 1


def _paths(simulation: Simulation) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for path in simulation.outcome.latencies:
        if path.station in simulation.scenario.sources[path.source].reaches:
            percentiles = (path.p50_s, path.p95_s, path.p99_s)
            told = (
                "nothing arrived" if each is None else show_seconds(each) for each in percentiles
            )
            yield path.source, path.station, tuple(told)


def _plots(simulation: Simulation, found: tuple[Row, ...]) -> Iterator[Plot]:
    binned = bins(simulation.outcome, most=_MOST_BINS)
    seconds = binned.seconds.tolist()
    sent = [
        sum(
            each.rate.count(second, second + binned.width_s) / binned.width_s
            for each in simulation.network.traffic
        )
        for second in seconds
    ]
    lines = [Line(name="sent", values=sent)]
    refusing = max(found, key=lambda row: row.throttled, default=None)
    if refusing is not None and refusing.throttled >= 1:
        throttled = (binned.of[refusing.station]["throttled"] / binned.width_s).tolist()
        lines.append(Line(name=f"throttled at {refusing.station}", values=throttled, good=False))
    yield _plot(seconds, lines, "messages a second")
    stations = simulation.network.stations
    keeping = max(
        (row for row in found if isinstance(stations[row.station], Queue | Stream)),
        key=lambda row: row.backlog,
        default=None,
    )
    if keeping is not None and keeping.backlog >= _WORTH_A_LINE:
        waiting = binned.of[keeping.station]["queued"].tolist()
        line = Line(name=f"waiting at {keeping.station}", values=waiting, good=False)
        yield _plot(seconds, [line], "messages that wait")


def _plot(seconds: list[float], lines: list[Line], unit: str) -> Plot:
    return Plot(
        svg=draw(seconds, lines, unit=unit), lines=tuple((line.name, line.good) for line in lines)
    )


def _clock(second: float) -> str:
    """The time of a scenario's day, which begins at midnight."""
    hours, rest = divmod(second, _HOUR_S)
    return f"{hours:02.0f}:{rest // 60:02.0f}"
