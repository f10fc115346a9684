"""Where everything of a picture goes: Graphviz decides, from the Python package that brings it.

Graphviz is told sizes and connections, never a name: so no text can upset it, and the fonts of
the machine have no say. The same picture always comes out the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hinagata.diagram.picture import Arrow, Group, Line, Picture
from hinagata.errors import HinagataError

_POINTS_PER_INCH = 72  # Graphviz gives sizes of nodes in inches, everything else in points
_ARROWHEAD_SCALE = 0.8
_ATTRIBUTES = (
    'splines=true nodesep="0.3" ranksep="0.3" outputorder=nodesfirst',
    'node [shape=box fixedsize=true label=""]',
    f'edge [arrowsize="{_ARROWHEAD_SCALE}"]',
)
# Beyond so many arrows Graphviz' search for the shortest and least crossed ones takes seconds.
_MANY_ARROWS = 400
_LESS_EFFORT = 'nslimit="2" nslimit1="2" mclimit="0.5" searchsize="10"'


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much room things need.

    Attributes:
        boxes: Each box, by its key.
        labels: Each label, by its text.
        titles: Each group's title, by its text.
    """

    boxes: Mapping[str, Size]
    labels: Mapping[str, Size]
    titles: Mapping[str, Size]


@dataclass(frozen=True, slots=True)
class Point:
    """A place; x grows to the right, y downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def holds(self, other: Rectangle, *, slack: float = 0.0) -> bool:
        """Whether another rectangle lies inside this one."""
        return (
            self.x - slack <= other.x
            and self.y - slack <= other.y
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def overlaps(self, other: Rectangle) -> bool:
        """Whether another rectangle has more than an edge in common with this one."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Route:
    """The way of an arrow.

    Attributes:
        curve: Start, then three control points for each cubic Bézier curve.
        tip: Where the arrow's head ends, on the box that it points to.
        label: Where its label goes.
    """

    curve: tuple[Point, ...]
    tip: Point
    label: Rectangle

    def points(self) -> Iterator[Point]:
        """Yields points along the way, near enough to each other to tell what it crosses."""
        steps = 16
        for index in range(0, len(self.curve) - 3, 3):
            a, b, c, d = self.curve[index : index + 4]
            for step in range(steps):
                t = step / steps
                u = 1 - t
                p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                yield Point(
                    p * a.x + q * b.x + r * c.x + s * d.x, p * a.y + q * b.y + r * c.y + s * d.y
                )
        yield self.curve[-1]
        yield self.tip


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture with its coordinates, in pixels.

    Attributes:
        size: Of the whole.
        boxes: Place of each box, by its key.
        groups: Each group and its place, outer ones first.
        routes: Each arrow and its way.
    """

    size: Size
    boxes: Mapping[str, Rectangle]
    groups: tuple[tuple[Group, Rectangle], ...]
    routes: tuple[tuple[Arrow, Route], ...]


def lay_out(picture: Picture, sizes: Sizes, *, across: bool = False) -> Layout:
    """Lays out a picture in layers, messages going down.

    Args:
        picture: What to lay out.
        sizes: How much room everything in it needs.
        across: Whether messages go from left to right instead.

    Raises:
        HinagataError: Graphviz is not installed.
    """
    try:
        from pygraphviz import AGraph
    except ModuleNotFoundError as error:
        if error.name != "pygraphviz":
            raise
        raise HinagataError(
            "the SVG needs pygraphviz, which is not installed; do: pip install 'hinagata[diagram]'"
        ) from None
    writer = _Dot(picture, sizes, across=across)
    laid = json.loads(AGraph(string=writer.text()).draw(format="json", prog="dot"))
    return _read(laid, writer)


class _Dot:
    """A picture in Graphviz' language, with numbers for names."""

    def __init__(self, picture: Picture, sizes: Sizes, *, across: bool) -> None:
        self.picture = picture
        self.sizes = sizes
        self.keys = [box.key for box in picture.root.all_boxes()]
        self.groups: list[Group] = []
        self._across = across
        self._numbers = {key: number for number, key in enumerate(self.keys)}

    def text(self) -> str:
        direction = "LR" if self._across else "TB"
        effort = _LESS_EFFORT if len(self.picture.arrows) > _MANY_ARROWS else ""
        lines = [f"digraph {{ rankdir={direction} {effort}", *_ATTRIBUTES]
        lines += self._group(self.picture.root)
        for number, arrow in enumerate(self.picture.arrows):
            label = _blank(self.sizes.labels[arrow.label])
            # A name that is merely known must not decide what comes before what.
            constraint = " constraint=false" if arrow.line is Line.KNOWS else ""
            source, target = self._numbers[arrow.source], self._numbers[arrow.target]
            lines.append(f"n{source} -> n{target} [id={number} label={label}{constraint}]")
        return "\n".join([*lines, "}"])

    def _group(self, group: Group) -> Iterator[str]:
        for box in group.boxes:
            size = self.sizes.boxes[box.key]
            width, height = size.width / _POINTS_PER_INCH, size.height / _POINTS_PER_INCH
            yield f'n{self._numbers[box.key]} [width="{width:.4f}" height="{height:.4f}"]'
        for inner in group.groups:
            yield f"subgraph cluster_{len(self.groups)} {{ margin=14 labeljust=l"
            yield f"label={_blank(self.sizes.titles[inner.name])}"
            self.groups.append(inner)
            yield from self._group(inner)
            yield "}"


def _blank(size: Size) -> str:
    """Returns a label of a size that has nothing in it."""
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" '
        f'WIDTH="{size.width:.0f}" HEIGHT="{size.height:.0f}"><TR><TD></TD></TR></TABLE>>'
    )


def _read(laid: Mapping[str, Any], writer: _Dot) -> Layout:
    """Returns what Graphviz answered; its y grows upwards, and a new group begins each object."""
    _, _, width, height = map(float, laid["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return Point(x, height - y)

    boxes: dict[str, Rectangle] = {}
    groups: dict[int, Rectangle] = {}
    for thing in laid.get("objects", ()):
        name: str = thing["name"]
        if name.startswith("cluster_"):
            left, bottom, right, top = map(float, thing["bb"].split(","))
            groups[int(name[8:])] = Rectangle(left, height - top, right - left, top - bottom)
        else:
            center = point(thing["pos"])
            wide = float(thing["width"]) * _POINTS_PER_INCH
            high = float(thing["height"]) * _POINTS_PER_INCH
            key = writer.keys[int(name[1:])]
            boxes[key] = Rectangle(center.x - wide / 2, center.y - high / 2, wide, high)
    routes: dict[int, Route] = {}
    for edge in laid.get("edges", ()):
        arrow = writer.picture.arrows[int(edge["id"])]
        parts = edge["pos"].split()
        tip = next((point(part[2:]) for part in parts if part.startswith("e,")), None)
        curve = tuple(point(part) for part in parts if part[0] not in "es")
        middle = point(edge["lp"])
        size = writer.sizes.labels[arrow.label]
        label = Rectangle(
            middle.x - size.width / 2, middle.y - size.height / 2, size.width, size.height
        )
        routes[int(edge["id"])] = Route(curve, tip or curve[-1], label)
    return Layout(
        size=Size(width, height),
        boxes=boxes,
        groups=tuple((writer.groups[number], groups[number]) for number in sorted(groups)),
        routes=tuple((writer.picture.arrows[number], routes[number]) for number in sorted(routes)),
    )
