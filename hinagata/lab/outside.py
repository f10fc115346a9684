"""Stands in for what a sample calls outside of its architecture, such as a partner's API.

It takes every request and answers 200 with an empty object, unless a fault is on it: then it is
late, refuses, fails, or breaks the connection off. One of them may be a push service, which
answers for itself.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.lab.push_provider import Answer, PushProvider
from hinagata.scenario.fault import Inject

_STATUS = {
    Inject.THROTTLE: HTTPStatus.TOO_MANY_REQUESTS,
    Inject.SERVER_ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Outside:
    """A server on a free loopback port while the context lasts, with a path for each name.

    Args:
        names: what it stands in for.
        board: what goes wrong with it.
        push: the one of them that is a push service, if one is.
    """

    def __init__(
        self, names: Iterable[str], board: Board, *, push: PushProvider | None = None
    ) -> None:
        self._names = tuple(names)
        self._server = _Server(board, push)
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

    def __init__(self, board: Board, push: PushProvider | None) -> None:
        self.board = board
        self.push = push
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is two small packets, and the second would wait for the first.
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.path.strip("/").split("/")[0].split("?")[0]
        slow = self._struck(name, Inject.SLOW)
        if slow is not None:
            time.sleep(slow.delay_seconds)
        failing = self._struck(name, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR)
        struck = None if failing is None else failing.inject
        if struck is Inject.DOWN:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        push = self.server.push
        if push is not None and push.name == name:
            self._say(push.answer(self.path, body, struck=struck))
        else:
            self._say(Answer(status=HTTPStatus.OK if struck is None else _STATUS[struck]))

    def _say(self, answer: Answer) -> None:
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if answer.retry_after is not None:
            self.send_header("Retry-After", str(answer.retry_after))
        self.end_headers()
        self.wfile.write(body)

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
