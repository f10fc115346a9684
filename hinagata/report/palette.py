"""The colours of reports: each a variable of the page, with a value for light and one for dark."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Colour(StrEnum):
    """A colour by what it is for."""

    PAGE = "page"
    CARD = "card"
    INK = "ink"
    SOFT = "soft"  # text of less weight
    GRID = "grid"
    GOOD = "good"
    BAD = "bad"
    BAND = "band"  # a stretch of time in which something is wrong
    BAND_INK = "band-ink"
    BLUE = "blue"
    RED = "red"
    GREEN = "green"
    PURPLE = "purple"
    GREY = "grey"
    OLIVE = "olive"


SERIES = (
    Colour.BLUE,
    Colour.RED,
    Colour.GREEN,
    Colour.PURPLE,
    Colour.GREY,
    Colour.OLIVE,
)
"""The colours of series, in the order in which they are taken."""

# No value occurs twice in LIGHT: a drawing's colours are found again by it.
LIGHT: Mapping[Colour, str] = {
    Colour.PAGE: "#ffffff",
    Colour.CARD: "#f5f6f8",
    Colour.INK: "#1c2129",
    Colour.SOFT: "#59616e",
    Colour.GRID: "#d5d9e0",
    Colour.GOOD: "#1c6b3c",
    Colour.BAD: "#b3261e",
    Colour.BAND: "#8a5a00",
    Colour.BAND_INK: "#6b4600",
    Colour.BLUE: "#0072b2",
    Colour.RED: "#d05a00",
    Colour.GREEN: "#008a63",
    Colour.PURPLE: "#b0568f",
    Colour.GREY: "#6f7785",
    Colour.OLIVE: "#8f7a00",
}

DARK: Mapping[Colour, str] = {
    Colour.PAGE: "#12161c",
    Colour.CARD: "#1b212a",
    Colour.INK: "#e8ebf0",
    Colour.SOFT: "#a4adba",
    Colour.GRID: "#343c49",
    Colour.GOOD: "#6cc08f",
    Colour.BAD: "#f2938c",
    Colour.BAND: "#d9a441",
    Colour.BAND_INK: "#e6bd6d",
    Colour.BLUE: "#4fa8e0",
    Colour.RED: "#f0824a",
    Colour.GREEN: "#3cc497",
    Colour.PURPLE: "#dd93c1",
    Colour.GREY: "#9aa3b1",
    Colour.OLIVE: "#c9b23d",
}


def variables(colours: Mapping[Colour, str]) -> str:
    """Returns the colours as declarations of CSS."""
    return "".join(f"--{colour.value}:{value};" for colour, value in colours.items())
