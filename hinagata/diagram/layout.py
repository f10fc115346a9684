"""Where everything of a picture goes: Graphviz decides, and what it decided is judged.

Graphviz is told sizes and connections, never a name: so no text can upset it, and the fonts of
the machine have no say. The same picture always comes out the same.
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from hinagata.diagram.engine import run_graphviz
from hinagata.diagram.picture import Arrow, Group, Line, Picture
from hinagata.errors import HinagataError

_POINTS_PER_INCH = 72  # Graphviz gives sizes of nodes in inches, everything else in points
_ARROWHEAD_SCALE = 0.8
_ROW = 4  # boxes that nothing connects, beside each other
_TOUCH = 1.0  # what merely touches a box does not pass through it
_LARGE = 150  # boxes
# A page's column; wider pictures are laid out downwards instead of across.
_WIDEST_ACROSS = 860.0
_FRAME = 14  # room between a group's frame and its boxes
_TITLE_GAP, _TITLE_INSET, _TITLE_STEP = 5.0, 8.0, 12.0
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

    def passes(self, place: Rectangle) -> bool:
        """Whether it goes through a place."""
        return any(
            place.x + _TOUCH < point.x < place.right - _TOUCH
            and place.y + _TOUCH < point.y < place.bottom - _TOUCH
            for point in self.points()
        )

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
class Frame:
    """The place of a group.

    Attributes:
        group: The group.
        place: All of it.
        title: Where its name goes.
        title_is_free: Whether no arrow passes there.
    """

    group: Group
    place: Rectangle
    title: Rectangle
    title_is_free: bool


@dataclass(frozen=True)
class Layout:
    """A picture with its coordinates, in pixels.

    Attributes:
        size: Of the whole.
        boxes: Place of each box, by its key.
        frames: Each group's place, outer ones first.
        routes: Each arrow and its way.
    """

    size: Size
    boxes: Mapping[str, Rectangle]
    frames: tuple[Frame, ...]
    routes: tuple[tuple[Arrow, Route], ...]

    @cached_property
    def flaws(self) -> int:
        """How many things are where a person would not have put them.

        Boxes that overlap, arrows that pass through other boxes, labels on boxes or on each other.
        Of pictures that are too large for such niceties it is 0.
        """
        boxes = list(self.boxes.items())
        if len(boxes) > _LARGE:
            return 0
        found = sum(a.overlaps(b) for (_, a), (_, b) in itertools.combinations(boxes, 2))
        labels = [route.label for _, route in self.routes]
        found += sum(a.overlaps(b) for a, b in itertools.combinations(labels, 2))
        for arrow, route in self.routes:
            for key, place in boxes:
                found += place.overlaps(route.label)
                if key not in (arrow.source, arrow.target):
                    found += route.passes(place)
        return found


def lay_out(picture: Picture, *, down: Sizes, across: Sizes) -> Layout:
    """Lays out a picture in layers: messages go across if that fits a page's column, else down.

    Args:
        picture: What to lay out.
        down: How much room things need where messages go down.
        across: How much they need where messages go from left to right.

    Raises:
        HinagataError: Graphviz is not installed, takes too long or fails.
    """
    if not any(True for _ in picture.root.all_boxes()):
        return Layout(Size(0, 0), {}, (), ())
    best: Layout | None = None
    # The first ranking makes the better pictures; rarely it leads arrows through boxes, or fails.
    for new_rank in (False, True):
        plans = [
            _Plan(picture=picture, sizes=across, across=True, new_rank=new_rank),
            _Plan(picture=picture, sizes=down, across=False, new_rank=new_rank),
        ]
        layouts = _laid_out(plans)
        if layouts:
            plan, layout = min(layouts, key=lambda each: _rank(*each))
            layout = _with_free_titles(plan, layout)
            if best is None or layout.flaws < best.flaws:
                best = layout
            if not best.flaws:
                break
    if best is None:
        raise HinagataError(
            "Graphviz fails at this picture; take another format, as mermaid or text"
        )
    return best


def _laid_out(plans: Sequence[_Plan]) -> list[tuple[_Plan, Layout]]:
    found = run_graphviz([plan.text() for plan in plans])
    return [
        (plan, _read(laid, plan))
        for plan, laid in zip(plans, found, strict=True)
        if laid is not None and _is_whole(laid)
    ]


def _is_whole(laid: Mapping[str, Any]) -> bool:
    """Whether Graphviz has drawn every arrow; rarely it loses one, and says nothing."""
    return all("lp" in edge for edge in laid.get("edges", ()) if "id" in edge)


def _rank(plan: _Plan, layout: Layout) -> tuple[int, bool, float]:
    """Returns what is smaller for the better layout: a page is scrolled downwards, not across."""
    fits = plan.across and layout.size.width <= _WIDEST_ACROSS
    return layout.flaws, not fits, layout.size.width


def _with_free_titles(plan: _Plan, layout: Layout) -> Layout:
    """Lays out anew with the titles below that an arrow passes through, if that helps."""
    passed = [index for index, frame in enumerate(layout.frames) if not frame.title_is_free]
    if not passed:
        return layout
    for _, other in _laid_out([replace(plan, titles_below=frozenset(passed))]):
        free = sum(not frame.title_is_free for frame in other.frames) < len(passed)
        if free and other.flaws <= layout.flaws and other.size.width <= layout.size.width * 1.2:
            return other
    return layout


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A picture in Graphviz' language, with numbers for names.

    Attributes:
        picture: The picture.
        sizes: How much room things need.
        across: Whether messages go from left to right instead of down.
        new_rank: Whether boxes are ranked over all groups at once.
        titles_below: Numbers of the groups whose title goes to the bottom.
    """

    picture: Picture
    sizes: Sizes
    across: bool
    new_rank: bool
    titles_below: frozenset[int] = frozenset()

    @cached_property
    def keys(self) -> list[str]:
        """The boxes' keys; a box's number is its index."""
        return [box.key for box in self.picture.root.all_boxes()]

    @cached_property
    def groups(self) -> list[Group]:
        """The groups, outer ones first; a group's number is its index."""
        return list(self.picture.root.all_groups())

    def text(self) -> str:
        """Returns the graph for `dot`."""
        direction = "LR" if self.across else "TB"
        effort = _LESS_EFFORT if len(self.picture.arrows) > _MANY_ARROWS else ""
        new_rank = str(self.new_rank).lower()
        lines = [f"digraph {{ rankdir={direction} newrank={new_rank} {effort}", *_ATTRIBUTES]
        numbers = {key: number for number, key in enumerate(self.keys)}
        lines += self._group(self.picture.root, numbers, itertools.count())
        depth = _depths(self.picture)
        for number, arrow in enumerate(self.picture.arrows):
            source, target = numbers[arrow.source], numbers[arrow.target]
            back = ""
            if arrow.line is Line.KNOWS and depth[arrow.target] < depth[arrow.source]:
                # A name that is merely known must not decide what comes before what.
                source, target, back = target, source, " dir=back"
            label = _blank(self.sizes.labels[arrow.label])
            lines.append(f"n{source} -> n{target} [id={number} label={label}{back}]")
        return "\n".join([*lines, "}"])

    def _group(
        self, group: Group, numbers: Mapping[str, int], group_numbers: Iterator[int]
    ) -> Iterator[str]:
        for box in group.boxes:
            size = self.sizes.boxes[box.key]
            width, height = size.width / _POINTS_PER_INCH, size.height / _POINTS_PER_INCH
            yield f'n{numbers[box.key]} [width="{width:.4f}" height="{height:.4f}"]'
        if not self.across:
            yield from self._rows_of_unconnected(group, numbers)
        for inner in group.groups:
            number = next(group_numbers)
            place = "b" if number in self.titles_below else "t"
            yield f"subgraph cluster_{number} {{ margin={_FRAME} labelloc={place}"
            yield f"label={_blank(self.sizes.titles[inner.name])}"
            yield from self._group(inner, numbers, group_numbers)
            yield "}"

    def _rows_of_unconnected(self, group: Group, numbers: Mapping[str, int]) -> Iterator[str]:
        """Puts boxes that no arrow touches into short rows, one below the other."""
        touched = {key for arrow in self.picture.arrows for key in (arrow.source, arrow.target)}
        alone = [numbers[box.key] for box in group.boxes if box.key not in touched]
        for above, below in zip(alone, alone[_ROW:], strict=False):
            yield f"n{above} -> n{below} [style=invis]"


