"""What a reader does: choose, search, and change language and theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hinagata.catalogue.material.cards import Card, read_pattern_cards
from tests.recorded_settings import REPOSITORY
from tests.workbench.catalogue.choices import CHOICES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.long

CARDS: dict[str, Card] = {card.name: card for card in read_pattern_cards(REPOSITORY)}
DARK, LIGHT = "rgb(18, 22, 28)", "rgb(255, 255, 255)"


def titles(names: list[str], language: str) -> list[str]:
    """What patterns are called in a language."""
    return [CARDS[name].told_in(language).title for name in names]


def choose(page: Page, needed: list[str]) -> list[str]:
    """Chooses needs on the start page, and returns the titles that are left."""
    for need in needed:
        page.locator(f"input[value={need}]").check()
    return page.locator("#chosen li:visible h3").all_inner_texts()


def searched(page: Page, place: str, words: str) -> list[str]:
    """Types words on a page for searching, and returns the titles that are found."""
    page.goto(f"{place}search.html")
    page.locator("#query").fill(words)
    page.locator(".results li").first.wait_for()
    return page.locator(".results li > a").all_inner_texts()


def follow(page: Page, link: Locator, place: str) -> None:
    """Follows a link, and waits for the page that its address ends with."""
    link.click()
    page.wait_for_url(lambda url: url.endswith(place))


@pytest.mark.parametrize(("needed", "expected"), CHOICES)
def test_the_chooser_is_right(page: Page, needed: list[str], expected: list[str]) -> None:
    """What remains on the page are the patterns that give all that was chosen."""
    page.goto("index.html")

    assert sorted(choose(page, needed)) == sorted(titles(expected, "en"))
    verdict = page.locator(".verdict").inner_text()
    if expected:
        assert all(title in verdict for title in titles(expected, "en"))
    else:
        assert verdict.startswith("No single pattern")


def test_the_chooser_is_right_in_japanese(page: Page) -> None:
    """The same, in the page's own words."""
    page.goto("ja/index.html")

    assert choose(page, ["order", "replay"]) == titles(["event_stream"], "ja")
    assert page.locator(".verdict").inner_text() == "条件を満たすパターン: イベントストリーム"


@pytest.mark.parametrize(
    ("place", "words", "pattern"),
    [
        ("", "ordered flow of records", "event_stream"),
        ("", "PointToPointQueue", "point_to_point_queue"),
        ("ja/", "順序", "event_stream"),
        ("ja/", "サーキットブレーカー", "circuit_breaker"),
        ("ja/", "プッシュ 端末", "push_gateway"),
        ("ja/", "EventBus", "event_bus"),
    ],
)
def test_search_finds_a_pattern(page: Page, place: str, words: str, pattern: str) -> None:
    """By English words, by Japanese ones, and by a construct's name in both languages."""
    (title,) = titles([pattern], place.rstrip("/"))

    assert title in searched(page, place, words)
    result = page.locator(".results").get_by_text(title, exact=True)
    follow(page, result, f"/{place}patterns/{pattern}.html")


@pytest.mark.parametrize(
    ("place", "words", "found"),
    [
        ("", "順序", "ja/patterns/event_stream.html"),
        ("", "サーキットブレーカー", "ja/patterns/circuit_breaker.html"),
        ("", "トヨタ", "ja/talks/connected-car-platform.html"),
        ("ja/", "FM102", "checks/FM102.html"),
        ("ja/", "visibility timeout", "checks/FM101.html"),
        ("ja/", "コネクテッドカー", "ja/talks/connected-car-platform.html"),
    ],
)
def test_search_finds_what_is_in_the_other_language(
    page: Page, place: str, words: str, found: str
) -> None:
    """Whichever language one reads, both are searched; a page is found in one of them."""
    searched(page, place, words)
    addresses = page.locator(".results li > a").evaluate_all(
        "links => links.map(link => link.pathname)"
    )

    assert f"/{found}" in addresses
    assert len({address.replace("/ja/", "/") for address in addresses}) == len(addresses)


def test_search_says_which_language_another_page_is_in(page: Page) -> None:
    """What is not in the reader's language says so, to the eye and to who reads it aloud."""
    searched(page, "", "順序")
    result = page.locator(".results li").first

    assert result.get_attribute("lang") == "ja"
    assert "日本語" in [says.strip() for says in result.locator("small").all_inner_texts()]


def test_search_leads_to_the_section(page: Page) -> None:
    """A result says of which kind its page is, and names the sections that say what was asked."""
    searched(page, "", "retention")
    result = page.locator(".results li").filter(has_text="FM408")

    assert result.locator("small").inner_text().strip() == "Check"
    follow(page, result.locator(".sections").get_by_text("How to mend it"), "#how-to-mend-it")


def test_a_search_that_finds_nothing_says_so(page: Page) -> None:
    """In the words of the page."""
    page.goto("ja/search.html")
    page.locator("#query").fill("ベルリン")

    page.get_by_text("「ベルリン」に一致するページはない").wait_for()
    assert page.locator(".results li").count() == 0


