"""Where things go: nothing overlaps, and every arrow ends where it should."""

from __future__ import annotations

from itertools import combinations

import pytest

from hinagata.diagram import layout as layout_module
from hinagata.diagram.engine import run_graphviz
from hinagata.diagram.folding import fold
from hinagata.diagram.layout import Layout, Point, Rectangle
from hinagata.diagram.picture import Group, Picture
from hinagata.diagram.svg import lay_out_for_svg
from hinagata.errors import HinagataError
from hinagata.topology.reading import topology_of
from tests.workbench.diagram.shop import SHOP, random_picture

PICTURES = {
    "shop": fold(topology_of(Shop={"Resources": SHOP})),
    **{f"random {seed}": random_picture(seed) for seed in (0, 1, 3, 4, 7)},
}
CRASHING = 'digraph { newrank=true "no end'


@pytest.fixture(scope="module", params=PICTURES)
def laid_out(request: pytest.FixtureRequest) -> tuple[Picture, Layout]:
    """A picture and its layout."""
    picture = PICTURES[request.param]
    return picture, lay_out_for_svg(picture)


def test_no_two_boxes_overlap(laid_out: tuple[Picture, Layout]) -> None:
    """Each box has its own room."""
    _, layout = laid_out

    assert [
        pair for pair in combinations(layout.boxes.values(), 2) if pair[0].overlaps(pair[1])
    ] == []


def test_all_lies_inside_the_picture(laid_out: tuple[Picture, Layout]) -> None:
    """Boxes, labels, frames and titles lie inside the whole, a hair's breadth aside."""
    _, layout = laid_out
    whole = Rectangle(0, 0, layout.size.width, layout.size.height)
    parts = [
        *layout.boxes.values(),
        *(route.label for _, route in layout.routes),
        *(frame.place for frame in layout.frames),
    ]

    assert [part for part in parts if not whole.holds(part, slack=1)] == []
    assert [frame for frame in layout.frames if not frame.place.holds(frame.title)] == []


def test_frames_hold_their_boxes_and_no_others(laid_out: tuple[Picture, Layout]) -> None:
    """A box lies inside the frames of its groups, and outside all others."""
    _, layout = laid_out
    for frame in layout.frames:
        inside = {box.key for box in frame.group.all_boxes()}
        for key, place in layout.boxes.items():
            assert frame.place.holds(place) if key in inside else not frame.place.overlaps(place)


def test_arrows_begin_and_end_at_their_boxes(laid_out: tuple[Picture, Layout]) -> None:
    """The tip is on the target's border, and the other end on the source's."""
    _, layout = laid_out
    for arrow, route in layout.routes:
        assert _distance(route.tip, layout.boxes[arrow.target]) < 2
        assert _distance(route.curve[0], layout.boxes[arrow.source]) < 2


def test_every_box_and_arrow_is_there(laid_out: tuple[Picture, Layout]) -> None:
    """Nothing of the picture is lost."""
    picture, layout = laid_out

    assert set(layout.boxes) == {box.key for box in picture.root.all_boxes()}
    assert [arrow for arrow, _ in layout.routes] == list(picture.arrows)


def test_nothing_stands_in_the_way(laid_out: tuple[Picture, Layout]) -> None:
    """No arrow passes through another box, and no label lies on a box or on another label."""
    _, layout = laid_out

    assert layout.flaws == 0


def test_the_same_picture_comes_out_the_same() -> None:
    """A layout depends on nothing but the picture."""
    assert lay_out_for_svg(PICTURES["random 3"]) == lay_out_for_svg(PICTURES["random 3"])


def test_an_empty_picture_has_a_layout() -> None:
    """Nothing needs no room."""
    layout = lay_out_for_svg(Picture(title="", root=Group(name=""), arrows=()))

    assert (layout.size.width, layout.boxes) == (0, {})


def test_a_failure_of_graphviz_is_its_own() -> None:
    """A graph that ends Graphviz' process is skipped, and the next one is laid out."""
    failed, laid = run_graphviz([CRASHING, "digraph { a -> b }"])

    assert failed is None
    assert laid is not None
    assert len(laid["objects"]) == 2


def test_fails_when_graphviz_fails_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """If no attempt succeeds, one sentence says which formats are left."""
    monkeypatch.setattr(layout_module, "run_graphviz", lambda texts: [None] * len(texts))

    with pytest.raises(HinagataError, match="take another format"):
        lay_out_for_svg(PICTURES["shop"])


def test_a_second_ranking_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first ranking fails, the other one is taken."""

    def fails_at_first(texts: list[str]) -> list[object]:
        return [None if "newrank=false" in text else run_graphviz([text])[0] for text in texts]

    monkeypatch.setattr(layout_module, "run_graphviz", fails_at_first)

    assert lay_out_for_svg(PICTURES["shop"]).flaws == 0


def _distance(point: Point, place: Rectangle) -> float:
    """Return how far a point is from a rectangle's border."""
    outside_x = max(place.x - point.x, 0, point.x - place.right)
    outside_y = max(place.y - point.y, 0, point.y - place.bottom)
    if outside_x or outside_y:
        return max(outside_x, outside_y)
    return min(point.x - place.x, place.right - point.x, point.y - place.y, place.bottom - point.y)
