"""Lines over a few minutes as a drawing that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from hinagata.report.figure import short_number

_WIDTH, _HEIGHT = 560.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 14.0, 26.0, 30.0
_MINUTE_S = 60.0
# So many numbers stand on an axis, and one more.
_ACROSS, _UP = 5, 2
_NICE = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is drawn.

    Attributes:
        name: What it is of.
        values: One for each of the seconds; none below zero.
        good: Whether more of it is no bad news.
    """

    name: str
    values: Sequence[float]
    good: bool = True


def draw(seconds: Sequence[float], lines: Sequence[Line], *, unit: str) -> Markup:
    """Draws lines over time; their names stand in the legend beside the drawing.

    Args:
        seconds: When each value begins.
        lines: One or two of them.
        unit: Of their values.
    """
    until = seconds[-1] + (seconds[1] - seconds[0] if len(seconds) > 1 else 1.0)
    highest = _nice(max((max(line.values, default=0.0) for line in lines), default=0.0))
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    said = "; ".join(f"{line.name} up to {short_number(max(line.values))}" for line in lines)
    parts = [
        f'<svg class="curve" viewBox="{box}" role="img" aria-label="{escape(f"{unit}: {said}")}">',
        f'<text x="4" y="14">{escape(unit)}</text>',
        *_axes(until, highest),
    ]
    for line in lines:
        points = " ".join(
            f"{_x(second, until):.1f},{_y(value, highest):.1f}"
            for second, value in zip(
                [*seconds, until], [*line.values, line.values[-1]], strict=True
            )
        )
        kind = "line" if line.good else "line amiss"
        parts.append(f'<polyline class="{kind}" points="{points}"/>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - numbers, and words that are escaped


def _axes(until: float, highest: float) -> Iterator[str]:
    for step in range(_UP + 1):
        value = highest * step / _UP
        y = _y(value, highest)
        yield f'<path class="grid" d="M{_LEFT:g} {y:.1f}H{_WIDTH - _RIGHT:g}"/>'
        yield (
            f'<text x="{_LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(short_number(value))}</text>"
        )
    in_minutes = until >= 2 * _MINUTE_S
    size, name = (_MINUTE_S, "min") if in_minutes else (1.0, "s")
    for step in range(_ACROSS + 1):
        second = until * step / _ACROSS
        unit = f" {name}" if step == _ACROSS else ""
        anchor = "end" if step == _ACROSS else "middle"
        yield (
            f'<text x="{_x(second, until):.1f}" y="{_HEIGHT - 10:g}" text-anchor="{anchor}">'
            f"{second / size:.3g}{unit}</text>"
        )


def _x(second: float, until: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * second / until


def _y(value: float, highest: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / highest


def _nice(highest: float) -> float:
    """Returns the round number that an axis goes up to."""
    power = 1.0
    while power * 10 < highest:
        power *= 10
    while power > highest > 0:
        power /= 10
    return next(power * step for step in _NICE if power * step >= highest)