def _depths(picture: Picture) -> dict[str, int]:
    """Returns how many arrows at least lead to each box from where messages come in."""
    after: dict[str, list[str]] = defaultdict(list)
    for arrow in picture.arrows:
        if arrow.line is not Line.KNOWS:
            after[arrow.source].append(arrow.target)
    reached = {target for targets in after.values() for target in targets}
    keys = [box.key for box in picture.root.all_boxes()]
    # Where all is one loop, it begins at the first box.
    depths = {key: 0 for key in keys if key not in reached} or {keys[0]: 0}
    open_ = deque(depths)
    while open_:
        key = open_.popleft()
        for target in after[key]:
            if target not in depths:
                depths[target] = depths[key] + 1
                open_.append(target)
    return {key: depths.get(key, 0) for key in keys}


def _blank(size: Size) -> str:
    """Returns a label of a size that has nothing in it."""
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" '
        f'WIDTH="{size.width:.0f}" HEIGHT="{size.height:.0f}"><TR><TD></TD></TR></TABLE>>'
    )


def _read(laid: Mapping[str, Any], plan: _Plan) -> Layout:
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
            key = plan.keys[int(name[1:])]
            boxes[key] = Rectangle(center.x - wide / 2, center.y - high / 2, wide, high)
    routes: dict[int, Route] = {}
    for edge in laid.get("edges", ()):
        if "id" not in edge:
            continue  # it only holds boxes in their places
        arrow = plan.picture.arrows[int(edge["id"])]
        middle = point(edge["lp"])
        size = plan.sizes.labels[arrow.label]
        label = Rectangle(
            middle.x - size.width / 2, middle.y - size.height / 2, size.width, size.height
        )
        routes[int(edge["id"])] = _route(edge["pos"].split(), point, label)
    ways = tuple(routes[number] for number in sorted(routes))
    return Layout(
        size=Size(width, height),
        boxes=boxes,
        frames=tuple(
            _frame(plan.groups[number], groups[number], plan, number, ways)
            for number in sorted(groups)
        ),
        routes=tuple(zip((plan.picture.arrows[n] for n in sorted(routes)), ways, strict=True)),
    )


