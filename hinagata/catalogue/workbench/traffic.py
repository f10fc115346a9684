"""A sample's traffic, and by what it can be multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hinagata.scenario import Scenario
from hinagata.scenario.model import Source
from hinagata.scenario.rate import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    PacedRate,
    RampRate,
    Rate,
    TraceRate,
)

# A decade in ten steps that are easy to say (as the preferred numbers of ISO 3 are).
_DECADE = (1.0, 1.25, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
LEAST, MOST = 0.001, 100.0
FACTORS = (*(round(step * 10.0**power, 6) for power in range(-3, 2) for step in _DECADE), MOST)
AS_IT_IS = FACTORS.index(1.0)
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, kw_only=True)
class Slider:
    """What a source of a scenario can be multiplied by.

    Attributes:
        source: The source's name.
        entry: Where its messages come in.
        shape: How its rate goes over time, as `diurnal`.
        says: What each of `FACTORS` makes of it, in words.
    """

    source: str
    entry: str
    shape: str
    says: tuple[str, ...]


def sliders(scenario: Scenario) -> tuple[Slider, ...]:
    """Returns a slider for each source of a scenario."""
    return tuple(
        Slider(
            source=name,
            entry=source.entry,
            shape=_SHAPES[type(source.rate)],
            says=tuple(_says(source, factor) for factor in FACTORS),
        )
        for name, source in scenario.sources.items()
    )


def multiplied(scenario: Scenario, factors: Mapping[str, float]) -> Scenario:
    """Returns a scenario whose sources send more or less.

    Args:
        scenario: What they send now.
        factors: By what some of them are multiplied, by their names.
    """
    return replace(
        scenario,
        sources={
            name: replace(source, rate=times(source.rate, factors.get(name, 1.0)))
            for name, source in scenario.sources.items()
        },
    )


def times(rate: Rate, factor: float) -> Rate:
    """Returns a rate that is so many times as high at every time; of users, whole ones."""
    match rate:
        case ConstantRate() | PacedRate():
            return replace(rate, per_second=rate.per_second * factor)
        case RampRate():
            return replace(
                rate,
                from_per_second=rate.from_per_second * factor,
                to_per_second=rate.to_per_second * factor,
            )
        case DiurnalRate():
            return replace(rate, peak_per_second=rate.peak_per_second * factor)
        case BurstRate():
            return replace(
                rate,
                base_per_second=rate.base_per_second * factor,
                peak_per_second=rate.peak_per_second * factor,
            )
        case TraceRate():
            return replace(rate, per_second=[each * factor for each in rate.per_second])
        case ClosedLoopRate():
            return replace(rate, users=max(1, round(rate.users * factor)))


def highest(rate: Rate) -> float:
    """Returns the highest rate, in messages a second; of users, how many there are."""
    match rate:
        case RampRate():
            return max(rate.from_per_second, rate.to_per_second)
        case DiurnalRate():
            return rate.peak_per_second
        case BurstRate():
            return max(rate.base_per_second, rate.peak_per_second)
        case TraceRate():
            return max(rate.per_second)
        case ClosedLoopRate():
            return float(rate.users)
        case _:
            return rate.per_second


def figure(per_second: float) -> str:
    """Returns a rate as one says it, to three figures if it is small.

    >>> figure(16667), figure(0.1), figure(0.002), figure(1e-5)
    ('16,667 a second', '6 a minute', '7.2 an hour', '0.864 a day')
    """
    for size, unit in ((1.0, "a second"), (_MINUTE, "a minute"), (_HOUR, "an hour")):
        if per_second * size >= 1:
            return f"{_amount(per_second * size)} {unit}"
    return f"{_amount(per_second * _DAY)} a day"


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def _says(source: Source, factor: float) -> str:
    rate = times(source.rate, factor)
    if isinstance(rate, ClosedLoopRate):
        return f"{rate.users:,} user{'s' * (rate.users != 1)}"
    return figure(highest(rate))


_SHAPES: Mapping[type[object], str] = {
    ConstantRate: "constant",
    RampRate: "ramp",
    DiurnalRate: "diurnal",
    BurstRate: "burst",
    TraceRate: "trace",
    ClosedLoopRate: "closed",
    PacedRate: "constant",
}
