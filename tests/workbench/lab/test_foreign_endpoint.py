"""An endpoint that is already there must be one of AWS's kind."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hinagata.cli import main
from hinagata.errors import UsageError
from hinagata.lab.endpoint import Endpoint
from tests.workbench.lab.lakes import root

Captured = pytest.CaptureFixture[str]


class _Page(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer what a web site would."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>welcome</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """The URL of a web server that is no AWS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_fails_on_a_server_that_is_no_aws(site: str) -> None:
    """Whatever the parser trips over, the message says which URL, and what was expected."""
    with pytest.raises(UsageError, match=r"does not answer as AWS does.*AWS-compatible endpoint"):
        Endpoint(site).must_be_aws()


def test_fails_on_a_port_where_nobody_listens() -> None:
    """Nobody there is told in the same words."""
    with pytest.raises(UsageError, match="does not answer as AWS does"):
        Endpoint("http://127.0.0.1:1").must_be_aws()


@pytest.mark.parametrize("command", [("redrive", "car"), ("trace", "car", root())])
def test_fails_before_anything_is_synthesized(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Who asks an endpoint that is not there knows at once, of an app that would not synthesize."""
    (tmp_path / "stacks").mkdir()
    card = 'title = "Car"\nsummary = "It drives."\nstack = "Car"\nscenario = "rush"\n'
    (tmp_path / "stacks" / "car.toml").write_text(card)
    monkeypatch.chdir(tmp_path)

    assert main([*command, "--endpoint", "http://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.startswith("hinagata: http://127.0.0.1:1 does not answer as AWS")
