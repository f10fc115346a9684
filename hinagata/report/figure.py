"""Plots of what happens over time, as SVG for a page and as PNG for a file.

The same figure is always the same file: no date and no random name is in it. Colours are told
apart by people who see few of them (Okabe and Ito, "Color Universal Design", 2008, darkened to a
contrast of 3:1 on white), and each series has dashes of its own besides. In an SVG every colour is
a variable of the page around it, `palette.py`, so that it follows light and dark.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from hinagata.errors import HinagataError
from hinagata.report.palette import LIGHT, SERIES, Colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_DPI = 100
_WIDTH = 7.2  # inches: 720 pixels, the column of a page
_PANEL_HEIGHT, _LANE_HEIGHT, _EDGES_HEIGHT = 1.75, 0.2, 0.75
# A panel's title and legend, which would be taken from the lanes too.
_HEADING_HEIGHT = 0.3
_LETTERS = 9.0  # points: 12.5 pixels at 100 %
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (7, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)))
_MOST_TICKS = 8
# Steps between ticks that people count in, in seconds.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200)
_DAY = 86400
_UNITS = ((2 * _DAY, _DAY, "d"), (2 * 3600, 3600, "h"), (3 * 60, 60, "min"), (0, 1, "s"))
_FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,Arial,'DejaVu Sans',sans-serif"


class Shape(StrEnum):
    """How a series is drawn."""

    LINE = "line"  # from value to value
    STEP = "step"  # each value holds until the next one
    AREA = "area"  # a step, filled to zero
    POINTS = "points"


@dataclass(frozen=True, kw_only=True)
class Series:
    """Values of one kind.

    Attributes:
        name: What they are, for the legend; empty if the panel's title says it.
        x: Where each stands: seconds, if the figure's axis is time.
        y: The values, in the unit of the panel; NaN leaves a gap.
        shape: How they are drawn.
        colour: Which of the palette's colours it has. Default: by its place in the panel.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    shape: Shape = Shape.LINE
    colour: Colour | None = None


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value that a series may not exceed, or is compared with."""

    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Band:
    """A stretch of the x axis in which something happens, such as a fault.

    Attributes:
        name: What happens.
        begin: Where it begins.
        end: Where it ends; None for something that happens at one moment.
    """

    name: str
    begin: float
    end: float | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes.

    Attributes:
        unit: What its y axis measures, as "messages/s".
        series: What is drawn.
        levels: Horizontal lines.
        logarithmic: Whether its y axis is; otherwise it begins with 0.
        least: What its y axis shows at least, so that a row of zeros lies at its foot.
        title: What it is about, where that is not the whole figure.
        height: How high it is, to that of others.
    """

    unit: str
    series: tuple[Series, ...]
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False
    least: float = 1.0
    title: str = ""
    height: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Panels above one another, on one x axis.

    Attributes:
        title: What it shows; read aloud too.
        panels: From top to bottom.
        bands: What happens meanwhile, behind all panels.
        x_name: What the x axis is.
        x_is_time: Whether x are seconds, shown in the unit that fits.
        x_logarithmic: Whether the x axis is; only if it is not time.
    """

    title: str
    panels: tuple[Panel, ...]
    bands: tuple[Band, ...] = ()
    x_name: str = "time"
    x_is_time: bool = True
    x_logarithmic: bool = False


def draw_svg(figure: Figure, *, name: str) -> str:
    """Returns a figure as an `<svg>` element for a page.

    Args:
        figure: What to draw.
        name: A word that no other figure of the page has; all its ids begin with it.

    Raises:
        HinagataError: Matplotlib is not installed.
    """
    buffer = io.StringIO()
    with _drawn(figure) as canvas:
        canvas.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return _for_page(buffer.getvalue(), figure, name)


def draw_png(figure: Figure) -> bytes:
    """Returns a figure as a PNG file, on white, twice as fine as a screen of old.

    Raises:
        HinagataError: Matplotlib is not installed.
    """
    buffer = io.BytesIO()
    with _drawn(figure) as canvas:
        canvas.savefig(buffer, format="png", dpi=2 * _DPI, metadata={"Software": None})
    return buffer.getvalue()


def refuse_without_plots() -> None:
    """Refuse to go on where no figure can be drawn.

    Raises:
        HinagataError: Matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise HinagataError(
            "plots need matplotlib, which is not installed; do: pip install 'hinagata[report]'"
        )


