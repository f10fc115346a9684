"""The site on this machine, made anew while its sources are edited."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TextIO

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.project import Project
from hinagata.catalogue.site import build
from hinagata.catalogue.workbench.bench import Bench, BusyError, ReplacedError
from hinagata.catalogue.workbench.question import (
    MOST_BYTES,
    Question,
    QuestionError,
    read_question,
)
from hinagata.catalogue.workbench.worker import BrokenError, Sources, TooLateError, Worker
from hinagata.errors import HinagataError

LOOPBACK = "127.0.0.1"
_LOOK_EVERY_S = 1.0
_END_WITHIN_S = 0.05
_VERSION, _RELOAD, ANSWER = "/_version", "/_reload.js", "/_answer"
# Who asks before any page does; no page calls itself that.
_SERVER = "the server"
# Says to the workbench's page that somebody answers.
_SERVED = '<meta name="served">'
# What is too long is read to here before it is refused, so that the refusal is read too.
_MOST_READ = 65536
_READ_WITHIN_S = 10.0
_STATUS: Mapping[type[HinagataError], HTTPStatus] = {
    QuestionError: HTTPStatus.BAD_REQUEST,
    ReplacedError: HTTPStatus.CONFLICT,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooLateError: HTTPStatus.SERVICE_UNAVAILABLE,
    BrokenError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_SCRIPT = f"""\
