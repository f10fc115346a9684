"""The served site: to this machine alone, and anew when a source changes."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlparse

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.serving import Site, serving
from hinagata.catalogue.workbench.bench import Bench
from tests.polling import eventually
from tests.workbench.catalogue.fake_reckoner import FakeReckoner


class FakeSite(Site):
    """A site of one page; it is built when it is told to."""

    def build(self) -> None:
        """Writes the page with how often it was written."""
        self.version += 1
        self.output.mkdir(exist_ok=True)
        page = f"<html><head></head><body>{self.version}</body></html>"
        (self.output / "index.html").write_text(page)


@pytest.fixture
def site(tmp_path: Path) -> FakeSite:
    """A site that was built once."""
    (tmp_path / "patterns").mkdir()
    made = FakeSite(tmp_path, tmp_path / "site", io.StringIO())
    made.build()
    return made


@pytest.fixture
def connection(site: FakeSite) -> Iterator[HTTPConnection]:
    """A connection to where it is served, on a free port."""
    with serving(site, 0, Bench(FakeReckoner())) as address:
        made = HTTPConnection(urlparse(address).netloc)
        yield made
        made.close()


def asked(connection: HTTPConnection, path: str, host: str | None = None) -> tuple[int, str]:
    """The status and the text that a path is answered with."""
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_page_reloads_itself(connection: HTTPConnection) -> None:
    """A served page has a script more, which asks how often the site was built."""
    status, page = asked(connection, "/")

    assert status == 200
    assert '<script src="/_reload.js" defer></script></head>' in page
    assert asked(connection, "/_version") == (200, "1")
    assert "location.reload()" in asked(connection, "/_reload.js")[1]


def test_fails_for_another_name_of_this_machine(connection: HTTPConnection) -> None:
    """A name that some page had resolved to this machine is not answered."""
    assert asked(connection, "/", host="evil.example")[0] == 403
    connection.request("HEAD", "/", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 403


@pytest.mark.parametrize(
    "path", ["/../sources", "/%2e%2e/%2e%2e/etc/passwd", "/nothing.html", "/%00", "/a%00b.html"]
)
def test_fails_outside_of_the_site(connection: HTTPConnection, path: str) -> None:
    """Nothing but the site's own files is served."""
    assert asked(connection, path)[0] == 404


def test_a_changed_source_builds_it_anew(site: FakeSite, tmp_path: Path) -> None:
    """A card that is written is on the site soon after."""
    ended = threading.Event()
    watching = threading.Thread(target=site.watch, args=(ended,))
    watching.start()
    try:
        (tmp_path / "patterns" / "new.toml").write_text("title = 'New'")

        assert eventually(lambda: site.version == 2)
    finally:
        ended.set()
        watching.join()


def test_fails_if_the_port_is_taken(site: FakeSite) -> None:
    """Who listens there already is left alone, and another port is asked for."""
    with serving(site, 0, Bench(FakeReckoner())) as address:
        again = serving(site, urlparse(address).port or 0, Bench(FakeReckoner()))
        with pytest.raises(CatalogueError, match="name another with"):
            again.__enter__()
