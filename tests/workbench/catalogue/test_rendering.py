"""How texts and numbers look on a page."""

from __future__ import annotations

import pytest

from hinagata.catalogue.page.curve import draw_curve
from hinagata.catalogue.page.rendering import (
    Links,
    addressed,
    code,
    inline,
    money,
    size,
    spoken,
    with_places,
)

LINKS = Links({"EventStream": "patterns/event_stream.html", "FM101": "checks/FM101.html"})


def test_a_picture_keeps_its_place_until_it_is_there() -> None:
    """Its own size stands at the page's image, so that nothing below it moves; none is made up."""
    assert size('<svg viewBox="0 0 1 2" width="720" height="1890"><rect/></svg>') == (
        ' width="720" height="1890"'
    )
    assert size('<svg viewBox="0 0 1 2"><rect width="3" height="4"/></svg>') == ""


def test_a_word_leads_to_its_page() -> None:
    """Constructs and checks are links wherever they stand, but not on their own page."""
    shown = LINKS.in_html("Take EventStream.", "../")

    assert shown == 'Take <a href="../patterns/event_stream.html">EventStream</a>.'
    assert LINKS.in_html("EventStream", "", but="patterns/event_stream.html") == "EventStream"
    assert LINKS.in_html("EventStreams, MyEventStream", "") == "EventStreams, MyEventStream"


def test_a_word_ends_where_japanese_begins() -> None:
    """What Japanese adds to a construct's name is no part of it; its page is the Japanese one."""
    japanese = LINKS.in_language("ja")

    assert japanese.in_html("EventStreamを使う", "../") == (
        '<a href="../ja/patterns/event_stream.html">EventStream</a>を使う'
    )
    assert japanese.in_html("FM101", "../") == '<a href="../checks/FM101.html">FM101</a>'


def test_a_link_holds_no_other_link() -> None:
    """A word in a link leads where the link does."""
    linked = '<a href="x">FM101</a>'

    assert LINKS.in_html(linked, "") == linked


def test_what_is_written_is_no_markup() -> None:
    """A text's angle brackets are shown, and nothing of it runs."""
    assert "<script" not in inline("<script>alert(1)</script>")
    assert "<script" not in code('"</code><script>"')


def test_only_what_has_a_colour_is_marked() -> None:
    """A program's words stay as they are, whether a style is for them or not."""
    shown = code("def take(order): return order + 1")

    assert '<span class="k">def</span>' in shown
    assert '<span class="nf">take</span>(order):' in shown


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("<h2>Run it</h2>", '<h2 id="run-it"><a class="here" href="#run-it">Run it</a></h2>'),
        ('<h2 id="a">B</h2>', '<h2 id="a"><a class="here" href="#a">B</a></h2>'),
        ("<h3>The <code>x</code></h3>", '<h3 id="the-x"><a class="here" href="#the-x">'),
        ('<h3><a href="x">Y</a></h3>', '<h3><a href="x">Y</a></h3>'),
        ("<h3>費用</h3>", "<h3>費用</h3>"),
        ("<h1>Title</h1>", "<h1>Title</h1>"),
    ],
)
def test_a_heading_can_be_cited(heading: str, shown: str) -> None:
    """It leads to itself, unless it leads elsewhere or has no letter for an address."""
    assert with_places(heading).startswith(shown)


def test_no_two_places_have_one_name() -> None:
    """A heading that says what another place is called stays without one."""
    shown = with_places('<section id="cost"><h2>Cost</h2></section><h3>Limits</h3><h3>Limits</h3>')

    assert shown.count('id="cost"') == shown.count('id="limits"') == 1
    assert shown.count("</h3>") == 2


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://a.example/b", '<a href="https://a.example/b">a.example/b</a>'),
        ("github.com/a/b @1 c (2023)", '<a href="https://github.com/a/b">github.com/a/b</a> @1 c'),
        ("AWS <Calculator>", "AWS &lt;Calculator&gt;"),
    ],
)
def test_a_source_is_a_link_where_it_has_an_address(source: str, shown: str) -> None:
    """What follows an address is a remark, and what has none is told as it is."""
    assert addressed(source).startswith(shown)


@pytest.mark.parametrize(
    ("usd", "said"),
    [(0.0, "nothing"), (0.66, "66 cents"), (51.7, "51.70 USD"), (20650.99, "20,651 USD")],
)
def test_an_amount_is_said_as_people_do(usd: float, said: str) -> None:
    """Cents below a dollar, no cents above a hundred."""
    assert money(usd) == said


def test_an_amount_is_in_dollars_in_japanese() -> None:
    """Cents are nothing that Japanese readers count in."""
    assert [money(usd, "ja") for usd in (0.0, 0.66, 51.7)] == ["0 USD", "0.66 USD", "51.70 USD"]


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        ("1209600", "MessageRetentionPeriod", "14 days"),
        ("180", "VisibilityTimeout", "3 minutes"),
        ("1", "Timeout", "1 second"),
        ("30", "RetentionInDays", ""),
        ("a", "Timeout", ""),
    ],
)
def test_seconds_are_said_in_words(value: str, path: str, said: str) -> None:
    """A setting that counts seconds is told in the largest unit that divides it."""
    assert spoken(value, path) == said


def test_a_curve_stays_in_its_frame() -> None:
    """Each point of a curve lies within the drawing, from the least to the most."""
    drawn = draw_curve(
        [(0.1, 0.66), (1000, 20651.0)], title="What <it> costs", rates="a second", amounts="USD"
    )

    assert "What &lt;it&gt; costs" in drawn
    assert drawn.count("<circle") == 2
