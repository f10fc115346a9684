"""The indexes for searching: one for each language, made if a page of it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.catalogue import search
from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.search import write_indexes

PAGE = (
    "<!doctype html><html lang=en><title>{0}</title><main data-pagefind-body><p>{0}</main></html>"
)
KEPT = "kept"


def site(folder: Path, *, english: str = "queue", japanese: str = "キュー") -> Path:
    """A site of two pages, in a folder that is called as a language is."""
    for name, text in (("ja/index.html", english), ("ja/ja/index.html", japanese)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PAGE.format(text), encoding="utf-8")
    return folder / "ja"


def indexed(folder: Path) -> Path:
    """The site as it was, with indexes that can be told from new ones."""
    before = site(folder)
    for index in ("pagefind", "ja/pagefind"):
        (before / index).mkdir()
        (before / index / KEPT).touch()
    return before


@pytest.mark.parametrize(
    ("now", "kept"),
    [({}, [True, True]), ({"english": "stream"}, [False, True])],
    ids=["nothing", "english"],
)
def test_an_index_is_made_if_a_page_of_its_language_is_another(
    now: dict[str, str], kept: list[bool], tmp_path: Path
) -> None:
    """Else it is taken over."""
    made = site(tmp_path / "now", **now)
    write_indexes(made, before=indexed(tmp_path / "before"))

    assert [(made / index / KEPT).is_file() for index in ("pagefind", "ja/pagefind")] == kept
    assert (made / "pagefind" / "pagefind.js").is_file() is not kept[0]


def test_fails_if_the_engine_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last words, and what to do."""
    monkeypatch.setattr(search, "_ENGLISH", "nothing.html")
    made = site(tmp_path / "now", english="stream")

    with pytest.raises(CatalogueError, match=r"cannot be made \(.+\): pip install"):
        write_indexes(made, before=indexed(tmp_path / "before"))