let known = null;
setInterval(async () => {{
  const now = await fetch("{_VERSION}").then((answer) => answer.text()).catch(() => known);
  if (known !== null && now !== known) location.reload();
  known = now;
}}, 1000);
"""
_WATCHED = ("patterns", "stacks", "functions", "scenarios", "examples", "tests", "docs")


class Site:
    """A site that is built, and how often it was.

    Args:
        folder: The project's folder.
        output: Where its site is.
        stream: Where it is said what was made, and what is wrong.

    Attributes:
        output: Where its site is.
        version: How often it was built.
        samples: The names of its samples.
        sources: What the workbench answers from; None until it is built.
    """

    def __init__(self, folder: Path, output: Path, stream: TextIO) -> None:
        self.output = output
        self.version = 0
        self.samples: tuple[str, ...] = ()
        self.sources: Sources | None = None
        self._folder, self._stream = folder, stream
        self._seen = self._look()

    def build(self) -> None:
        """Builds it; what is wrong is an error the first time."""
        project = Project(self._folder)
        built = build(project, self.output)
        self.version += 1
        self.samples = tuple(project.samples)
        self.sources = Sources(
            project=self._folder, assembly=project.assemblies.samples, version=self.version
        )
        self._stream.write(f"{len(built.made)} pages made, {built.kept} kept\n")
        self._stream.flush()

    def watch(self, ended: threading.Event) -> None:
        """Builds it anew whenever a source is another, until something ended."""
        while not ended.wait(_LOOK_EVERY_S):
            now = self._look()
            if now == self._seen:
                continue
            self._seen = now
            try:
                self.build()
            except HinagataError as error:
                self._stream.write(f"{error}\n")
                self._stream.flush()

    def _look(self) -> frozenset[tuple[Path, int]]:
        return frozenset(file for name in _WATCHED for file in _files(self._folder / name))


@contextmanager
def serving(site: Site, port: int, bench: Bench) -> Iterator[str]:
    """Serves a site on the loopback interface while the block runs, and yields its address.

    Args:
        site: What is served.
        port: Where; 0 for any that is free.
        bench: Who answers the workbench's questions.

    Raises:
        CatalogueError: Something listens on the port already.
    """
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, site, bench))
    except OSError as error:
        raise CatalogueError(
            f"port {port} of {LOOPBACK} cannot be had ({error.strerror}); name another with --port"
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(_END_WITHIN_S,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def serve_catalogue(*, project: Path, output: Path, port: int, stream: TextIO) -> None:
    """Serves the site of a project until it is interrupted, and builds it when a source changes.

    Raises:
        HinagataError: A source is broken at the beginning, or the port is taken.
    """
    site = Site(project, output, stream)
    site.build()
    worker = Worker()
    worker.start()
    with Bench(worker) as bench, serving(site, port, bench) as address:
        stream.write(f"{address} until Ctrl-C\n")
        stream.flush()
        threading.Thread(target=warm_up, args=(site, bench), daemon=True).start()
        site.watch(threading.Event())


def warm_up(site: Site, bench: Bench) -> None:
    """Asks for each sample as it is, so that the first reader waits no longer than the next.

    What goes wrong is said to the reader who asks for it.
    """
    for sample in site.samples:
        if site.sources is not None:
            with suppress(HinagataError):
                bench.ask(Question(page=_SERVER, sample=sample, traffic={}), site.sources)


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site, and answers, to this machine's own browsers alone."""

    timeout = _READ_WITHIN_S

    def __init__(self, site: Site, bench: Bench, *arguments: object) -> None:
        self._site, self._bench = site, bench
        super().__init__(*arguments, directory=str(site.output))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answers with a file, or with how often the site was built."""
        if not self._is_ours():
            self.send_error(HTTPStatus.FORBIDDEN, "ask for 127.0.0.1 or localhost")
        elif self.path == _VERSION:
            self._answer(str(self._site.version), "text/plain")
        elif self.path == _RELOAD:
            self._answer(_SCRIPT, "text/javascript")
        elif (page := self._page()) is not None:
            script = f'{_SERVED}<script src="{_RELOAD}" defer></script></head>'
            self._answer(page.replace("</head>", script, 1), "text/html")
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        """Answers as to a GET, without what is asked for."""
        if self._is_ours():
            super().do_HEAD()
        else:
            self.send_error(HTTPStatus.FORBIDDEN)

    def do_POST(self) -> None:
        """Answers a question of the workbench, or says in a sentence why not."""
        try:
            status, said = HTTPStatus.OK, {"html": self._asked()}
        except _RefusedError as error:
            status, said = error.status, {"wrong": str(error)}
        except HinagataError as error:
            status = _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
            said = {"wrong": str(error)}
        self._answer(json.dumps(said), "application/json", status)

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Answers with a file's headers, or that there is none: a name may be no file's at all."""
        try:
            return super().send_head()
        except ValueError:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing of a request: what was built is what matters."""

    def _is_ours(self) -> bool:
        # A page elsewhere may have its name resolved to this machine; it is not asked for here.
        return (self.headers.get("Host") or "").partition(":")[0] in (LOOPBACK, "localhost")

    def _asked(self) -> str:
        if not self._is_ours():
            raise _RefusedError(HTTPStatus.FORBIDDEN, "ask for 127.0.0.1 or localhost")
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{self.headers.get('Host')}":
            raise _RefusedError(HTTPStatus.FORBIDDEN, "a page of another site asks nothing here")
        length = self.headers.get("Content-Length") or ""
        # No more digits than any length has that is read.
        if not (length.isascii() and length.isdecimal() and len(length) < 10):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "say how long the question is")
        body = self.rfile.read(min(int(length), _MOST_READ))
        if int(length) > MOST_BYTES:
            raise _RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a question has at most {MOST_BYTES:,} bytes"
            )
        if self.path != ANSWER:
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"questions are asked at {ANSWER}")
        # No form of another site can send this without being allowed to.
        if (self.headers.get("Content-Type") or "").partition(";")[0] != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a question is application/json")
        question = read_question(body)
        if self._site.sources is None:
            raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "the site is not built yet")
        return self._bench.ask(question, self._site.sources)

    def _page(self) -> str | None:
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        return (
            file.read_text(encoding="utf-8") if file.suffix == ".html" and file.is_file() else None
        )

    def _answer(self, text: str, type_: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{type_}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        # Who has gone on to another page meanwhile reads nothing.
        with suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)


class _RefusedError(HinagataError):
    """A request that is no question; with the status that says so."""

    def __init__(self, status: HTTPStatus, says: str) -> None:
        super().__init__(says)
        self.status = status


def _files(path: Path) -> Iterator[tuple[Path, int]]:
    """The files at or below a path, each with when it was changed."""
    below = (
        Path(folder, name)
        for folder, _, names in os.walk(path)
        if not folder.endswith("__pycache__")
        for name in names
    )
    for file in (path, *below):
        # What an editor puts there while it saves may be gone again.
        with suppress(FileNotFoundError):
            if file.is_file():
                yield file, file.stat().st_mtime_ns
