"""A newcomer's tasks, from the start page: what is clicked is what the pages say, and little of it.

Every click is on words that stand in the window or one way down; nothing is typed, and no address
is known beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.long


def start(page: Page) -> None:
    """Opens the start page as a newcomer does, in a window of a small desk."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("index.html")


def in_menu(page: Page, name: str) -> None:
    """Follows the menu."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()


def test_ordered_telemetry_with_replay_and_its_retention(page: Page) -> None:
    """Four clicks to the pattern, without scrolling for the answer; one more to what it keeps."""
    start(page)
    page.get_by_role("link", name="what you need").click()
    page.get_by_label("in order").check()
    page.get_by_label("(replay)").check()
    verdict = page.locator(".verdict").get_by_role("link")
    assert verdict.all_inner_texts() == ["Event stream"]
    box = page.locator(".verdict").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    verdict.click()
    assert "telemetry" in page.locator("#when").inner_text()

    page.get_by_role("navigation", name="On this page").get_by_text("Default settings").click()
    row = page.locator("#settings tr", has_text="RetentionPeriodHours")
    assert row.locator(".value").inner_text() == "24"


def test_how_a_guard_rail_is_switched_off(page: Page) -> None:
    """The list of patterns says how, and leads to one that lists its own."""
    start(page)
    in_menu(page, "Patterns")
    assert "Off('why')" in page.locator("main").inner_text()
    page.get_by_role("link", name="reactive API", exact=True).click()

    page.get_by_role("heading", name="Guard rails").wait_for()
    assert 'requests_per_second=Off("why")' in page.locator("#arguments").inner_text()


def test_what_a_hundred_requests_a_second_cost(page: Page) -> None:
    """It stands at the top of the pattern's page."""
    start(page)
    in_menu(page, "Patterns")
    page.get_by_role("heading", name="Reactive API").get_by_role("link").click()

    said = page.locator(".brief div", has_text="100 messages a second")
    assert "USD a month" in said.inner_text()
    box = said.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900


def test_what_a_talk_taught(page: Page) -> None:
    """Two clicks to its lessons, each with what became of it."""
    start(page)
    in_menu(page, "Talks")
    page.get_by_role("heading", name="connected car").get_by_role("link").click()

    page.get_by_role("heading", name="What was learned").wait_for()
    lesson = page.locator("li", has_text="cap every consumer")
    assert lesson.get_by_role("link").all_inner_texts()[0] == "Lambda worker"
