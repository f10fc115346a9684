"""One HTML file that needs nothing else: no network, no script, no font of its own.

It reads in light and dark, on a phone, on paper and aloud. What programs want lies in it as JSON,
in `<script type="application/json" id="data">`, which a browser does not run.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from hinagata.output_file import write_whole
from hinagata.report.palette import DARK, LIGHT, variables


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Lines of one kind, each an item of a list."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table with something to be said about it.

    Attributes:
        text: What stands in it.
        good: Whether that is as it should be; None if nobody asks.
    """

    text: str
    good: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        caption: What it shows.
        columns: The heads of its columns.
        rows: Its rows; numbers and None, shown as a dash, stand on the right.
        note: How to read it; empty if nothing needs saying.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | Cell | None, ...], ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A figure, as `draw_svg` returns it."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A whole SVG document with colours and ids of its own, such as a diagram.

    Attributes:
        svg: The document.
        description: What it shows, for those who do not see it.
        caption: What stands below it.
    """

    svg: str
    description: str
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Blocks that are shown when somebody asks, and on paper."""

    summary: str
    blocks: tuple[Block, ...]


Block = Text | Listing | Table | Plot | Picture | Folded


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a report says.

    Attributes:
        title: What it is about.
        verdict: The answer, in a sentence.
        good: Whether the answer is yes; None if nothing was asked.
        facts: What was done, in the order to be read: names and values.
        sections: The rest.
        data: All of it for programs, as JSON has it.
    """

    title: str
    verdict: str
    good: bool | None
    facts: Mapping[str, str]
    sections: tuple[Section, ...]
    data: Any


def write_page(page: Page, file: Path) -> None:
    """Writes a page to a file, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    write_whole(file, page_text(page))


def page_text(page: Page) -> str:
    """Returns a page as HTML."""
    return "\n".join(_page(page)) + "\n"


# Nothing may be loaded, whatever a browser would make of a name in the data.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"

_STYLE = f"""\
:root{{color-scheme:light dark;{variables(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);\
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,"DejaVu Sans",sans-serif}}
main{{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}}
h1{{font-size:1.6rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}}
h2{{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--grid)}}
p{{max-width:46rem;margin:.5rem 0;overflow-wrap:anywhere}}
.verdict{{font-weight:600;font-size:1.1rem;padding:.6rem .9rem;max-width:none;\
background:var(--card);border-left:5px solid var(--soft);border-radius:3px}}
.verdict.good{{border-color:var(--good)}}
.verdict.bad{{border-color:var(--bad)}}
.good .mark,td.good{{color:var(--good)}}
.bad .mark,td.bad{{color:var(--bad);font-weight:600}}
dl{{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.6rem 1.5rem;\
margin:1.25rem 0}}
dt,caption,figcaption,.note{{color:var(--soft);font-size:.875rem}}
dd{{margin:0;overflow-wrap:anywhere}}
.wide{{overflow-x:auto;margin:1rem 0}}
table{{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}}
caption{{text-align:left;padding-bottom:.35rem}}
th,td{{padding:.3rem 1.1rem .3rem 0;text-align:left;vertical-align:top}}
th{{font-weight:600;border-bottom:2px solid var(--grid)}}
tbody th{{font-weight:inherit;border-bottom:0}}
tbody tr{{border-bottom:1px solid var(--grid)}}
.number{{text-align:right;white-space:nowrap}}
figure{{margin:1rem 0}}
.plot svg{{display:block;width:100%;min-width:34rem;max-width:58rem;height:auto}}
.picture img{{display:block;max-width:none;border-radius:4px}}
ul{{padding-left:1.2rem}}
li{{overflow-wrap:anywhere;margin:.15rem 0}}
details{{margin:1rem 0}}
summary{{cursor:pointer;font-weight:600}}
summary:focus-visible,.wide:focus-visible{{outline:2px solid var(--blue);outline-offset:2px}}
@media print{{
:root{{{variables(LIGHT)}}}
main{{max-width:none;padding:0}}
body{{font-size:11pt}}
.wide{{overflow:visible}}
.plot svg{{min-width:0}}
.picture img{{max-width:100%}}
details::details-content{{content-visibility:visible}}
figure,tr{{break-inside:avoid}}
h2{{break-after:avoid}}
}}"""