def _route(parts: list[str], point: Callable[[str], Point], label: Rectangle) -> Route:
    """Returns the way of an arrow from Graphviz' words for it; it may have been drawn backwards."""
    heads = {part[0]: point(part[2:]) for part in parts if part[0] in "es"}
    curve = tuple(point(part) for part in parts if part[0] not in "es")
    if "s" in heads:
        return Route(curve[::-1], heads["s"], label)
    return Route(curve, heads.get("e", curve[-1]), label)


def _frame(
    group: Group, place: Rectangle, plan: _Plan, number: int, routes: Sequence[Route]
) -> Frame:
    """Returns a group's place, with its title where no arrow passes, if there is such a spot."""
    size = plan.sizes.titles[group.name]
    below = number in plan.titles_below
    y = place.bottom - size.height - _TITLE_GAP if below else place.y + _TITLE_GAP
    left, right = place.x + _TITLE_INSET, place.right - _TITLE_INSET - size.width
    steps = max(1, round((right - left) / _TITLE_STEP))
    middle = [left + (right - left) * step / steps for step in range(1, steps)]
    # Where a title is looked for first.
    spots = [Rectangle(x, y, size.width, size.height) for x in (left, right, *middle)]
    free = [spot for spot in spots if not any(route.passes(spot) for route in routes)]
    return Frame(group, place, (free or spots)[0], bool(free))
