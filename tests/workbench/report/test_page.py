"""The page of a report: one file that needs nothing else."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hinagata.output_file import OutputError
from hinagata.report.page import (
    Block,
    Cell,
    Folded,
    Listing,
    Page,
    Picture,
    Plot,
    Section,
    Table,
    Text,
    page_text,
    write_page,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><title>a plot</title></svg>'
NASTY = "</script><script>alert(1)</script><b>&amp;\ud800"


def page(*blocks: Block, good: bool | None = True) -> Page:
    """Return a page of some blocks."""
    return Page(
        title="car: rush",
        verdict="All 3 expectations hold.",
        good=good,
        facts={"seed": "7"},
        sections=(Section(title="Part", blocks=blocks),),
        data={"nasty": NASTY},
    )


class Reader(HTMLParser):
    """What a browser finds in a page."""

    VOID = frozenset({"meta", "img", "link", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and what it says."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def read(text: str) -> Reader:
    """Return what a browser finds, each element closed where it should be."""
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


EVERYTHING = page(
    Text(text=NASTY),
    Listing(items=("one", NASTY)),
    Table(
        caption="hops",
        columns=("hop", "received", "p99 ms", "observed"),
        rows=(
            ("Ingest", 10_500, 12.3456, Cell(text="0", good=True)),
            (NASTY, 0, None, Cell(text="3 absent", good=False)),
        ),
        note="in milliseconds",
    ),
    Plot(svg=SVG, caption="a plot"),
    Picture(svg=SVG, description='what "it" shows'),
    Folded(summary="the rest", blocks=(Text(text="hidden"),)),
)


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    """No address but that of the file itself, no script but data; the browser is told so too."""
    reader = read(page_text(EVERYTHING))

    for tag, attributes in reader.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#"))
        if tag == "script":
            assert attributes["type"] == "application/json"
    policies = [a["content"] for tag, a in reader.tags if a.get("http-equiv")]
    assert [policy for policy in policies if policy and "default-src 'none'" in policy] == policies
    assert len(policies) == 1


def test_text_is_text_whatever_is_in_it() -> None:
    """An error message with tags in it is shown, not obeyed."""
    reader = read(page_text(EVERYTHING))

    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert [tag for tag, _ in reader.tags].count("b") == 0
    assert reader.text.count("alert(1)") == 4


def test_the_data_are_read_back_as_they_were() -> None:
    """Every program that reads HTML finds the JSON in it."""
    text = page_text(EVERYTHING)
    start = text.index('id="data">') + len('id="data">')

    assert json.loads(text[start : text.index("</script>", start)]) == {"nasty": NASTY}


def test_numbers_are_aligned_and_words_are_not() -> None:
    """Numbers and dashes on the right; the verdict of a cell is a mark, not a colour alone."""
    text = page_text(EVERYTHING)

    assert '<td class="number">10,500</td><td class="number">12.35</td>' in text
    assert '<td class="number">0</td><td class="number">-</td>' in text
    assert '<td class="good">✓ 0</td>' in text
    assert '<td class="bad">✗ 3 absent</td>' in text


@pytest.mark.parametrize(
    ("good", "shown"),
    [
        (True, '<p class="verdict good"><span class="mark">✓ </span>'),
        (False, '<p class="verdict bad"><span class="mark">✗ </span>'),
        (None, '<p class="verdict "><span class="mark"></span>'),
    ],
)
def test_the_answer_comes_first(good: bool | None, shown: str) -> None:
    """Yes, no, or nobody asked."""
    assert shown in page_text(page(good=good))


def test_everything_has_a_name_for_those_who_do_not_see_it() -> None:
    """A language, a title, one first heading; images and tables say what they show."""
    reader = read(page_text(EVERYTHING))
    tags = [tag for tag, _ in reader.tags]

    assert dict(reader.tags)["html"]["lang"] == "en"
    assert tags.count("h1") == 1
    assert tags.count("caption") == tags.count("table")
    assert all(attributes["alt"] for tag, attributes in reader.tags if tag == "img")
    assert all(attributes["scope"] for tag, attributes in reader.tags if tag == "th")


def test_an_old_page_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    """A full disk is one sentence, and neither half a page nor a scrap of it is left."""
    file = tmp_path / "report.html"
    file.write_text("old")
    program = (
        "import sys; from pathlib import Path\n"
        "from hinagata.output_file import OutputError, write_whole\n"
        "try: write_whole(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except OutputError as error: sys.exit(str(error))\n"
    )

    def small_disk() -> None:
        # The kernel's own refusal in the midst of a write, as of a disk that is full.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-B", "-c", program, file],
        preexec_fn=small_disk,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.strip() == f"{file} cannot be written: File too large"
    assert file.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_fails_where_there_is_no_folder(tmp_path: Path) -> None:
    """The file is named, and the reason."""
    with pytest.raises(OutputError, match=r"nowhere/report\.html cannot be written: No such file"):
        write_page(page(), tmp_path / "nowhere" / "report.html")