@contextmanager
def _drawn(figure: Figure) -> Iterator[Canvas]:
    refuse_without_plots()
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    settings: Any = {
        "font.family": ["DejaVu Sans"],  # it comes with matplotlib, so it is everywhere the same
        "font.size": _LETTERS,
        "svg.fonttype": "none",  # letters stay letters: small, sharp, found by a search
        "svg.hashsalt": "hinagata",
        "axes.edgecolor": LIGHT[Colour.GRID],
        "axes.labelcolor": LIGHT[Colour.INK],
        "text.color": LIGHT[Colour.INK],
        "xtick.color": LIGHT[Colour.INK],
        "ytick.color": LIGHT[Colour.INK],
        "grid.color": LIGHT[Colour.GRID],
        "legend.frameon": False,
    }
    with mpl.rc_context(settings):
        lanes = len(figure.bands) * _LANE_HEIGHT
        panels = [_PANEL_HEIGHT * panel.height for panel in figure.panels]
        heights = [*([lanes] if lanes else []), *panels]
        # Not by way of pyplot, which would keep the figure, and look for a screen.
        canvas = Canvas(
            figsize=(
                _WIDTH,
                sum(heights) + _HEADING_HEIGHT * (len(panels) - 1) + _EDGES_HEIGHT,
            ),
            dpi=_DPI,
            layout="constrained",
        )
        axes = canvas.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
        *above, _ = column = list(axes[:, 0])
        canvas.suptitle(figure.title, x=0.01, ha="left", fontsize=_LETTERS + 1.5, fontweight="bold")
        for each in above:
            each.tick_params(labelbottom=False)
        if lanes:
            _draw_lanes(column.pop(0), figure.bands)
        for each, panel in zip(column, figure.panels, strict=True):
            _draw_bands(each, figure.bands)
            _draw_panel(each, panel)
        _scale_x(column[-1], figure)
        canvas.align_ylabels()
        yield canvas


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_ylabel(panel.unit)
    axes.grid(visible=True, axis="y", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    for index, series in enumerate(panel.series):
        _draw_series(axes, series, index)
    for level in panel.levels:
        axes.axhline(
            level.value,
            color=LIGHT[Colour.INK],
            linewidth=1.0,
            linestyle=(0, (8, 3)),
            label=level.name,
            zorder=1.5,
        )
    _scale_y(axes, panel)
    names = [*(series.name for series in panel.series), *(level.name for level in panel.levels)]
    count = len([name for name in names if name])
    if count:
        legend = axes.legend(
            title=panel.title or None,
            title_fontproperties={"weight": "bold", "size": _LETTERS},
            alignment="left",
            loc="lower left",
            bbox_to_anchor=(-0.005, 0.98),
            ncols=min(count, 4),
            borderpad=0.2,
            handlelength=2.6,
            columnspacing=1.4,
            fontsize=_LETTERS,
        )
        legend.set_zorder(3)
    elif panel.title:
        axes.set_title(panel.title, loc="left", fontsize=_LETTERS, fontweight="bold")


def _draw_series(axes: Axes, series: Series, index: int) -> None:
    colour = LIGHT[series.colour or SERIES[index % len(SERIES)]]
    dashes = _DASHES[index % len(_DASHES)]
    match series.shape:
        case Shape.POINTS:
            axes.plot(series.x, series.y, ".", color=colour, markersize=4, label=series.name)
        case Shape.LINE:
            axes.plot(
                series.x, series.y, color=colour, linestyle=dashes, linewidth=1.7, label=series.name
            )
        case Shape.STEP | Shape.AREA:
            if series.shape is Shape.AREA:
                axes.fill_between(
                    series.x, series.y, step="post", color=colour, alpha=0.22, linewidth=0
                )
            axes.step(
                series.x,
                series.y,
                where="post",
                color=colour,
                linestyle=dashes,
                linewidth=1.7,
                label=series.name,
            )


def _draw_lanes(axes: Axes, bands: Sequence[Band]) -> None:
    """Draw what happens meanwhile, a lane each, with its name beside its beginning or its end."""
    axes.set_axis_off()
    axes.set_ylim(len(bands), 0)
    middle = (min(b.begin for b in bands) + max(b.end or b.begin for b in bands)) / 2
    for lane, band in enumerate(bands):
        end = band.begin if band.end is None else band.end
        axes.plot(
            [band.begin, end],
            [lane + 0.5] * 2,
            color=LIGHT[Colour.BAND],
            linewidth=5 if band.end is not None else 0,
            marker="" if band.end is not None else "D",
            markersize=5,
            solid_capstyle="butt",
        )
        before = band.begin > middle
        axes.annotate(
            band.name,
            xy=(band.begin if before else end, lane + 0.5),
            xytext=(-6 if before else 6, 0),
            textcoords="offset points",
            ha="right" if before else "left",
            va="center",
            color=LIGHT[Colour.BAND_INK],
        )


def _draw_bands(axes: Axes, bands: Sequence[Band]) -> None:
    for band in bands:
        if band.end is None:
            axes.axvline(band.begin, color=LIGHT[Colour.BAND], linewidth=1.2, zorder=0.5)
        else:
            axes.axvspan(
                band.begin, band.end, color=LIGHT[Colour.BAND], alpha=0.14, linewidth=0, zorder=0.4
            )


def _scale_y(axes: Axes, panel: Panel) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if panel.logarithmic:
        axes.set_yscale("log")
    else:
        shown = [value for series in panel.series for value in series.y if math.isfinite(value)]
        top = max([panel.least, *shown, *(level.value for level in panel.levels)])
        axes.set_ylim(min([0.0, *shown]), top * 1.08)
        counts = all(value == int(value) for value in shown)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2, integer=counts))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def _scale_x(axes: Axes, figure: Figure) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    every = [x for panel in figure.panels for series in panel.series for x in series.x]
    every += [x for band in figure.bands for x in (band.begin, band.end) if x is not None]
    every = [x for x in every if math.isfinite(x)]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    if high <= low:
        high = low + 1
    if figure.x_logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
        axes.set_xlabel(figure.x_name)
        return
    axes.set_xlim(low, high)
    if not figure.x_is_time:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
        axes.set_xlabel(figure.x_name)
        return
    span = high - low
    seconds, unit = next((size, name) for least, size, name in _UNITS if span >= least)
    axes.xaxis.set_major_locator(MultipleLocator(_tick_seconds(span)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / seconds:g}"))
    axes.set_xlabel(f"{figure.x_name} ({unit})")


def _tick_seconds(span: float) -> float:
    if span < _MOST_TICKS:
        exponent = math.floor(math.log10(max(span, 1e-9) / _MOST_TICKS))
        return next(
            step
            for step in (factor * 10.0**exponent for factor in (1, 2, 5, 10))
            if span / step <= _MOST_TICKS
        )
    for step in _STEPS:
        if span / step <= _MOST_TICKS:
            return float(step)
    return float(_DAY * math.ceil(span / _DAY / _MOST_TICKS))


def short_number(value: float) -> str:
    """Returns a number as an axis shows it.

    Example:
        >>> [short_number(value) for value in (0, 0.25, 1500, 16667, 1.4e9)]
        ['0', '0.25', '1.5 k', '16.7 k', '1.4 G']
    """
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


_ID = re.compile(r'\bid="([^"]*)"')
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)([^")]*)')
_SIZE = re.compile(r'<svg[^>]*? viewBox="([^"]*)"[^>]*>', re.DOTALL)
_COLOUR = re.compile("#[0-9a-f]{6}")


def _for_page(svg: str, figure: Figure, name: str) -> str:
    """Returns a drawing as an element whose colours are the page's, and whose ids are its own."""
    variables = {colour: f"var(--{each.value})" for each, colour in LIGHT.items()}
    body = svg[svg.index("<svg") :]
    box = _SIZE.match(body)
    assert box is not None, "matplotlib begins an SVG with its size"  # noqa: S101
    body = _COLOUR.sub(lambda found: variables.get(found[0], found[0]), body[box.end() :])
    body = body.replace("'DejaVu Sans'", _FONTS)
    # Some of matplotlib's own ids are addresses in memory.
    ids = {found: f"{name}-{number}" for number, found in enumerate(_ID.findall(body))}
    body = _REFERENCE.sub(lambda found: found[1] + ids.get(found[2], found[2]), body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box[1]}" role="img" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">{escape(figure.title)}</title>{body}'
    ).strip()
