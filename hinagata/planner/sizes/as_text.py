"""A plan for people: what breaks first, then what is tight, then what fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from hinagata.planner import fact_lines
from hinagata.planner.lines import WIDTH, unit_for
from hinagata.planner.memory import Knee
from hinagata.planner.remarks import as_lines
from hinagata.planner.sizes.need import Need, Verdict
from hinagata.planner.sizes.peak import shown
from hinagata.planner.sizes.plan import Plan

_INDENT = "      "
_LONGEST_WHAT = 44
_SEVERAL = 2
_TITLES = {
    Verdict.BREAKS: "Breaks",
    Verdict.TIGHT: "Tight",
    Verdict.FITS: "Fits",
    Verdict.OPEN: "Not limited",
}


def as_text(plan: Plan, *, sources: bool = False) -> str:
    """Returns a plan as lines.

    Args:
        plan: What to show.
        sources: Whether to show the formula of what fits too, and source and date of every number.
    """
    lines = [_heading(plan)]
    for verdict, title in _TITLES.items():
        needs = plan.of(verdict)
        if needs:
            told = sources or verdict in (Verdict.BREAKS, Verdict.TIGHT)
            lines += ["", title, *_needs(needs, told=told)]
    for knee in plan.knees:
        lines += ["", *_knee(knee)]
    lines += as_lines(plan.remarks)
    if any(not fact.verified for fact in plan.facts):
        hint = "" if sources else "; --sources shows which"
        mark = fact_lines.UNVERIFIED
        lines += ["", f"{mark} rests on a number that nobody has checked{hint}"]
    if sources:
        lines += ["", "Sources", *fact_lines.as_lines(plan.facts)]
    elif plan.needs:
        lines += ["", "--sources shows every formula, and where its numbers come from"]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _heading(plan: Plan) -> str:
    counts = {verdict: len(plan.of(verdict)) for verdict in _TITLES}
    breaks, tight, fits = (
        counts[verdict] for verdict in (Verdict.BREAKS, Verdict.TIGHT, Verdict.FITS)
    )
    return (
        f"{plan.name} at its peak, in {plan.region}: "
        f"{_number(breaks)} break{'s' * (breaks < _SEVERAL)}, "
        f"{_number(tight)} {'is' if tight < _SEVERAL else 'are'} tight, "
        f"{_number(fits)} fit{'s' * (fits < _SEVERAL)}"
    )


def _number(count: int) -> str:
    return f"{count}" if count else "none"


def _needs(needs: Sequence[Need], *, told: bool) -> Iterator[str]:
    """Yields the needs of each resource below its name, their amounts aligned."""
    whats = min(_LONGEST_WHAT, max(len(need.what) for need in needs))
    amounts = max(len(shown(need.needed)) for need in needs)
    for node in dict.fromkeys(need.node for need in needs):
        yield f"  {node}"
        for need in needs:
            if need.node != node:
                continue
            mark = "" if need.verified else f" {fact_lines.UNVERIFIED}"
            amount = shown(need.needed)
            of = f"of {shown(need.has)} " if need.has is not None else ""
            unit = unit_for(amount if need.has is None else shown(need.has), need.unit)
            yield f"    {need.what:<{whats}}  {amount:>{amounts}} {of}{unit}{mark}"
            if told:
                yield from _told(need.formula)
                if need.advice:
                    yield from _told(f"-> {need.advice}")


def _told(text: str) -> Iterator[str]:
    for line in wrap(text, WIDTH - len(_INDENT), break_long_words=True):
        yield f"{_INDENT}{line}"


def _knee(knee: Knee) -> Iterator[str]:
    yield f"Memory of {knee.function}: {knee.knee.memory_mb:g} MB is the knee"
    marks = {
        id(knee.cheapest): "cheapest",
        id(knee.fastest): "fastest",
    }
    yield "      MB    duration    USD/M"
    for point in knee.points:
        words = [word for key, word in marks.items() if key == id(point)]
        if point is knee.knee:
            words.append("knee: least price x duration")
        ms = f"{point.duration_ms:,.4g} ms"
        yield (f"  {point.memory_mb:>6g}  {ms:>10}  {point.per_million:>7,.2f}  {', '.join(words)}")
