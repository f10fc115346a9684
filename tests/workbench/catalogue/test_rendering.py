"""How texts and numbers look on a page."""

from __future__ import annotations

import pytest

from hinagata.catalogue.page.curve import draw_curve
from hinagata.catalogue.page.rendering import Links, code, inline, money, spoken

LINKS = Links({"EventStream": "patterns/event_stream.html", "FM101": "checks/FM101.html"})


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
