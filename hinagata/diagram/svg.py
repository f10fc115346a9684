"""A picture as one SVG file that needs nothing else, in light and dark, readable aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from hinagata.diagram.layout import Frame, Layout, Rectangle, Route, Size, Sizes, lay_out
from hinagata.diagram.lettering import broken_into_lines, width_of
from hinagata.diagram.picture import Arrow, Box, Line, Picture
from hinagata.diagram.signs import EYE, FAMILIES, LETTER, SHIELD, SIGNS

_NAME, _SMALL, _TITLE = 13.0, 11.0, 12.0  # sizes of letters in pixels
_NAME_LINE, _SMALL_LINE = 16.0, 14.0  # distances of lines
_LABEL_ABOVE = 19.0  # height of a label that stands on its arrow
_WIDEST_NAME, _WIDEST_SMALL = 190.0, 210.0
_BAND = 34.0  # the coloured part of a box, which holds its sign
_SIGN, _MARK = 20.0, 13.0
_GAP = 8.0
_LEAST_HEIGHT = 44.0
_LETTERS_LINE, _LETTERS_INSET = 17.0, 31.0
_MARGIN = 16.0
_LEAST_LEGEND = 430.0
_LEGEND_SAMPLE = 34.0
_MARKS = {"watched": EYE, "firewall": SHIELD}
_LEGEND = {
    Line.WAITS: "waits for the answer",
    Line.HANDS_OVER: "asynchronous",
    Line.GIVES_UP: "what failed",
    Line.KNOWS: "knows of it",
}
_MEANINGS = {
    "watched": "watched by an alarm",
    "firewall": "behind a firewall",
    "letters": "its dead-letter queue",
}
_STYLE = """\
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",\
sans-serif;font-size:11px;fill:#4a5260}
.name{font-size:13px;font-weight:600;fill:#14181f}
.title{font-size:12px;font-weight:600;fill:#4a5260}
.page{fill:#ffffff}
.box{fill:#ffffff;stroke:#7b8494}
.outside .box{stroke-dasharray:4 3}
.group,.halo{fill:#f3f5f8}
.group{stroke:#c6ccd6}
.stack{fill:none;stroke:#9aa3b2;stroke-dasharray:8 4}
.band{stroke:none}
.sign,.mark,.letter{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.sign{stroke:#ffffff}
.mark{stroke:#2f7d4f}
.letter{stroke:#b3261e;stroke-width:1.4}
.letters{fill:#fdf0ef;stroke:#b3261e;stroke-dasharray:2 2}
.edge .band{fill:#3f62a8}
.compute .band{fill:#6a4fa3}
.passage .band{fill:#1f7a7a}
.store .band{fill:#96631a}
.outside .band,.plain .band{fill:#5f6878}
.arrow{fill:none;stroke:#4a5260;stroke-width:1.3}
.hands-over{stroke-dasharray:6 4}
.gives-up{stroke:#b3261e;stroke-dasharray:2 3}
.knows{stroke:#7b8494;stroke-dasharray:1 4;stroke-linecap:round}
.head{fill:#4a5260}
.red-head{fill:#b3261e}
.red{fill:#b3261e}
@media (prefers-color-scheme:dark){
text,.title{fill:#aeb7c4}
.name{fill:#eef1f5}
.page{fill:#12161c}
.box{fill:#1c222b;stroke:#7d8796}
.group,.halo{fill:#181d25}
.group{stroke:#3b4452}
.stack{stroke:#5d6776}
.mark{stroke:#6cc08f}
.letter{stroke:#f2938c}
.letters{fill:#2c1c1d;stroke:#f2938c}
.edge .band{fill:#4a6fba}
.compute .band{fill:#7c60b8}
.passage .band{fill:#258585}
.store .band{fill:#9c6a20}
.outside .band,.plain .band{fill:#626c7c}
.arrow{stroke:#aeb7c4}
.gives-up{stroke:#f2938c}
.knows{stroke:#7d8796}
.head{fill:#aeb7c4}
.red-head,.red{fill:#f2938c}
}"""


def write_svg(picture: Picture) -> str:
    """Returns a picture as an SVG document.

    Raises:
        HinagataError: The layout engine is not installed.
    """
    plans = {box.key: _planned(box) for box in picture.root.all_boxes()}
    layout = lay_out_for_svg(picture)
    legend = list(_legend(picture))
    rows = _rows(legend, layout.size.width)
    widest = max((sum(width for _, width, _ in row) for row in rows), default=0.0)
    width = max(layout.size.width, widest) + 2 * _MARGIN
    height = layout.size.height + (2.5 if rows else 2) * _MARGIN + len(rows) * _LETTERS_LINE
    parts = [*_head(picture, width, height), f'<g transform="translate({_MARGIN:g} {_MARGIN:g})">']
    for frame in layout.frames:
        style = "stack" if frame.group.is_stack else "group"
        parts.append(_rectangle(frame.place, style, radius=8))
    for arrow, route in layout.routes:
        parts += _arrow(arrow, route)
    for frame in layout.frames:
        parts += _title(frame)
    for arrow, route in layout.routes:
        parts += _label(arrow, route)
    boxes = {box.key: box for box in picture.root.all_boxes()}
    for key, place in layout.boxes.items():
        parts += _box(boxes[key], plans[key], place)
    parts.append("</g>")
    top = layout.size.height + 2.5 * _MARGIN
    for row in rows:
        left = _MARGIN
        for drawn, each, text in row:
            parts.append(f'<g transform="translate({left:.1f} {top - 8:.1f})">{drawn}')
            parts.append(f'<text x="{_LEGEND_SAMPLE + 6:g}" y="10">{escape(text)}</text></g>')
            left += each
        top += _LETTERS_LINE
    return "\n".join([*parts, "</svg>", ""])


def lay_out_for_svg(picture: Picture) -> Layout:
    """Lays out a picture with the sizes that its drawing needs.

    Raises:
        HinagataError: The layout engine is not installed.
    """
    return lay_out(
        picture,
        down=_sizes(picture, label_height=_SMALL_LINE),
        across=_sizes(picture, label_height=_LABEL_ABOVE),
    )


def _sizes(picture: Picture, *, label_height: float) -> Sizes:
    return Sizes(
        boxes={box.key: _planned(box).size for box in picture.root.all_boxes()},
        labels={
            arrow.label: Size(width_of(arrow.label, _SMALL) + _GAP, label_height)
            for arrow in picture.arrows
        },
        titles={
            group.name: Size(width_of(group.name, _TITLE, bold=True) + _GAP, _NAME_LINE)
            for group in picture.root.all_groups()
        },
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a box says, broken into lines, and how big that makes it."""

    name: Sequence[str]
    what: Sequence[str]
    letters: Sequence[tuple[str, bool]]  # and whether an alarm is to be told at the line's end
    marks: Sequence[str]
    head: float  # height of the box without its dead letters
    size: Size


def _planned(box: Box) -> _Plan:
    name = broken_into_lines(box.name, _NAME, widest=_WIDEST_NAME, bold=True)
    what = broken_into_lines(box.what, _SMALL, widest=_WIDEST_NAME)
    letters: list[tuple[str, bool]] = []
    for each in box.letters:
        *rest, last = broken_into_lines(each.name, _SMALL, widest=_WIDEST_SMALL)
        letters += [*((line, False) for line in rest), (last, each.watched)]
    marks = [_MARKS[mark] for mark in box.marks]
    beside = len(marks) * (_MARK + 4)
    last_line = width_of(what[-1], _SMALL) if what else width_of(name[-1], _NAME, bold=True)
    widest = max(
        *(width_of(line, _NAME, bold=True) for line in name),
        *(width_of(line, _SMALL) for line in what),
        last_line + 4 + beside if marks else 0.0,
    )
    below = max((width_of(line, _SMALL) for line, _ in letters), default=0.0)
    width = max(_BAND + widest + 2.5 * _GAP, _LETTERS_INSET + below + 2 * _GAP + 2 * _MARK)
    head = max(_LEAST_HEIGHT, len(name) * _NAME_LINE + len(what) * _SMALL_LINE + 1.5 * _GAP)
    return _Plan(name, what, letters, marks, head, Size(width, head + len(letters) * _LETTERS_LINE))


def _head(picture: Picture, width: float, height: float) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="title description">'
    )
    yield f'<title id="title">{escape(picture.title)}</title>'
    yield f'<desc id="description">{escape(_description(picture))}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield "<defs>"
    for name, style in (("head", "head"), ("red-head", "red-head")):
        yield (
            f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            f'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path class="{style}" d="M0 .5L8 4L0 7.5z"/></marker>'
        )
    yield "</defs>"
    yield f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>'


def _description(picture: Picture) -> str:
    names = {box.key: box.full_name for box in picture.root.all_boxes()}
    told = [f"{names[a.source]} to {names[a.target]}: {a.label}" for a in picture.arrows]
    told += [
        f"{box.full_name} to {letters.name}: dead letters"
        for box in picture.root.all_boxes()
        for letters in box.letters
    ]
    return ". ".join(told) + "." if told else "Nothing is connected."


def _box(box: Box, plan: _Plan, place: Rectangle) -> Iterator[str]:
    family = "outside" if box.is_outside else FAMILIES[box.symbol]
    yield f'<g class="{family}" transform="translate({place.x:.1f} {place.y:.1f})">'
    told = f"{box.full_name}, {box.told}" if box.told else box.full_name
    yield f"<title>{escape(told)}</title>"
    width, head = plan.size.width, plan.head
    top = head
    if plan.letters:
        yield (
            f'<path class="letters" d="M6 {head - 6:.1f}V{plan.size.height - 5:.1f}'
            f'q0 5 5 5H{width - 11:.1f}q5 0 5-5V{head - 6:.1f}"/>'
        )
        for line, watched in plan.letters:
            yield _sign(LETTER, "letter", _LETTERS_INSET - 17, top + 1, 12)
            yield f'<text x="{_LETTERS_INSET:g}" y="{top + 11:.1f}">{escape(line)}</text>'
            if watched:
                yield _sign(EYE, "mark", width - 2 * _GAP - _MARK, top + 0.5, _MARK)
            top += _LETTERS_LINE
    yield _rectangle(Rectangle(0, 0, width, head), "box", radius=6)
    yield f'<path class="band" d="M6 0H{_BAND:g}V{head:.1f}H6q-6 0-6-6V6q0-6 6-6z"/>'
    yield _sign(SIGNS[box.symbol], "sign", (_BAND - _SIGN) / 2, (head - _SIGN) / 2, _SIGN)
    left = _BAND + 1.2 * _GAP
    written = len(plan.name) * _NAME_LINE + len(plan.what) * _SMALL_LINE
    y = (head - written) / 2
    for line in plan.name:
        yield f'<text class="name" x="{left:.1f}" y="{y + 12:.1f}">{escape(line)}</text>'
        y += _NAME_LINE
    for line in plan.what:
        yield f'<text x="{left:.1f}" y="{y + 10.5:.1f}">{escape(line)}</text>'
        y += _SMALL_LINE
    x = width - _GAP
    for mark in plan.marks:
        x -= _MARK
        yield _sign(mark, "mark", x, y - _MARK + 0.5, _MARK)
        x -= 4
    yield "</g>"


def _sign(path: str, style: str, x: float, y: float, size: float) -> str:
    scale = size / 20
    return (
        f'<path class="{style}" d="{path}" '
        f'transform="translate({x:.1f} {y:.1f}) scale({scale:.3g})"/>'
    )


def _rectangle(place: Rectangle, style: str, *, radius: float) -> str:
    return (
        f'<rect class="{style}" x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
        f'height="{place.height:.1f}" rx="{radius:g}"/>'
    )


def _arrow(arrow: Arrow, route: Route) -> Iterator[str]:
    head = "red-head" if arrow.line is Line.GIVES_UP else "head"
    start, *rest = route.curve
    curve = " ".join(f"{point.x:.1f} {point.y:.1f}" for point in rest)
    yield (
        f'<path class="arrow {arrow.line.replace("_", "-")}" marker-end="url(#{head})" '
        f'd="M{start.x:.1f} {start.y:.1f}C{curve}L{route.tip.x:.1f} {route.tip.y:.1f}"/>'
    )


def _label(arrow: Arrow, route: Route) -> Iterator[str]:
    red = ' class="red"' if arrow.line is Line.GIVES_UP else ""
    place = route.label
    yield (
        f'<text{red} text-anchor="middle" x="{place.x + place.width / 2:.1f}" '
        f'y="{place.y + 11:.1f}">{escape(arrow.label)}</text>'
    )


def _title(frame: Frame) -> Iterator[str]:
    spot = frame.title
    if not frame.title_is_free:
        yield _rectangle(spot, "page" if frame.group.is_stack else "halo", radius=3)
    yield (
        f'<text class="title" x="{spot.x + _GAP / 2:.1f}" y="{spot.y + 12:.1f}">'
        f"{escape(frame.group.name)}</text>"
    )


_Entry = tuple[str, float, str]


def _legend(picture: Picture) -> Iterator[_Entry]:
    """Yields what the legend explains: each sign that occurs, how wide that is, and its meaning."""
    lines = {arrow.line for arrow in picture.arrows}
    boxes = list(picture.root.all_boxes())
    for line, meaning in _LEGEND.items():
        if line in lines:
            head = "red-head" if line is Line.GIVES_UP else "head"
            drawn = (
                f'<path class="arrow {line.replace("_", "-")}" marker-end="url(#{head})" '
                f'd="M0 6H{_LEGEND_SAMPLE:g}"/>'
            )
            yield _entry(drawn, meaning)
    if any(box.letters for box in boxes):
        yield _entry(_sign(LETTER, "letter", _LEGEND_SAMPLE - 12, 0, 12), _MEANINGS["letters"])
    for mark, path in _MARKS.items():
        if any(mark in box.marks for box in boxes):
            yield _entry(_sign(path, "mark", _LEGEND_SAMPLE - _MARK, 0, _MARK), _MEANINGS[mark])


def _entry(drawn: str, text: str) -> _Entry:
    return drawn, _LEGEND_SAMPLE + 6 + width_of(text, _SMALL) + 3 * _GAP, text


def _rows(entries: Iterable[_Entry], width: float) -> list[list[_Entry]]:
    rows: list[list[_Entry]] = []
    left = 0.0
    for entry in entries:
        if not rows or left + entry[1] > max(width, _LEAST_LEGEND):
            rows.append([])
            left = 0.0
        rows[-1].append(entry)
        left += entry[1]
    return rows
