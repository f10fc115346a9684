"""What axe says of a page: the rules of accessibility that a program can look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.recorded_settings import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Returns each rule that is violated, with the element.

    Args:
        page: What is looked at, in a context that bypasses the pages' own policy: that would
            refuse the script.
    """
    if not SCRIPT.is_file():
        pytest.skip(f"there is no {SCRIPT}: make setup")
    page.add_script_tag(path=str(SCRIPT))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    # A page on which it has nothing to judge was not read.
    assert found["passes"]
    return [
        f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]
    ]
