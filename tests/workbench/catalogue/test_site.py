"""A site: whole or not at all, and only what changed is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from hinagata.catalogue import site
from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.project import Project
from hinagata.catalogue.site import RECORD, Built, build


class Sheets:
    """A project whose pages are its text files; one that says `broken` cannot be made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[str] = []

    def pages(self) -> Iterator[Page]:
        """A page for each file."""
        for file in sorted(self.folder.glob("*.txt")):
            yield Page(path=f"{file.stem}.html", sources=(file,), make=lambda f=file: self.make(f))

    def make(self, file: Path) -> Mapping[str, str]:
        """The page of a file, and a picture beside it."""
        text = file.read_text()
        if text == "broken":
            raise CatalogueError(f"{file}: title is missing")
        self.made.append(file.stem)
        return {f"{file.stem}.html": text, f"pictures/{file.stem}.svg": "<svg/>"}


@pytest.fixture
def sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sheets:
    """Two pages."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "one.txt").write_text("one")
    (folder / "two.txt").write_text("two")
    made = Sheets(folder)
    monkeypatch.setattr(site, "pages_of", lambda _: made.pages())
    return made


def built(sheets: Sheets, folder: Path) -> Built:
    """Builds the site of the sheets."""
    return build(cast(Project, sheets), folder, search=False)


def test_only_a_page_whose_source_changed_is_made(sheets: Sheets, tmp_path: Path) -> None:
    """The second build makes the one page that is another, and keeps the rest."""
    built(sheets, tmp_path / "site")
    sheets.made.clear()
    (sheets.folder / "two.txt").write_text("two, anew")
    second = built(sheets, tmp_path / "site")

    assert sheets.made == ["two"]
    assert (second.made, second.kept) == (("two.html",), 1)
    assert (tmp_path / "site" / "one.html").read_text() == "one"
    assert (tmp_path / "site" / "pictures" / "one.svg").is_file()
    assert (tmp_path / "site" / "two.html").read_text() == "two, anew"


def test_a_page_that_is_no_more_goes(sheets: Sheets, tmp_path: Path) -> None:
    """What has no source any longer is not on the site."""
    built(sheets, tmp_path / "site")
    (sheets.folder / "one.txt").unlink()
    built(sheets, tmp_path / "site")

    assert not (tmp_path / "site" / "one.html").exists()
    assert not (tmp_path / "site" / "pictures" / "one.svg").exists()


def test_fails_and_leaves_the_site_as_it_was(sheets: Sheets, tmp_path: Path) -> None:
    """A broken source publishes nothing, and leaves nothing behind."""
    built(sheets, tmp_path / "site")
    (sheets.folder / "one.txt").write_text("one, anew")
    (sheets.folder / "two.txt").write_text("broken")

    with pytest.raises(CatalogueError, match=r"two\.txt: title is missing"):
        built(sheets, tmp_path / "site")
    assert (tmp_path / "site" / "one.html").read_text() == "one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "sources"]


@pytest.mark.parametrize("there", ["notes.md", RECORD])
def test_fails_to_overwrite_what_is_no_site(sheets: Sheets, tmp_path: Path, there: str) -> None:
    """A folder that holds something else is left alone."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / there).write_text("mine")

    with pytest.raises(CatalogueError, match="is no site that was built here"):
        built(sheets, tmp_path / "site")
    assert (tmp_path / "site" / there).read_text() == "mine"


def test_an_empty_folder_is_taken(sheets: Sheets, tmp_path: Path) -> None:
    """An empty folder can become a site."""
    (tmp_path / "site").mkdir()

    assert built(sheets, tmp_path / "site").made == ("one.html", "two.html")
