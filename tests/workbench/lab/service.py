"""A service on the loopback interface that answers as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[int], int | None]
"""Takes the number of a request, from 0, and returns its status; None never answers."""


@dataclass(frozen=True)
class Received:
    """A request that arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Service:
    """What arrived at a service, and where it is."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(answer: Answer) -> Iterator[Service]:
    """Serve on a free port until the block ends."""
    service = Service()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            with lock:
                number = len(service.received)
                service.received.append(Received(self.path, dict(self.headers), body))
                service.connections.add(self.client_address)
            status = answer(number)
            if status is None:
                service.closing.wait()
                return
            self.send_response(status)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"text")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        # With the usual five, the sixth client at a time waits a second for its connection.
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        service.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
