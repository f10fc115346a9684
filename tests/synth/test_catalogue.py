"""The catalogue says what is: each table, link, program and proof, held against its source."""

from __future__ import annotations

import inspect
import json
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

import patterns
from hinagata.catalogue.material.proofs import read_proofs
from hinagata.catalogue.material.talks import read_talks
from hinagata.catalogue.project import Project
from hinagata.catalogue.site import build
from tests.linked import NAMED
from tests.recorded_settings import REPOSITORY
from tests.synth.pages import Read, read_page

PATTERNS = sorted(card.stem for card in (REPOSITORY / "patterns").glob("*.toml"))
MOST_OF_A_PAGE = 300_000
MOST_OF_ALL = 5_000_000
# What has a section of its own.
ELSEWHERE = re.compile(
    "AWS::(CloudWatch::Alarm|IAM::Policy|IAM::Role|SNS::TopicPolicy|SQS::QueuePolicy"
    "|S3::BucketPolicy|Lambda::Permission)$"
)
SITE = " · Hinagata"
NOT_ASKED = ("self", "scope", "construct_id")
PATH = "aws:cdk:path"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, without the index for searching."""
    return build(Project(REPOSITORY), tmp_path_factory.mktemp("catalogue"), search=False).folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Read]:
    """Every page, by its path."""
    return {
        str(file.relative_to(site)): read_page(file.read_text(encoding="utf-8"))
        for file in sorted(site.rglob("*.html"))
    }


def test_every_link_leads_somewhere(site: Path, pages: dict[str, Read]) -> None:
    """Each link within the site leads to a file that is there, and to a place that is in it."""
    root = site.resolve()
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target = urlparse(link)
            if target.scheme:
                continue
            here = root / path
            file = (here.parent / target.path).resolve() if target.path else here
            there = pages.get(str(file.relative_to(root)))
            missing = target.fragment and there is not None and target.fragment not in there.places
            if not file.is_file() or missing:
                broken.append(f"{path}: {link}")

    assert broken == []


def test_a_page_asks_no_other_host(pages: dict[str, Read]) -> None:
    """What a browser fetches for a page lies beside it."""
    assert [
        f"{path}: {link}"
        for path, page in pages.items()
        for link in page.fetched
        if urlparse(link).netloc
    ] == []


def test_pages_are_small(site: Path) -> None:
    """A page has less than 300 kB, all of them 5 MB."""
    sizes = {str(file): file.stat().st_size for file in site.rglob("*") if file.is_file()}

    assert {file: size for file, size in sizes.items() if size > MOST_OF_A_PAGE} == {}
    assert sum(sizes.values()) < MOST_OF_ALL


def test_a_page_has_one_heading_and_one_content(pages: dict[str, Read]) -> None:
    """Each page has a main part that the skip link leads to, and one first heading."""
    for path, page in pages.items():
        assert (path, page.tags.count("h1"), page.tags.count("main")) == (path, 1, 1)
        assert "content" in page.places


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_settings_are_those_of_the_template(
    site: Path, pages: dict[str, Read], pattern: str
) -> None:
    """The table has each property of each resource of the smallest use, with its value."""
    rows = {
        (above, cells[0]): cells[1]
        for table, above, cells in pages[f"patterns/{pattern}.html"].rows
        if table.startswith("settings") and cells[0] != "Property"
    }
    template = dict(_leaves(pattern))

    assert rows.keys() == template.keys()
    for place, value in template.items():
        if not isinstance(value, str | int | float) or len(str(value)) > 200:
            continue
        written = str(value).lower() if isinstance(value, bool) else str(value)
        assert rows[place].split()[: len(written.split())] == written.split()


def _leaves(pattern: str) -> Iterator[tuple[tuple[str, str], Any]]:
    """Each property of a pattern's smallest template, by construct and path."""
    folder = REPOSITORY / ".hinagata" / "catalogue" / "examples" / pattern / "smallest"
    for file in folder.glob("*.template.json"):
        for resource in json.loads(file.read_text())["Resources"].values():
            if ELSEWHERE.match(resource["Type"]):
                continue
            parts = resource["Metadata"][PATH].split("/")[1:]
            name = "/".join(parts[:-1] if parts[-1] in ("Resource", "Default") else parts)
            for path, value in _flat("", resource.get("Properties", {})):
                yield (name, path), value


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    intrinsic = isinstance(value, dict) and any(key == "Ref" or key[:4] == "Fn::" for key in value)
    if isinstance(value, dict) and value and not intrinsic:
        for name, each in value.items():
            yield from _flat(f"{path}.{name}" if path else name, each)
    elif path:
        yield path, value


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_arguments_are_those_of_the_signature(pages: dict[str, Read], pattern: str) -> None:
    """The table has each argument in its order, and says which have to be given."""
    construct = "".join(word.capitalize() for word in pattern.split("_"))
    signature = inspect.signature(getattr(patterns, construct).__init__).parameters
    asked = [each for name, each in signature.items() if name not in NOT_ASKED]
    rows = [
        cells
        for table, _, cells in pages[f"patterns/{pattern}.html"].rows
        if table.startswith("arguments") and cells[0] != "Argument"
    ]

    assert [cells[0].split()[0] for cells in rows] == [each.name for each in asked]
    for cells, each in zip(rows, asked, strict=True):
        assert ("has to be given" in cells[1]) == (each.default is inspect.Parameter.empty)
        if isinstance(each.default, bool | int | float):
            assert cells[1] == str(each.default)