def test_the_language_keeps_the_page_and_holds(page: Page) -> None:
    """The switch leads to the same place; from there each link leads to a page of that language."""
    page.goto("patterns/event_stream.html#cost")
    follow(page, page.locator("a.language"), "/ja/patterns/event_stream.html#cost")

    assert page.locator("html").get_attribute("lang") == "ja"
    bar = page.get_by_role("navigation", name="ページ", exact=True)
    follow(page, bar.get_by_text("講演"), "/ja/talks/index.html")
    follow(page, page.locator(".cards a").first, "/ja/talks/connected-car-platform.html")
    follow(page, page.locator(".cards a[href*=event_stream]"), "/ja/patterns/event_stream.html")
    follow(page, page.locator("a.language"), "/patterns/event_stream.html")
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_language_keeps_what_is_searched_for(page: Page) -> None:
    """What was typed is searched for in the other language too."""
    searched(page, "", "EventStream")
    follow(page, page.locator("a.language"), "/ja/search.html?q=EventStream")
    page.locator(".results li").first.wait_for()

    assert "イベントストリーム" in page.locator(".results li > a").all_inner_texts()


def test_the_theme_holds(page: Page) -> None:
    """A theme that was chosen is there on every page after, in each language."""
    page.goto("index.html")
    body = page.locator("body")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == LIGHT
    button = page.locator("button.theme")
    button.click()
    button.click()

    assert button.inner_text() == "Theme: dark"
    for path in ("patterns/event_stream.html", "ja/talks/index.html", "checks/FM101.html"):
        page.goto(path)
        assert body.evaluate("body => getComputedStyle(body).backgroundColor") == DARK
    assert re.search("dark|ダーク", page.locator("button.theme").inner_text())


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    """The first stop of the keyboard skips what stands on every page."""
    page.goto("ja/patterns/event_stream.html")
    page.keyboard.press("Tab")

    assert page.locator(":focus").inner_text() == "本文へスキップ"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")


def test_a_program_is_copied_whole(page: Page) -> None:
    """What lands on the clipboard is the file that is tested, and the button says so."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("ja/patterns/event_stream.html")
    button = page.locator("figure.program button").first
    button.click()

    page.get_by_text("コピー済み").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    program = REPOSITORY / "examples" / "patterns" / "event_stream" / "smallest.py"
    assert program.read_text(encoding="utf-8").rstrip().endswith(copied.strip())
    assert "EventStream(" in copied


def test_search_is_at_hand_everywhere(page: Page) -> None:
    """One key leads to the field at the top, and what is typed there is searched for."""
    page.goto("patterns/event_stream.html")
    page.keyboard.press("/")
    page.keyboard.type("FM101")
    page.keyboard.press("Enter")

    page.wait_for_url("**/search.html?q=FM101")
    page.locator(".results").get_by_text("FM101: ").first.wait_for()


def test_a_phone_opens_what_it_has_no_room_for(browser: Browser, address: str) -> None:
    """Menu and contents open without scripts, and lead on."""
    context = browser.new_context(
        base_url=address, viewport={"width": 360, "height": 800}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("patterns/event_stream.html")
    assert not page.locator("#menu").is_visible()
    assert not page.locator("#contents").is_visible()
    page.get_by_role("button", name="On this page").click()
    follow(page, page.locator("#contents").get_by_text("Default settings"), "#settings")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Menu").click()
    follow(page, page.locator("#menu").get_by_text("Talks"), "/talks/index.html")
    context.close()


def test_the_page_says_where_the_reader_is(page: Page) -> None:
    """The page among its kind, and the section that was scrolled to among those of the page."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("patterns/event_stream.html#cost")

    page.locator(".contents a[aria-current]").filter(has_text="Cost").wait_for()
    assert page.locator(".contents a[aria-current]").count() == 1
    assert page.locator(".shelf a[aria-current]").inner_text() == "Event stream"
    assert page.locator("#menu a[aria-current]").inner_text() == "Patterns"
    follow(page, page.locator(".turn .after"), "/patterns/fan_out.html")


def test_a_command_is_copied(page: Page) -> None:
    """A command has a button like a program's, and lands whole on the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("checks/FM101.html")
    page.locator(".copied button").first.click()

    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "hinagata check cdk.out --check FM101"


def test_paper_is_white_and_whole(page: Page) -> None:
    """Who reads in the dark prints dark on white, with all that is folded, and without buttons."""
    page.goto("patterns/event_stream.html")
    button = page.locator("button.theme")
    button.click()
    button.click()
    assert button.inner_text() == "Theme: dark"
    page.emulate_media(media="print")

    body = page.locator("body")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == LIGHT
    assert page.locator("details:not([open]) pre").first.is_visible()
    assert not page.get_by_role("button").first.is_visible()
