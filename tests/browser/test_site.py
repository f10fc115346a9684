"""Every page of the site: whole, from one host, and in its frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import violations
from tests.browser.widths import WIDTHS, is_too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

KINDS = (
    "index.html",
    "search.html?q=queue",
    "patterns/index.html",
    "patterns/event_stream.html",
    "patterns/proactive_service.html",
    "samples/index.html",
    "workbench.html",
    "samples/connected_car.html",
    "checks/index.html",
    "checks/FM101.html",
    "talks/index.html",
    "talks/air-conditioners.html",
    "glossary.html",
    "facts/index.html",
    "facts/lambda.html",
    "tests/synth/test_event_stream.html",
    "ja/index.html",
    "ja/search.html?q=順序",
    "ja/patterns/index.html",
    "ja/patterns/event_stream.html",
    "ja/talks/index.html",
    "ja/talks/air-conditioners.html",
)


@dataclass
class Walk:
    """What was seen on a walk through all pages.

    Attributes:
        pages: How many there are.
        said: What the console said, and which scripts failed.
        asked: What was fetched from another host.
        missing: What was answered with an error.
        wide: Pages that are wider than the window.
    """

    pages: int = 0
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk(browser: Browser, address: str, site: Path) -> Walk:
    """Every page, at each width."""
    seen = Walk()
    context = browser.new_context(base_url=address)
    page = context.new_page()
    here = ""

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.said.append(f"{here}: {message.text}")

    def watch(request: Request) -> None:
        if not request.url.startswith((address, "data:")):
            seen.asked.append(f"{here}: {request.url}")

    def note(answer: Response) -> None:
        if answer.status >= 400:
            seen.missing.append(f"{here}: {answer.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: seen.said.append(f"{here}: {error}"))
    page.on("request", watch)
    page.on("response", note)
    for file in sorted(site.rglob("*.html")):
        here = str(file.relative_to(site))
        page.goto(here)
        seen.wide += [f"{here} at {width}" for width in WIDTHS if is_too_wide(page, width)]
        seen.pages += 1
    context.close()
    return seen


def test_every_page_loads_without_a_word_on_the_console(walk: Walk) -> None:
    """No error, no warning, no script that fails, and nothing that is not there."""
    assert walk.pages > 100
    assert walk.said == []
    assert walk.missing == []


def test_no_page_asks_another_host(walk: Walk) -> None:
    """All that a browser fetches comes from where the page does."""
    assert walk.asked == []


def test_no_page_is_wider_than_the_window(walk: Walk) -> None:
    """Nobody scrolls sideways, be it on a phone, a tablet or a desk."""
    assert walk.wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(browser: Browser, address: str, kind: str, scheme: str) -> None:
    """Each kind of page passes all of axe's rules, in both themes."""
    context = browser.new_context(base_url=address, bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(kind)
    if "?q=" in kind:
        page.locator(".results li").first.wait_for()

    assert violations(page) == []
    context.close()


def test_a_page_is_whole_without_scripts(browser: Browser, address: str) -> None:
    """The chooser names the patterns of each need, and nothing is hidden, if no script runs."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page: Page = context.new_page()
    page.goto("index.html")

    assert page.locator(".chooser .gives").count() == page.locator(".chooser input").count() > 10
    assert page.locator("#chosen li:visible").count() == 12
    assert not page.locator("button.theme").is_visible()
    page.goto("patterns/event_stream.html")
    assert page.get_by_role("heading", name="Default settings").is_visible()
    context.close()
