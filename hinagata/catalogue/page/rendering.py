"""Templates, and how texts, code and numbers look in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

FOLDER = Path(__file__).parent / "templates"
_TAGS = re.compile(r"(<[^>]*>)")
_IN_SECONDS = ("MessageRetentionPeriod", "VisibilityTimeout", "Timeout", "TimeoutSeconds", "Period")
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class Links:
    """What words of a text lead to.

    Args:
        pages: Words, and the pages that they stand for, from the root of the site.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = dict(pages)
        longest_first = sorted(self._pages, key=len, reverse=True)
        self._words = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")

    def in_html(self, html: str, root: str, *, but: str = "") -> str:
        """Returns a text in which each word leads to its page.

        Args:
            html: The text, in which tags are left alone, and what stands inside of a link.
            root: The way from the page to the root of the site.
            but: A page that nothing leads to: the one that it stands on.
        """
        if not self._pages:
            return html
        parts = _TAGS.split(html)
        inside = 0
        for index, part in enumerate(parts):
            if part.startswith("<"):
                inside += part.startswith("<a ")
                inside -= part == "</a>"
            elif not inside:
                parts[index] = self._words.sub(lambda word: self._link(word[0], root, but), part)
        return "".join(parts)

    def _link(self, word: str, root: str, but: str) -> str:
        page = self._pages[word]
        return word if page == but else f'<a href="{root}{page}">{word}</a>'


def render(template: str, *, path: str, links: Links, context: Mapping[str, object]) -> str:
    """Returns a page.

    Args:
        template: Its file's name.
        path: Where the page lies, from the root of the site.
        links: What words of its texts lead to.
        context: What the template asks for; what is missing is an error.
    """
    root = "../" * path.count("/")

    def linked(text: str) -> Markup:
        return Markup(links.in_html(inline(text), root, but=path))  # noqa: S704 - escaped before

    def prose(text: str) -> Markup:
        return Markup(links.in_html(markdown(text), root, but=path))  # noqa: S704 - escaped before

    return (
        environment()
        .get_template(template)
        .render(root=root, path=path, linked=linked, prose=prose, **context)
    )


@cache
def environment() -> Environment:
    """The templates; a name that nothing stands for is an error, and HTML is escaped."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "code": code,
        "money": money,
        "anchor": anchor,
        "spoken": spoken,
        "short_type": lambda type_: type_.removeprefix("AWS::"),
    }
    made.filters.update(filters)
    return made


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def inline(text: str) -> str:
    """Returns a sentence as HTML."""
    return str(_markdown().renderInline(text))


def markdown(text: str) -> str:
    """Returns paragraphs as HTML; tables can be moved within themselves."""
    html = str(_markdown().render(text))
    return html.replace("<table>", '<div class="wide" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )


def code(text: str, language: str = "python") -> Markup:
    """Returns code with its words marked."""
    formatter = HtmlFormatter(nowrap=True)
    html = highlight(text.rstrip("\n"), get_lexer_by_name(language), formatter)
    return Markup(f'<pre tabindex="0"><code>{html}</code></pre>')  # noqa: S704 - pygments escapes


def money(usd: float) -> str:
    """Returns an amount of dollars as one says it."""
    if usd < 0.005:
        return "nothing"
    if usd < 1:
        return f"{usd * 100:.0f} cents"
    return f"{usd:,.2f} USD" if usd < 100 else f"{usd:,.0f} USD"


def anchor(text: str) -> str:
    """Returns a text as the name of a place in a page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def spoken(value: str, path: str) -> str:
    """Returns what a setting's number of seconds is in words; empty for any other setting."""
    if path.rpartition(".")[2] not in _IN_SECONDS or not value.isdecimal():
        return ""
    seconds = int(value)
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' * (count > 1)}"
    return f"{seconds} second{'s' * (seconds != 1)}"
