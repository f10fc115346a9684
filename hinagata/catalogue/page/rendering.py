"""Templates, and how texts, code and numbers look in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from hinagata.catalogue.material.told import ENGLISH
from hinagata.catalogue.material.words import words_in
from hinagata.catalogue.page.languages import counterparts, languages_of, place

FOLDER = Path(__file__).parent / "templates"
_SIZE = re.compile(r'^<svg\b[^>]* width="(\d+)" height="(\d+)"')
_TAGS = re.compile(r"(<[^>]*>)")
_PLACES = re.compile(r'\bid="([^"]+)"')
_HEADINGS = re.compile(r'<h([23])(?: id="([^"]+)")?>((?:(?!<a |</h).)+)</h\1>', re.DOTALL)
# Names, signs and spaces, which look like any text: half of a program's markup.
_UNSTYLED = re.compile(r'<span class="(?:n|nb|nn|o|p|p-Indicator|w)">([^<]*)</span>')
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
        # A word ends where another alphabet begins: "EventStream" and what Japanese adds to it.
        self._words = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.ASCII)

    def in_language(self, language: str) -> Links:
        """Returns the links that lead to the pages of a language, as far as there are some."""
        return Links({word: place(page, language) for word, page in self._pages.items()})

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


def render(
    template: str,
    *,
    path: str,
    links: Links,
    context: Mapping[str, object],
    language: str = ENGLISH,
) -> str:
    """Returns a page.

    Args:
        template: Its file's name.
        path: Where the English page lies, from the root of the site.
        links: What words of its texts lead to.
        context: What the template asks for; what is missing is an error.
        language: The page's language.

    Raises:
        CatalogueError: A word of the page is not translated.
    """
    here = place(path, language)
    root = "../" * here.count("/")
    words, told = words_in(language), links.in_language(language)

    def linked(text: str) -> Markup:
        return Markup(told.in_html(inline(text), root, but=here))  # noqa: S704 - escaped before

    def prose(text: str) -> Markup:
        return Markup(told.in_html(markdown(text), root, but=here))  # noqa: S704 - escaped before

    def say(english: str, **values: object) -> Markup:
        return Markup(inline(words.say(english, **values)))  # noqa: S704 - escaped before

    return with_places(
        environment()
        .get_template(template)
        .render(
            root=root,
            path=path,
            language=language,
            languages={each: root + place(path, each) for each in languages_of(path)},
            counterparts=counterparts(path, language),
            # What has no translation is marked, for who reads it aloud.
            english=Markup(' lang="en"') if language != ENGLISH else "",
            linked=linked,
            prose=prose,
            say=say,
            words=words.say,
            to=lambda page: root + place(page, language),
            **context,
        )
    )


def with_places(html: str) -> str:
    """Returns a page whose sections' headings lead to themselves, so that each can be cited.

    A heading that is or holds a link keeps it; one whose words have no letter that an address is
    written with, as in Japanese, has no place of its own unless the page gives it one.
    """
    known = set(_PLACES.findall(html))

    def lead(heading: re.Match[str]) -> str:
        level, place, says = heading.groups()
        if place is None:
            place = anchor(_TAGS.sub("", says))
            if not place or place in known:
                return heading[0]
            known.add(place)
        return f'<h{level} id="{place}"><a class="here" href="#{place}">{says}</a></h{level}>'

    return _HEADINGS.sub(lead, html)


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
        "money": _money,
        "anchor": anchor,
        "size": size,
        "spoken": spoken,
        "addressed": addressed,
        "of": lambda name, cards: cards[name],
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
    html = _UNSTYLED.sub(
        r"\1", highlight(text.rstrip("\n"), get_lexer_by_name(language), formatter)
    )
    return Markup(f'<pre tabindex="0"><code>{html}</code></pre>')  # noqa: S704 - pygments escapes


def money(usd: float, language: str = ENGLISH) -> str:
    """Returns an amount of dollars as one says it."""
    if language != ENGLISH and usd < 1:
        return f"{usd:.2f} USD" if usd >= 0.005 else "0 USD"
    if usd < 0.005:
        return "nothing"
    if usd < 1:
        return f"{usd * 100:.0f} cents"
    return f"{usd:,.2f} USD" if usd < 100 else f"{usd:,.0f} USD"


@pass_context
def _money(context: Context, usd: float) -> str:
    return money(usd, context.get("language", ENGLISH))


def size(svg: str) -> Markup:
    """Returns the size of a picture, so that its place is kept until it is there."""
    said = _SIZE.search(svg)
    return Markup(f' width="{said[1]}" height="{said[2]}"') if said else Markup()  # noqa: S704 - numbers


def anchor(text: str) -> str:
    """Returns a text as the name of a place in a page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def addressed(source: str) -> Markup:
    """Returns where a number comes from, in which an address is a link.

    Args:
        source: As `https://host/page`, or as `github.com/owner/name @revision file`.
    """
    address, _, remark = source.partition(" ")
    if not address.startswith(("http", "github.com/")):
        return escape(source)
    href = address if address.startswith("http") else f"https://{address}"
    link = Markup('<a href="{}">{}</a>').format(href, address.removeprefix("https://"))
    return link + (Markup(" {}").format(remark) if remark else "")


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
