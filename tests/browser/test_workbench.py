"""The workbench on its page: a slider is moved, and plan, price and simulation answer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hinagata.catalogue.serving import Site, serving
from hinagata.catalogue.workbench.bench import Bench
from hinagata.catalogue.workbench.worker import Worker
from tests.browser.axe import violations
from tests.browser.widths import WIDTHS, is_too_wide
from tests.recorded_settings import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """Where somebody answers."""
    answering = Site(REPOSITORY, site, io.StringIO())
    answering.build()
    worker = Worker()
    worker.start()
    with Bench(worker) as bench, serving(answering, 0, bench) as address:
        yield address


def answered(page: Page, sample: str) -> str:
    """Opens the page of a sample, and returns what it is answered in short."""
    page.goto(f"workbench.html?sample={sample}")
    page.locator(".answer[aria-busy=false] .heard:not(:empty)").wait_for()
    return page.locator(".heard").inner_text()


@pytest.mark.parametrize("sample", ["connected_car", "order_events", "push_jobs"])
def test_the_workbench_answers(browser: Browser, served: str, sample: str) -> None:
    """More traffic is another answer, without a word on the console."""
    context = browser.new_context(base_url=served)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    before = answered(page, sample)
    page.locator("fieldset:not([hidden]) input[type=range]").first.press("End")
    page.locator(".heard").filter(has_not_text=before).wait_for()

    assert "USD a month" in before
    assert page.locator(".refusal").inner_text() == ""
    assert said == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_for_everybody(browser: Browser, served: str, scheme: str) -> None:
    """Axe finds no violation in an answer, and it fits each window."""
    context = browser.new_context(base_url=served, bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    answered(page, "connected_car")

    assert violations(page) == []
    assert [width for width in WIDTHS if is_too_wide(page, width)] == []
    context.close()


def test_a_phone_keeps_the_answer_in_sight(browser: Browser, served: str) -> None:
    """Whoever moves a slider reads at the window's lower edge what comes of it."""
    context = browser.new_context(base_url=served, viewport={"width": 360, "height": 800})
    page = context.new_page()
    answered(page, "connected_car")
    box = page.locator(".heard").bounding_box()

    assert box is not None
    assert box["height"] > 20
    assert box["y"] + box["height"] == pytest.approx(800, abs=1)
    context.close()
