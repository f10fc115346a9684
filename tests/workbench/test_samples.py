"""The samples of a project, by their cards."""

from pathlib import Path

import pytest

from hinagata.errors import UsageError
from hinagata.samples import CardError, Sample, find_sample, read_samples

CARD = """\
title = "Connected car"
summary = "Cars report, services follow."
talk = "talk"
stack = "ConnectedCar"
scenario = "morning_rush"
"""


def project(folder: Path, **cards: str) -> Path:
    """Write a project with some cards."""
    (folder / "stacks").mkdir()
    for name, text in cards.items():
        (folder / "stacks" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_card_tells_of_a_sample(tmp_path: Path) -> None:
    """The name is the file's; what else a card holds is left to others."""
    card = CARD + 'when = "never"\n'

    assert read_samples(project(tmp_path, connected_car=card)) == [
        Sample(
            name="connected_car",
            title="Connected car",
            summary="Cars report, services follow.",
            talk="talk",
            stack="ConnectedCar",
            scenario="morning_rush",
        )
    ]


def test_a_system_that_no_talk_presented_is_a_sample_too(tmp_path: Path) -> None:
    """A project of one's own tells of no talk."""
    card = CARD.replace('talk = "talk"\n', "")

    assert find_sample("shop", project=project(tmp_path, shop=card)).talk is None


def test_fails_for_a_talk_that_is_no_text(tmp_path: Path) -> None:
    """The card, what was found and what is expected are named."""
    folder = project(tmp_path, connected_car=CARD.replace('talk = "talk"', "talk = 1.1"))

    with pytest.raises(CardError, match=r"connected_car.toml: found talk = 1.1, expected a text"):
        read_samples(folder)


def test_fails_for_a_name_that_is_not_known(tmp_path: Path) -> None:
    """What it may have meant, and what exists, are told."""
    folder = project(tmp_path, connected_car=CARD, trace_lake=CARD)

    with pytest.raises(UsageError) as failure:
        find_sample("conected_car", project=folder)

    assert str(failure.value) == (
        "there is no sample conected_car; expected one of connected_car, trace_lake "
        "(did you mean connected_car?)"
    )


def test_fails_outside_of_a_project(tmp_path: Path) -> None:
    """A folder without cards is no place for these commands."""
    with pytest.raises(UsageError, match=r"there is no sample here: .*stacks holds no card"):
        read_samples(tmp_path)


def test_fails_for_a_card_without_a_field(tmp_path: Path) -> None:
    """The card and the field are named."""
    folder = project(tmp_path, connected_car=CARD.replace("stack = ", "stak = "))

    with pytest.raises(CardError, match=r"connected_car.toml: the card has no stack"):
        read_samples(folder)


def test_fails_for_a_card_that_is_no_toml(tmp_path: Path) -> None:
    """The card and the reason are named."""
    folder = project(tmp_path, connected_car="title")

    with pytest.raises(CardError, match=r"connected_car.toml: the card cannot be read: "):
        read_samples(folder)
