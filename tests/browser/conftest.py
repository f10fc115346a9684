"""The site, where it is served, and a browser to read it with.

Each lives as long as this package's tests: while Playwright runs, no other test could start an
event loop in its process.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hinagata.catalogue.project import Project
from hinagata.catalogue.site import build
from tests.recorded_settings import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# No browser is downloaded: the machine's own does.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Files(SimpleHTTPRequestHandler):
    """Serves files as any host of static pages does."""

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, with the index for searching."""
    return build(Project(REPOSITORY), tmp_path_factory.mktemp("catalogue")).folder


@pytest.fixture(scope="package")
def address(site: Path) -> Iterator[str]:
    """Where it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser of this machine, without a window."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    # Loaded here, so that who has no Playwright can still collect these tests.
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=executable)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a reader who was never here before, and sees light."""
    context = browser.new_context(base_url=address, color_scheme="light")
    yield context.new_page()
    context.close()
