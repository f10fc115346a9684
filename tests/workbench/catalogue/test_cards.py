"""Cards: what is read, and what is said of one that is broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.cards import (
    read_pattern_cards,
    read_sample_cards,
    split_command,
)
from tests.recorded_settings import REPOSITORY
from tests.workbench.catalogue.project_tree import PATTERN_CARD, SAMPLE_CARD, write_cards


def test_a_card_says_what_a_pattern_is_for(tmp_path: Path) -> None:
    """Each field of a card is read."""
    (card,) = read_pattern_cards(write_cards(tmp_path))

    assert (card.name, card.construct, card.talk) == ("event_stream", "EventStream", "1.1")
    assert card.when == ("Order counts.",)


def test_a_card_is_told_in_another_language(tmp_path: Path) -> None:
    """What is translated is told in that language; names stay, and English is as it was."""
    (card,) = read_pattern_cards(write_cards(tmp_path))
    japanese = card.told_in("ja")

    assert (japanese.title, japanese.when) == ("イベントストリーム", ("順序が重要である。",))
    assert (japanese.name, japanese.construct) == (card.name, card.construct)
    assert card.told_in("en") == card


def test_a_sample_says_what_it_is_sized_for() -> None:
    """Each size that `app.py` takes stands on a card, with what it is unless it is given."""
    sizes = [card.size for card in read_sample_cards(REPOSITORY)]
    taken = re.findall(
        r'asked\("(\w+)"\) or ([\d_]+)', (REPOSITORY / "app.py").read_text(encoding="utf-8")
    )

    assert taken
    for name, default in taken:
        (said,) = [size for size in sizes if f"-c {name}=" in size]
        assert f"{int(default):,} {name}" in said


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (PATTERN_CARD.replace('summary = "An ordered flow."\n', ""), "summary is missing"),
        (PATTERN_CARD.replace('limits = ["A shard', 'limits = [1, "A shard'), "limits is missing"),
        (PATTERN_CARD.replace('title = "', "title = "), "it cannot be read"),
        (PATTERN_CARD.partition("[ja]")[0], "ja is missing"),
        (f'{PATTERN_CARD}construct = "X"\n', "ja.construct is nothing that is translated"),
        (PATTERN_CARD.replace('summary = "順序のある流れ。"\n', ""), "ja.summary is missing"),
        (PATTERN_CARD.replace('["順序が重要である。"]', '"いつも"'), "ja.when is missing"),
        (
            PATTERN_CARD.replace('["順序が重要である。"]', '["順序", "重要"]'),
            "ja.when has 2 of 1 texts",
        ),
    ],
)
def test_fails_naming_file_and_field_of_a_broken_card(
    tmp_path: Path, broken: str, words: str
) -> None:
    """What is wrong with a card is one sentence with its file and field."""
    with pytest.raises(CatalogueError) as refused:
        read_pattern_cards(write_cards(tmp_path, pattern=broken))

    assert "event_stream.toml" in str(refused.value)
    assert words in str(refused.value)


def test_fails_where_there_is_no_card(tmp_path: Path) -> None:
    """A folder without cards is no project that has a catalogue."""
    with pytest.raises(CatalogueError, match="holds no card"):
        read_pattern_cards(tmp_path)


def test_a_sample_says_what_can_be_seen(tmp_path: Path) -> None:
    """A line of what can be seen begins with the command that shows it."""
    (card,) = read_sample_cards(write_cards(tmp_path))

    assert split_command(card.see[0]) == ("hinagata run order_events", ": all of it.")
    assert split_command("docs/events.md tells it.") == ("", "docs/events.md tells it.")


def test_fails_if_a_sample_shows_nothing(tmp_path: Path) -> None:
    """A sample has something to see."""
    card = SAMPLE_CARD.replace('see = ["hinagata run order_events: all of it."]', "see = []")
    with pytest.raises(CatalogueError, match=r"order_events\.toml: see is missing"):
        read_sample_cards(write_cards(tmp_path, sample=card))
