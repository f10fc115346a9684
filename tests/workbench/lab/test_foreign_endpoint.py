"""An endpoint that is already there must be one of AWS's kind."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from hinagata.errors import UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.run import _must_be_aws


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
        _must_be_aws(Endpoint(site))


def test_fails_on_a_port_where_nobody_listens() -> None:
    """Nobody there is told in the same words."""
    with pytest.raises(UsageError, match="does not answer as AWS does"):
        _must_be_aws(Endpoint("http://127.0.0.1:1"))
