"""Stands in for what a sample calls outside of its architecture, such as a partner's API.

It takes every request and answers 200 with an empty object, unless a fault is on it: then it is
late, refuses, fails, or breaks the connection off.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.scenario.fault import Inject

_STATUS = {Inject.THROTTLE: 429, Inject.SERVER_ERROR: 503}


class Outside:
    """A server on a free loopback port while the context lasts, with a path for each name.

    Args:
        names: what it stands in for.
        board: what goes wrong with it.
    """

    def __init__(self, names: Iterable[str], board: Board) -> None:
        self._names = tuple(names)
        self._server = _Server(board)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def url(self, name: str) -> str:
        """Return where handlers find it."""
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, board: Board) -> None:
        self.board = board
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.path.strip("/").split("/")[0].split("?")[0]
        slow = self._struck(name, Inject.SLOW)
        if slow is not None:
            time.sleep(slow.delay_seconds)
        failing = self._struck(name, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR)
        if failing is not None and failing.inject is Inject.DOWN:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(200 if failing is None else _STATUS[failing.inject])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _struck(self, name: str, *injects: Inject) -> Injection | None:
        board = self.server.board
        drawn = board.draw(Kind.OUTSIDE, name, *injects)
        if drawn is None:
            return None
        board.struck(drawn[0])
        return drawn[0]

    def log_message(self, *_: object) -> None:
        """Say nothing: the hops write what they make of the answers."""
