"""The SVG: self-contained, accessible, and nothing in it clipped."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from hinagata.diagram import engine
from hinagata.diagram.folding import fold
from hinagata.diagram.lettering import width_of
from hinagata.diagram.picture import Arrow, Box, Group, Line, Picture, Symbol
from hinagata.diagram.signs import FAMILIES, SIGNS
from hinagata.diagram.svg import write_svg
from hinagata.errors import HinagataError
from hinagata.topology.reading import topology_of
from tests.workbench.diagram.shop import SHOP, random_picture

NAMESPACE = "{http://www.w3.org/2000/svg}"
SHOP_PICTURE = fold(topology_of(Shop={"Resources": SHOP}))
SVG = write_svg(SHOP_PICTURE)


def test_it_needs_nothing_else() -> None:
    """No script, no link, no font or image from elsewhere."""
    assert re.findall(r"<script|href|@import|@font-face|<image|<foreignObject", SVG) == []
    assert set(re.findall(r"url\(([^)]*)\)", SVG)) <= {"#head", "#red-head"}
    assert re.findall(r"https?://[^\"]+", SVG) == ["http://www.w3.org/2000/svg"]


def test_it_can_be_read_aloud() -> None:
    """It is an image with a title, and a description that says all that the arrows say."""
    root = ET.fromstring(SVG)
    title, description = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")

    assert root.get("role") == "img"
    assert title is not None
    assert title.text == "Architecture of Shop"
    assert description is not None
    assert description.text is not None
    assert "OrderApi/Intake to Orders: sends." in description.text
    assert "Orders to DeadLetters: dead letters." in description.text


def test_it_follows_the_readers_colours() -> None:
    """Every class that has a colour in light has one in dark."""
    light, dark = SVG.split("@media (prefers-color-scheme:dark){")
    classes = set(re.findall(r'class="([\w-]+)"', SVG)) - {"arrow"}

    assert "@media" in SVG
    for name in classes - {"sign", "letter", "mark", "waits", "hands-over"}:
        style = dark.split("</style>")[0]
        assert f".{name}" in style or name in ("outside", "edge"), name
    assert light


@pytest.mark.parametrize("picture", [SHOP_PICTURE, random_picture(1)], ids=["shop", "random"])
def test_every_text_lies_inside_its_box(picture: Picture) -> None:
    """Measured with the widest common font, no line is wider than its box or below its end."""
    root = ET.fromstring(write_svg(picture))
    groups = [g for g in root.iter(f"{NAMESPACE}g") if g.find(f"{NAMESPACE}title") is not None]

    assert len(groups) == len(list(picture.root.all_boxes()))
    for group in groups:
        box = group.find(f"{NAMESPACE}rect")
        assert box is not None
        wide = float(box.get("width", "0"))
        for text in group.findall(f"{NAMESPACE}text"):
            bold = text.get("class") == "name"
            size = 13 if bold else 11
            assert text.text is not None
            end = float(text.get("x", "0")) + width_of(text.text, size, bold=bold)
            assert end <= wide, text.text


def test_names_are_shown_whatever_is_in_them() -> None:
    """A name in which markup or a script stands is a name."""
    name = '<script>alert("1")</script> & Ω 注文'
    box = Box(key="a", name=name, full_name=name, what="queue", symbol=Symbol.QUEUE)
    loop = Arrow(source="a", target="a", words=("<sends>",), line=Line.WAITS)
    written = write_svg(Picture(title=name, root=Group(name="", boxes=[box]), arrows=(loop,)))
    shown = "".join(text.text or "" for text in ET.fromstring(written).iter(f"{NAMESPACE}text"))

    assert "<script" not in written
    assert name.replace(" ", "") in shown.replace(" ", "")
    assert "<sends>" in shown


def test_every_kind_of_box_has_a_sign_and_a_colour() -> None:
    """No box is without."""
    assert set(SIGNS) == set(FAMILIES) == set(Symbol)


def test_the_legend_explains_only_what_occurs() -> None:
    """A picture of one call needs no word about dead letters."""
    boxes = [
        Box(key=key, name=key, full_name=key, what="", symbol=Symbol.FUNCTION) for key in ("a", "b")
    ]
    call = Arrow(source="a", target="b", words=("calls",), line=Line.WAITS)
    picture = Picture(title="", root=Group(name="", boxes=boxes), arrows=(call,))

    plain = write_svg(picture)
    queued = write_svg(replace(picture, arrows=(replace(call, line=Line.HANDS_OVER),)))

    assert ("waits for the answer" in plain, "asynchronous" in plain) == (True, False)
    assert ("waits for the answer" in queued, "asynchronous" in queued) == (False, True)


def test_fails_without_the_layout_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to install."""
    monkeypatch.setattr(engine, "find_spec", lambda name: None)

    with pytest.raises(HinagataError, match=r"pip install 'hinagata\[diagram\]'"):
        write_svg(SHOP_PICTURE)
