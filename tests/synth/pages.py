"""Pages as a reader's program meets them: places, links, tables and programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_NO_PROSE = ("code", "pre", "svg", "script", "style")
_VOID = ("meta", "link", "img", "br", "input", "path", "circle", "rect", "polyline")


@dataclass
class Read:
    """What a page holds.

    Attributes:
        places: All ids.
        links: Where links, pictures, styles and scripts lead to.
        fetched: What a browser fetches by itself.
        rows: The cells of each table's row, with the heading of the summary above and the class.
        programs: The caption and the text of each program.
        tags: All tags, in their order.
        texts: Each text that is prose, and no code, with its language.
    """

    places: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, list[str]]] = field(default_factory=list)
    programs: list[tuple[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read = Read()
        # Tag, class and language of each element that has not ended.
        self._open: list[tuple[str, str, str]] = []
        self._text = ""
        self._table = self._above = self._caption = ""
        self._cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.read.tags.append(tag)
        if "id" in given:
            self.read.places.add(given["id"])
        for name in ("href", "src"):
            if name in given:
                self.read.links.append(given[name])
                if tag != "a":
                    self.read.fetched.append(given[name])
        if tag == "br":
            self._text += " "
        if tag == "table":
            self._table = given.get("class", "")
        if tag == "tr":
            self._cells = []
        if tag in ("th", "td", "figcaption", "pre", "strong"):
            self._text = ""
        if tag not in _VOID:
            around = self._open[-1][2] if self._open else ""
            self._open.append((tag, given.get("class", ""), given.get("lang", around)))

    def handle_data(self, data: str) -> None:
        self._text += data
        if self._open and not any(tag in _NO_PROSE for tag, _, _ in self._open):
            self.read.texts.append((self._open[-1][2], data.strip()))

    def handle_endtag(self, tag: str) -> None:
        while tag not in _VOID and self._open and self._open.pop()[0] != tag:
            pass
        if tag in ("th", "td"):
            self._cells.append(self._text.strip())
        elif tag == "tr":
            self.read.rows.append((self._table, self._above, self._cells))
        elif tag == "strong" and self._open and self._open[-1][0] == "summary":
            self._above = self._text.strip()
        elif tag == "figcaption":
            self._caption = self._text.strip()
        elif tag == "pre" and any("program" in class_ for _, class_, _ in self._open):
            self.read.programs.append((self._caption, self._text))


def read_page(html: str) -> Read:
    """Returns what a page holds."""
    reader = _Reader()
    reader.feed(html)
    return reader.read
