"""Talks: what each lesson became, found from both ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material import talks
from hinagata.catalogue.project import Project
from hinagata.checks.page import page_of
from hinagata.cli import main
from tests.recorded_settings import REPOSITORY

TALK = """\
["9.9"]
slug = "a-talk"
title = "A talk"
by = "Somebody"
event = "Somewhere"
story = ["It was told."]
lessons = ["Cap it.", "Watch it."]
became = [["LambdaWorker", "FM102", "order_events", "hinagata plan"], []]
sources = ["https://example.com"]
ja.title = "講演"
ja.by = "誰か"
ja.event = "どこか"
ja.story = ["語られた。"]
ja.lessons = ["制限する。", "監視する。"]
"""


def told(folder: Path, text: str) -> Project:
    """The project as it is, with another file of talks behind the ones that its cards name."""
    file = folder / "talks.toml"
    file.write_text(talks.FILE.read_text(encoding="utf-8") + text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(talks, "FILE", file)
        return Project(REPOSITORY)


def last_outcomes(folder: Path, text: str) -> object:
    """What the lessons of that talk became."""
    project = told(folder, text)
    return project.outcomes(project.talks["9.9"])


def test_what_a_lesson_became_has_a_page_or_is_a_command(tmp_path: Path) -> None:
    """A lesson leads to constructs, samples and checks by their titles, in the reader's words."""
    project = told(tmp_path, TALK)
    (first, became), (second, nothing) = project.outcomes(project.talks["9.9"])

    assert (first, second, nothing) == ("Cap it.", "Watch it.", ())
    assert [each.page for each in became] == [
        "patterns/lambda_worker.html",
        "checks/FM102.html",
        "samples/order_events.html",
        "",
    ]
    japanese = project.told_in("ja")
    (lesson, translated), _ = japanese.outcomes(japanese.talks["9.9"])
    assert (lesson, translated[0].says) == ("制限する。", "Lambdaワーカー")


def test_what_was_learned_names_its_talks(tmp_path: Path) -> None:
    """A construct or a check leads back to each talk that names it, a pattern to its card's too."""
    project = told(tmp_path, TALK)

    assert "9.9" in [talk.number for talk in project.talks_behind("FM102")]
    assert "1.1" in [talk.number for talk in project.talks_behind("LambdaWorker")]
    assert "9.9" not in [talk.number for talk in project.talks_behind("FM103")]


def test_every_talk_taught_something_that_is_there() -> None:
    """A talk has a page because something became of it; nothing that it names is gone."""
    project = Project(REPOSITORY)
    became = {
        number: [each for _, outcomes in project.outcomes(talk) for each in outcomes]
        for number, talk in project.talks.items()
    }

    assert [number for number, outcomes in became.items() if not outcomes] == []
    named = {each.says for outcomes in became.values() for each in outcomes if not each.page}
    for command in sorted(named):
        assert main([command.removeprefix("hinagata "), "--help"]) == 0


def test_a_check_that_cites_a_talk_leads_to_it() -> None:
    """Whatever a check's page says of a talk, a talk says of the check."""
    project = Project(REPOSITORY)
    citing = [
        check.id
        for check in project.checks
        if re.search(r"\btalks?\b|Serverless(?:Days| Meetup)", page_of(check))
    ]

    assert "FM901" in citing
    assert [check for check in citing if not project.talks_behind(check)] == []


@pytest.mark.parametrize(
    ("found", "expected", "said"),
    [
        ('"FM102"', '"FM000"', 'talks.toml: ["9.9"] became: there is no FM000'),
        ("became", "become", '["9.9"] became is missing; expected became = a list of lists'),
        (", []]", "]", '["9.9"] became has 1 lists; expected 2, one for each of lessons'),
        (", []]", ', [""]]', '["9.9"] became is missing'),
    ],
)
def test_fails_naming_file_and_field(tmp_path: Path, found: str, expected: str, said: str) -> None:
    """A lesson that leads nowhere, or a list that is not there, is told by talk and field."""
    with pytest.raises(CatalogueError) as refused:
        last_outcomes(tmp_path, TALK.replace(found, expected))

    assert said in str(refused.value)
