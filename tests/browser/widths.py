"""The windows that a page has to fit into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A phone, a tablet, a desk.
WIDTHS = (360, 768, 1440)


def is_too_wide(page: Page, width: int) -> bool:
    """Says whether a page is wider than a window of so many pixels."""
    page.set_viewport_size({"width": width, "height": 800})
    return bool(page.evaluate("document.documentElement.scrollWidth") > width)
