"""What `hinagata explain` says."""

from __future__ import annotations

import json
from dataclasses import fields
from io import StringIO

import pytest

from hinagata.checks.collection import check_ids, load_check, load_checks
from hinagata.checks.explain import explain
from hinagata.checks.page import page_of, thresholds_of
from hinagata.checks.thresholds import Thresholds
from tests.workbench.checks.terminal import Terminal


def test_the_page_says_all_there_is_to_know() -> None:
    """Title, severity, reason, fix, page, thresholds with their reasons, and sources."""
    check = load_check("FM101")
    stream = StringIO()
    explain("fm101", stream=stream)

    page = stream.getvalue()
    assert page == page_of(check) + "\n"
    for part in (check.title, str(check.severity), check.reason, check.fix, check.page):
        assert part in page
    assert "- `visibility_per_timeout` = 6: AWS advises" in page
    assert all(f"- <{source}>" in page for source in check.sources)


def test_a_terminal_gets_the_page_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Markdown's marks, within the width."""
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    explain("FM101", stream=stream)

    assert stream.seen().startswith("FM101: Visibility timeout too short for its consumer\n")
    assert "**" not in stream.seen()
    assert "`" not in stream.seen()


def test_all_checks_are_listed() -> None:
    """One line each, with id, severity and title."""
    stream = StringIO()
    explain(None, stream=stream)

    lines = stream.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == list(check_ids())
    assert lines[0] == "FM101  error    Visibility timeout too short for its consumer"


def test_a_program_gets_a_document() -> None:
    """Of one check or of all, with the same fields."""
    one, all_ = StringIO(), StringIO()
    explain("FM101", stream=one, format="json")
    explain(None, stream=all_, format="json")

    document = json.loads(one.getvalue())
    assert document["thresholds"]["visibility_per_timeout"]["value"] == 6
    assert json.loads(all_.getvalue())[0] == document


def test_a_check_names_the_thresholds_that_it_reads() -> None:
    """And no others."""
    assert thresholds_of(load_check("FM101")) == ("visibility_per_timeout",)
    assert thresholds_of(load_check("FM108")) == ()


def test_every_threshold_is_on_a_page() -> None:
    """Whoever may change one can read what it decides."""
    explained = {name for check in load_checks() for name in thresholds_of(check)}

    assert {each.name for each in fields(Thresholds)} == explained
