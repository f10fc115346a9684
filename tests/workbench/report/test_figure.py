"""Plots: deterministic, legible, and in the colours of the page that they stand in."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from hinagata.report.figure import (
    Band,
    Figure,
    Level,
    Panel,
    Series,
    Shape,
    draw_png,
    draw_svg,
    short_number,
)
from hinagata.report.palette import DARK, LIGHT, SERIES, Colour

SECONDS = list(range(60))
FIGURE = Figure(
    title="What waits & what is done",
    x_name="time since the first message",
    panels=(
        Panel(
            unit="messages/s",
            series=(
                Series(name="sent", x=SECONDS, y=[25.0] * 60, shape=Shape.STEP),
                Series(name="done", x=SECONDS, y=[float("nan")] * 60),
            ),
            levels=(Level(name="limit", value=40),),
        ),
        Panel(
            unit="messages",
            series=(Series(name="backlog", x=SECONDS, y=SECONDS, shape=Shape.AREA),),
        ),
    ),
    bands=(Band(name="raise on Ingest", begin=10, end=20), Band(name="update", begin=30)),
)
SHORT = Figure(
    title="short",
    panels=(Panel(unit="errors/s", series=(Series(name="errors", x=[0.0, 0.5], y=[0, 0]),)),),
)


def words(svg: str) -> list[str]:
    """Return the texts of a drawing."""
    return ["".join(each.itertext()) for each in ET.fromstring(svg).iter() if _is_text(each)]


def _is_text(element: ET.Element) -> bool:
    return element.tag.endswith("}text")


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour: WCAG 2.2, section "Terms"."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours: WCAG 2.2, section "Terms"."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_same_figure_is_the_same_file() -> None:
    """No date, no random name: a report differs only where what it reports does."""
    assert draw_svg(FIGURE, name="flow") == draw_svg(FIGURE, name="flow")
    assert draw_png(SHORT) == draw_png(SHORT)


def test_all_that_it_shows_is_there_as_text() -> None:
    """Axes with units, every series, every level and every event: found by a search, read aloud."""
    said = words(draw_svg(FIGURE, name="flow"))

    assert {
        *("What waits & what is done", "time since the first message (s)"),
        *("messages/s", "messages", "sent", "done", "limit", "backlog"),
        *("raise on Ingest", "update"),
    } <= set(said)


def test_its_colours_are_those_of_the_page() -> None:
    """No colour of its own is left that would not follow light and dark."""
    svg = draw_svg(FIGURE, name="flow")

    assert re.findall("#[0-9a-fA-F]{6}", svg) == []
    assert {"var(--ink)", "var(--blue)", "var(--band)"} <= set(re.findall(r"var\(--[a-z-]+\)", svg))


def test_two_figures_of_a_page_share_no_id() -> None:
    """What one refers to is never found in the other."""
    one, other = (draw_svg(FIGURE, name=name) for name in ("one", "other"))
    ids = set(re.findall(r'\bid="([^"]*)"', one))

    assert ids.isdisjoint(re.findall(r'\bid="([^"]*)"', other))
    assert ids.issuperset(re.findall(r'(?:href="|url\()#([^")]*)', one))
    assert all(name.startswith("one-") for name in ids)


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The only addresses are names of namespaces."""
    addresses = re.findall(r'(?:href|src)="(?!#)[^"]*"', draw_svg(FIGURE, name="flow"))

    assert addresses == []


def test_a_figure_of_nothing_can_be_drawn() -> None:
    """A run of no time at all, in which nothing happened."""
    empty = Figure(title="nothing", panels=(Panel(unit="errors/s", series=()),))

    assert "nothing" in words(draw_svg(empty, name="none"))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([5.0], [1.0]),
        ([0.0, 1e-7], [0.0, 1e300]),
        ([0.0, 1e9], [-3.0, 1e-300]),
        ([0.0, 1.0], [float("nan"), float("inf")]),
    ],
)
def test_any_numbers_can_be_drawn(x: list[float], y: list[float]) -> None:
    """One point, next to no time, thirty years, nothing that is a number."""
    series = Series(name="odd", x=x, y=y)
    figure = Figure(title="odd", panels=(Panel(unit="messages", series=(series,)),))

    assert "odd" in words(draw_svg(figure, name="odd"))


@pytest.mark.parametrize(
    ("span", "label"),
    [(0.4, "time (s)"), (170, "time (s)"), (600, "time (min)"), (86400, "time (h)")],
)
def test_time_is_in_the_unit_that_fits(span: float, label: str) -> None:
    """Nobody reads 86,400 seconds."""
    figure = Figure(
        title="time",
        panels=(Panel(unit="errors/s", series=(Series(name="a", x=[0, span], y=[0, 1]),)),),
    )

    assert label in words(draw_svg(figure, name="time"))


def test_another_axis_can_be_drawn() -> None:
    """What a thing costs by its size: both axes logarithmic, without seconds."""
    figure = Figure(
        title="size",
        x_name="item size in KB",
        x_is_time=False,
        x_logarithmic=True,
        panels=(
            Panel(
                unit="write units",
                logarithmic=True,
                series=(Series(name="one", x=[1, 10, 100], y=[1, 10, 100], shape=Shape.POINTS),),
            ),
        ),
    )

    assert {"item size in KB", "write units"} <= set(words(draw_svg(figure, name="size")))


def test_a_picture_is_a_png() -> None:
    """For a document that takes no SVG."""
    assert draw_png(SHORT).startswith(b"\x89PNG")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_can_be_seen(colours: dict[Colour, str]) -> None:
    """Lines stand out 3:1 from the page, letters 4.5:1: WCAG 2.2, 1.4.11 and 1.4.3."""
    page = colours[Colour.PAGE]
    faint = [c for c in (*SERIES, Colour.BAND) if contrast(colours[c], page) < 3]
    letters = (Colour.INK, Colour.SOFT, Colour.GOOD, Colour.BAD, Colour.BAND_INK)
    weak = [c for c in letters if contrast(colours[c], page) < 4.5]

    assert faint == []
    assert weak == []


def test_a_colour_is_found_again_by_its_value() -> None:
    """No two have the same, or a drawing could not be told to follow the page."""
    assert len(set(LIGHT.values())) == len(Colour)
    assert set(DARK) == set(Colour)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, "0.25"), (1500, "1.5 k"), (16667, "16.7 k"), (1.4e9, "1.4 G")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    """As an axis has room for them."""
    assert short_number(value) == text


def test_fails_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, and how to get it."""
    monkeypatch.setattr("hinagata.report.figure.find_spec", lambda _: None)

    with pytest.raises(Exception, match=r"pip install 'hinagata\[report\]'"):
        draw_svg(SHORT, name="short")
