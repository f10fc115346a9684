"""The site on this machine, made anew while its sources are edited."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TextIO

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.project import Project
from hinagata.catalogue.site import build
from hinagata.errors import HinagataError

LOOPBACK = "127.0.0.1"
_LOOK_EVERY_S = 1.0
_END_WITHIN_S = 0.05
_VERSION, _RELOAD = "/_version", "/_reload.js"
_SCRIPT = f"""\
let known = null;
setInterval(async () => {{
  const now = await fetch("{_VERSION}").then((answer) => answer.text()).catch(() => known);
  if (known !== null && now !== known) location.reload();
  known = now;
}}, 1000);
"""
_WATCHED = ("patterns", "stacks", "scenarios", "examples", "tests/synth", "docs/fault_matrix.md")


class Site:
    """A site that is built, and how often it was.

    Args:
        folder: The project's folder.
        output: Where its site is.
        stream: Where it is said what was made, and what is wrong.
    """

    def __init__(self, folder: Path, output: Path, stream: TextIO) -> None:
        self.output = output
        self.version = 0
        self._folder, self._stream = folder, stream
        self._seen = self._look()

    def build(self) -> None:
        """Builds it; what is wrong is an error the first time."""
        built = build(Project(self._folder), self.output)
        self.version += 1
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

    def _look(self) -> frozenset[tuple[str, int]]:
        return frozenset(
            (str(file), file.stat().st_mtime_ns)
            for name in _WATCHED
            for file in _files(self._folder / name)
        )


@contextmanager
def serving(site: Site, port: int) -> Iterator[str]:
    """Serves a site on the loopback interface while the block runs, and yields its address.

    Raises:
        CatalogueError: Something listens on the port already.
    """
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, site))
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
    with serving(site, port) as address:
        stream.write(f"{address} until Ctrl-C\n")
        stream.flush()
        site.watch(threading.Event())


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site, to this machine's own browsers alone."""

    def __init__(self, site: Site, *arguments: object) -> None:
        self._site = site
        super().__init__(*arguments, directory=str(site.output))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answers with a file, or with how often the site was built."""
        # A page elsewhere may have its name resolved to this machine; it is not asked for here.
        if (self.headers.get("Host") or "").partition(":")[0] not in (LOOPBACK, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN, "ask for 127.0.0.1 or localhost")
        elif self.path == _VERSION:
            self._answer(str(self._site.version), "text/plain")
        elif self.path == _RELOAD:
            self._answer(_SCRIPT, "text/javascript")
        elif (page := self._page()) is not None:
            script = f'<script src="{_RELOAD}" defer></script></head>'
            self._answer(page.replace("</head>", script, 1), "text/html")
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing of a request: what was built is what matters."""

    def _page(self) -> str | None:
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        return (
            file.read_text(encoding="utf-8") if file.suffix == ".html" and file.is_file() else None
        )

    def _answer(self, text: str, type_: str) -> None:
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{type_}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in path.rglob("*") if path.is_dir() else ():
        if file.is_file() and "__pycache__" not in file.parts:
            yield file
