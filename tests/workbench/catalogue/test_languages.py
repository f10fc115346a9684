"""Languages: which pages there are, where they lie, and what the pages themselves say."""

from __future__ import annotations

import re
import tomllib

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material import words
from hinagata.catalogue.material.words import Words, words_in
from hinagata.catalogue.page.languages import counterparts, languages_of, place
from hinagata.catalogue.page.rendering import FOLDER


@pytest.mark.parametrize(
    ("page", "lies"),
    [
        ("index.html", "ja/index.html"),
        ("patterns/fan_out.html#cost", "ja/patterns/fan_out.html#cost"),
        ("talks/air-conditioners.html", "ja/talks/air-conditioners.html"),
        ("search.html", "ja/search.html"),
        ("checks/FM101.html", "checks/FM101.html"),
        ("samples/index.html", "samples/index.html"),
    ],
)
def test_a_page_without_a_translation_is_the_english_one(page: str, lies: str) -> None:
    """Start, search, patterns and talks are Japanese below ja/; all else is where it was."""
    assert place(page, "ja") == lies
    assert place(page, "en") == page


def test_the_switch_keeps_the_page() -> None:
    """It leads to the same page in the other language, or to the start where there is none."""
    assert counterparts("patterns/fan_out.html", "en") == (
        ("ja", "日本語", "ja/patterns/fan_out.html"),
    )
    assert counterparts("patterns/fan_out.html", "ja") == (
        ("en", "English", "patterns/fan_out.html"),
    )
    assert counterparts("glossary.html", "en") == (("ja", "日本語", "ja/index.html"),)
    assert languages_of("glossary.html") == ("en",)


def test_words_are_found_by_the_english_ones() -> None:
    """A text is told in its language, with its values; what has none is left to a script."""
    japanese = Words("ja", {"{count} found": "{count}件"})

    assert japanese.say("{count} found", count=3) == "3件"
    assert japanese.say("{count} found") == "{count}件"
    assert words_in("en").say("{count} found", count=3) == "3 found"


@pytest.mark.parametrize(
    ("translations", "said"),
    [
        ({}, 'words.toml: ja."{count} found" is missing'),
        ({"{count} found": " "}, 'words.toml: ja."{count} found" is missing'),
        ({"{count} found": "{number}件"}, "has the values ['number']; expected ['count']"),
    ],
)
def test_fails_naming_file_and_words_without_a_translation(
    translations: dict[str, str], said: str
) -> None:
    """What a page says has to be translated, with the same values."""
    with pytest.raises(CatalogueError) as refused:
        Words("ja", translations).say("{count} found", count=3)

    assert said in str(refused.value)


def test_no_words_are_translated_for_nothing() -> None:
    """Each translation is another text, and of words that a template or a page still says."""
    sources = (*FOLDER.glob("*.j2"), *FOLDER.parent.glob("*.py"))
    said = "".join(file.read_text(encoding="utf-8") for file in sources)
    whole = re.sub(r'"\s*\n\s*"', "", said)
    translations = tomllib.loads(words.FILE.read_text(encoding="utf-8"))["ja"]

    assert [english for english in translations if f'"{english}"' not in whole] == []
    assert [english for english, text in translations.items() if text == english] == []