def test_every_program_is_the_file_that_is_tested(pages: dict[str, Read]) -> None:
    """What a page shows as a program is a file's text, to the letter."""
    shown = [program for page in pages.values() for program in page.programs]

    assert len(shown) > 2 * len(PATTERNS)
    for name, text in shown:
        file = (REPOSITORY / name).read_text(encoding="utf-8")
        assert text.strip() in (file.strip(), file.split('"""', 2)[-1].strip())


def _proofs(pages: dict[str, Read], command: str) -> list[str]:
    """The tests that pages call proofs and that a command runs, by the ids that pytest has."""
    linked = {
        link.partition("tests/")[2].replace(".html#", ".py::")
        for page in pages.values()
        for link in page.links
        if "tests/" in link and "#test_" in link
    }
    runs = {
        proof.id: proof.command
        for _, proofs in read_proofs(REPOSITORY).by_file()
        for proof in proofs
    }
    return sorted(test for each in linked if runs[test := f"tests/{each}"] == command)


def test_every_proof_runs_in_make_test(
    pages: dict[str, Read], record_property: Callable[[str, object], None]
) -> None:
    """Each "proved by" leads to a test; that it passed in this session, `--linked` looks after."""
    proofs = _proofs(pages, "make test")
    record_property(NAMED, proofs)

    assert len(proofs) > len(PATTERNS)
    for proof in proofs:
        file, _, name = proof.partition("::")
        assert f"\ndef {name}(" in (REPOSITORY / file).read_text(encoding="utf-8")


@pytest.mark.long
def test_every_long_proof_runs_in_make_prove(
    pages: dict[str, Read], record_property: Callable[[str, object], None]
) -> None:
    """Those that take minutes, too, in the session that runs these."""
    proofs = _proofs(pages, "make prove")
    record_property(NAMED, proofs)

    assert proofs


def test_no_setting_is_said_to_be_proved_by_a_test_that_does_not_name_it(
    pages: dict[str, Read],
) -> None:
    """A test beside a setting names its value, or is the one that holds all of them."""
    of_all = "the default settings are those that were looked at"
    for pattern in PATTERNS:
        for table, _, cells in pages[f"patterns/{pattern}.html"].rows:
            if not table.startswith("settings") or cells[0] == "Property" or cells[2] == of_all:
                continue
            name = f"test_{cells[2].replace(' ', '_')}"
            code = next(
                text
                for file in (REPOSITORY / "tests" / "synth").glob("test_*.py")
                if f"def {name}(" in (text := file.read_text(encoding="utf-8"))
            )
            assert cells[0].rpartition(".")[2] in code


def test_what_is_not_translated_is_marked(pages: dict[str, Read]) -> None:
    """On a Japanese page, no English sentence is said to be Japanese; a talk keeps its name."""
    sentence = re.compile(
        r"[^\u3040-\u30ff\u4e00-\u9fff]*(?:[A-Za-z',-]+ ){3}[A-Za-z]+[^\u3040-\u30ff]*"
    )
    japanese = {path: page for path, page in pages.items() if path.startswith("ja/")}
    names = {talk.told_in("ja").title for talk in read_talks().values()}

    assert len(japanese) > len(PATTERNS)
    assert [
        f"{path}: {text}"
        for path, page in japanese.items()
        for language, text in page.texts
        if language != "en" and text.removesuffix(SITE) not in names and sentence.fullmatch(text)
    ] == []


def test_a_japanese_page_leads_to_japanese_pages(pages: dict[str, Read]) -> None:
    """Where a page is there in Japanese, only the switch and its like lead to the English one."""
    for path, page in pages.items():
        if not path.startswith("ja/"):
            continue
        reached = [
            posixpath.normpath(posixpath.join(posixpath.dirname(path), urlparse(link).path))
            for link in page.links
            if urlparse(link).path and not urlparse(link).scheme
        ]
        english = {each for each in reached if f"ja/{each}" in pages}

        assert english == {path.removeprefix("ja/")}
