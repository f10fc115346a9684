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


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a source sends in place of what its scenario says, at its highest.

    Attributes:
        source: The source's name.
        factor: By what it is multiplied.
        before: As the scenario says, in words.
        after: As it is asked for, in words.
    """

    source: str
    factor: float
    before: str
    after: str


def sliders(scenario: Scenario) -> tuple[Slider, ...]:
    """Returns a slider for each source of a scenario."""
    return tuple(
        Slider(
            source=name,
            entry=source.entry,
            shape=_KINDS[type(source.rate)].shape,
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


def changes(scenario: Scenario, factors: Mapping[str, float]) -> tuple[Change, ...]:
    """Returns what becomes of the sources that are multiplied by anything but one.

    Args:
        scenario: What they send now.
        factors: By what some of them are multiplied, by their names.
    """
    return tuple(
        Change(
            source=name,
            factor=factors[name],
            before=_says(source, 1.0),
            after=_says(source, factors[name]),
        )
        for name, source in scenario.sources.items()
        if factors.get(name, 1.0) != 1.0
    )


def times(rate: Rate, factor: float) -> Rate:
    """Returns a rate that is so many times as high at every time; of users, whole ones."""
    if isinstance(rate, ClosedLoopRate):
        return replace(rate, users=max(1, round(rate.users * factor)))
    if isinstance(rate, TraceRate):
        return replace(rate, per_second=[each * factor for each in rate.per_second])
    levels = {name: getattr(rate, name) * factor for name in _KINDS[type(rate)].levels}
    return replace(rate, **levels)


def highest(rate: Rate) -> float:
    """Returns the highest rate, in messages a second; of users, how many there are."""
    if isinstance(rate, TraceRate):
        return max(rate.per_second)
    return float(max(getattr(rate, name) for name in _KINDS[type(rate)].levels))


def figure(per_second: float) -> str:
    """Returns a rate as one says it, to three figures if it is small.

    >>> figure(16667), figure(0.1), figure(1e-5)
    ('16,667 messages a second', '6 messages a minute', '0.864 messages a day')
    """
    units = ((1.0, "second"), (_MINUTE, "minute"), (_HOUR, "hour"))
    size, unit = next((each for each in units if per_second * each[0] >= 1), (_DAY, "day"))
    amount = _amount(per_second * size)
    return f"{amount} message{'s' * (amount != '1')} {'an' if unit == 'hour' else 'a'} {unit}"


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def _says(source: Source, factor: float) -> str:
    rate = times(source.rate, factor)
    if isinstance(rate, ClosedLoopRate):
        return f"{rate.users:,} user{'s' * (rate.users != 1)}"
    return figure(highest(rate))


@dataclass(frozen=True)
class _Kind:
    """A kind of rate.

    Attributes:
        shape: How it goes over time.
        levels: The fields by which it is higher or lower.
    """

    shape: str
    levels: tuple[str, ...]


_KINDS: Mapping[type[object], _Kind] = {
    ConstantRate: _Kind("constant", ("per_second",)),
    PacedRate: _Kind("constant", ("per_second",)),
    RampRate: _Kind("ramp", ("from_per_second", "to_per_second")),
    DiurnalRate: _Kind("diurnal", ("peak_per_second",)),
    BurstRate: _Kind("burst", ("base_per_second", "peak_per_second")),
    TraceRate: _Kind("trace", ("per_second",)),
    ClosedLoopRate: _Kind("closed", ("users",)),
}
