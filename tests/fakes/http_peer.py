"""An HTTP server on the loopback that answers as told, and remembers what it was sent."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class ReceivedRequest:
    """One request, as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpPeer:
    """A context manager; `url` is where it listens while it is entered.

    Attributes:
        status: What every request is answered.
        answer: The body of every answer.
        headers: The headers of every answer, besides its length.
        before_answer: Called in the server's thread, before it answers.
        received: The requests, in order.
    """

    status: int = 202
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    before_answer: Callable[[], object] = lambda: None
    received: list[ReceivedRequest] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start to listen."""
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                peer.received.append(ReceivedRequest(self.path, dict(self.headers), body))
                peer.before_answer()
                self.send_response(peer.status)
                for name, value in peer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(peer.answer)))
                self.end_headers()
                self.wfile.write(peer.answer)

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; from here on a request to `url` is refused."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    close = __exit__