def _page(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(page.title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{escape(page.title)}</h1>"
    style, mark = _judged(page.good)
    yield f'<p class="verdict {style}"><span class="mark">{mark}</span>{escape(page.verdict)}</p>'
    yield "<dl>"
    for name, value in page.facts.items():
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
    yield "</dl>"
    for section in page.sections:
        yield "<section>"
        yield f"<h2>{escape(section.title)}</h2>"
        for block in section.blocks:
            yield from _block(block)
        yield "</section>"
    yield "</main>"
    yield f'<script type="application/json" id="data">{_data(page.data)}</script>'
    yield "</body>"
    yield "</html>"


def _judged(good: bool | None) -> tuple[str, str]:  # noqa: FBT001 - its one meaning
    if good is None:
        return "", ""
    return ("good", "✓ ") if good else ("bad", "✗ ")


def _data(data: Any) -> str:
    # So that no text in it can end the element that it stands in.
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(text=text):
            yield f"<p>{escape(text)}</p>"
        case Listing(items=items):
            yield "<ul>"
            for item in items:
                yield f"<li>{escape(item)}</li>"
            yield "</ul>"
        case Table():
            yield from _table(block)
        case Plot(svg=svg, caption=caption):
            yield '<figure class="plot">'
            yield f'<div class="wide" tabindex="0">{svg}</div>'
            yield from _caption(caption)
            yield "</figure>"
        case Picture(svg=svg, description=description, caption=caption):
            # As an image, for its style and ids would reach the rest of the page.
            data = base64.b64encode(svg.encode()).decode()
            yield '<figure class="picture">'
            yield (
                f'<div class="wide" tabindex="0"><img alt="{escape(description)}" '
                f'src="data:image/svg+xml;base64,{data}"></div>'
            )
            yield from _caption(caption)
            yield "</figure>"
        case Folded(summary=summary, blocks=blocks):
            yield f"<details><summary>{escape(summary)}</summary>"
            for each in blocks:
                yield from _block(each)
            yield "</details>"


def _caption(caption: str) -> Iterator[str]:
    if caption:
        yield f"<figcaption>{escape(caption)}</figcaption>"


def _table(table: Table) -> Iterator[str]:
    on_the_right = [
        any(_is_number(row[index]) for row in table.rows) for index in range(len(table.columns))
    ]
    yield '<div class="wide" tabindex="0">'
    yield "<table>"
    yield f"<caption>{escape(table.caption)}</caption>"
    heads = (
        f'<th scope="col"{_styled("number" if right else "")}>{escape(name)}</th>'
        for name, right in zip(table.columns, on_the_right, strict=True)
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        first, *rest = (
            _cell(value, right=right) for value, right in zip(row, on_the_right, strict=True)
        )
        yield (
            f'<tr><th scope="row"{first[0]}>{first[1]}</th>'
            + "".join(f"<td{style}>{text}</td>" for style, text in rest)
            + "</tr>"
        )
    yield "</tbody>"
    yield "</table>"
    yield "</div>"
    if table.note:
        yield f'<p class="note">{escape(table.note)}</p>'


def _cell(value: str | float | Cell | None, *, right: bool) -> tuple[str, str]:
    styles = ["number"] if right else []
    if isinstance(value, Cell):
        style, mark = _judged(value.good)
        return _styled(*styles, style), f"{mark}{escape(value.text)}"
    return _styled(*styles), escape(_shown(value))


def _shown(value: str | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _styled(*styles: str) -> str:
    named = " ".join(filter(None, styles))
    return f' class="{named}"' if named else ""
