"""What a project knows of and does not mend yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hinagata.checks.baseline import (
    BaselineError,
    apply_baseline,
    read_baseline,
    write_baseline,
)
from hinagata.checks.check import Severity
from hinagata.checks.configuration import Configuration
from hinagata.checks.report import Report
from hinagata.checks.runner import run_checks
from hinagata.errors import UsageError
from hinagata.output_file import OutputError
from hinagata.topology.reading import read_topology
from tests.workbench.checks.shop import OTHER, REASON, WORKER, loops, write_shop


def report_of(folder: Path, *only: str, **shop: Any) -> Report:
    """What is found in a shop, where a note fails."""
    topology = read_topology(write_shop(folder, **shop))
    return run_checks(topology, Configuration(fail_on=Severity.NOTE), only=only or ["FM108"])


def test_what_is_known_does_not_fail(tmp_path: Path) -> None:
    """A new finding does; lines may have moved since."""
    file = tmp_path / "known.json"
    write_baseline(file, report_of(tmp_path, resources={WORKER: loops()}), replaces=None)
    known = read_baseline(file)

    assert apply_baseline(report_of(tmp_path, resources={WORKER: loops()}), known).is_good
    both = apply_baseline(report_of(tmp_path), known)
    assert not both.is_good
    assert [each.finding.node.name for each in both.open()] == ["Other"]


def test_what_is_gone_is_reported(tmp_path: Path) -> None:
    """If its check ran."""
    file = tmp_path / "known.json"
    write_baseline(file, report_of(tmp_path), replaces=None)
    known = read_baseline(file)
    mended = {"resources": {WORKER: loops()}}

    assert [
        each.construct for each in apply_baseline(report_of(tmp_path, **mended), known).gone
    ] == [f"{OTHER}/Resource"]
    assert apply_baseline(report_of(tmp_path, "FM101", **mended), known).gone == ()


def test_what_is_acknowledged_is_not_written(tmp_path: Path) -> None:
    """It is settled already."""
    file = tmp_path / "known.json"
    report = report_of(tmp_path, acknowledged={"Shop": {"FM108": REASON}})

    assert write_baseline(file, report, replaces=None) == ()


def test_the_file_can_be_reviewed(tmp_path: Path) -> None:
    """Entries say check, construct and property, in an order that does not change."""
    file = tmp_path / "known.json"
    write_baseline(file, report_of(tmp_path), replaces=None)

    document = json.loads(file.read_text())
    assert document["version"] == 1
    assert [
        (each["check"], each["construct"], each["property"]) for each in document["findings"]
    ] == [
        ("FM108", f"{OTHER}/Resource", "RecursiveLoop"),
        ("FM108", f"{WORKER}/Resource", "RecursiveLoop"),
    ]


def test_a_baseline_can_be_brought_up_to_date(tmp_path: Path) -> None:
    """It loses what is gone, and keeps what belongs to checks that did not run."""
    file = tmp_path / "known.json"
    write_baseline(file, report_of(tmp_path, "FM108", "FM408"), replaces=None)
    report = report_of(tmp_path, "FM108", resources={WORKER: loops()})
    write_baseline(file, report, replaces=file)

    assert [(each.check, each.construct) for each in read_baseline(file)] == [
        ("FM108", f"{WORKER}/Resource"),
        ("FM408", f"{OTHER}/Resource"),
        ("FM408", f"{WORKER}/Resource"),
    ]


def test_fails_rather_than_overwrite(tmp_path: Path) -> None:
    """A file that is there and was not named as the baseline is left alone."""
    file = tmp_path / "known.json"
    file.write_text("mine")

    with pytest.raises(UsageError, match=f"--baseline {file} --write-baseline {file}"):
        write_baseline(file, report_of(tmp_path), replaces=None)
    assert file.read_text() == "mine"


def test_fails_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The file and what is wrong are named."""
    with pytest.raises(OutputError, match="cannot be written: No such file or directory"):
        write_baseline(tmp_path / "no" / "known.json", report_of(tmp_path), replaces=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the baseline cannot be read"),
        ("[]", "this is no baseline"),
        ('{"findings": []}', "this is no baseline"),
        ('{"version": 2, "findings": []}', "version: found 2; expected 1"),
        ('{"version": 1, "findings": [{"check": "FM101"}]}', "this is no baseline"),
    ],
)
def test_fails_for_another_file(tmp_path: Path, text: str, message: str) -> None:
    """What was not written as a baseline is refused."""
    file = tmp_path / "known.json"
    file.write_text(text)

    with pytest.raises(BaselineError, match=message):
        read_baseline(file)


def test_fails_without_the_file(tmp_path: Path) -> None:
    """The error says how to make one."""
    with pytest.raises(BaselineError, match="there is no such baseline; make one with"):
        read_baseline(tmp_path / "known.json")
