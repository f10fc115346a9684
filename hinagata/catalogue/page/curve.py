"""A curve of costs over traffic, as a drawing that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 640.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 78.0, 24.0, 34.0, 44.0


def draw_curve(
    points: Sequence[tuple[float, float]],
    *,
    title: str,
    rates: str,
    amounts: str,
) -> Markup:
    """Draws USD a month over messages a second, both on logarithmic axes.

    Args:
        points: Messages a second and what they cost, all above zero.
        title: What is read aloud in place of the drawing.
        rates: What the axis of the rates is called.
        amounts: What the axis of the amounts is called.
    """
    decades = [
        (math.floor(math.log10(min(axis))), math.ceil(math.log10(max(axis))))
        for axis in zip(*points, strict=True)
    ]
    (x_low, x_high), (y_low, y_high) = decades
    y_high += y_high == y_low

    def place(rate: float, usd: float) -> tuple[float, float]:
        across = (math.log10(rate) - x_low) / (x_high - x_low)
        up = (math.log10(usd) - y_low) / (y_high - y_low)
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
        )

    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    parts = [f'<svg class="curve" viewBox="{box}" role="img" aria-label="{escape(title)}">']
    for decade in range(x_low, x_high + 1):
        x, bottom = place(10.0**decade, 10.0**y_low)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP:g}V{bottom:.1f}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle">{10.0**decade:,g}</text>'
        )
    for decade in range(y_low, y_high + 1):
        left, y = place(10.0**x_low, 10.0**decade)
        parts.append(f'<path class="grid" d="M{left:.1f} {y:.1f}H{_WIDTH - _RIGHT:g}"/>')
        parts.append(
            f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:,g}</text>'
        )
    places = [place(*point) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts.append(f'<polyline class="line" points="{line}"/>')
    parts += [f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places]
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.1f}" y="{_HEIGHT - 8:g}" text-anchor="middle">'
        f"{escape(rates)}</text>"
    )
    parts.append(f'<text x="8" y="14">{escape(amounts)}</text></svg>')
    return Markup("".join(parts))  # noqa: S704 - numbers, and words that are escaped
