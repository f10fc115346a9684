"""A report as a person reads it."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from hinagata.checks.output.as_text import as_text, write_text
from hinagata.checks.report import Known, Report
from hinagata.checks.runner import run_checks
from hinagata.topology.node import Acknowledgement
from hinagata.topology.reading import read_topology
from tests.workbench.checks.terminal import Terminal

PLAIN = """\
Shop/Worker  app.py:4
  error    FM108  Recursion protection switched off
           {says}
           {fix}

Acknowledgements to remove
  FM107  Shop/Worker  nothing is found there any more

Why, in full: hinagata explain FM108
1 error in 3 resources; 1 acknowledged, 1 undecided until deployment
"""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 60 columns."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def test_each_finding_says_what_where_and_how_to_mend_it(report: Report, tmp_path: Path) -> None:
    """By construct; what is acknowledged is counted alone; the last line has the counts."""
    (worker, _) = report.findings

    assert as_text(report, root=tmp_path) == PLAIN.format(
        says=worker.finding.says, fix=worker.check.fix
    )


def test_a_pipe_gets_plain_lines(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without styles, and without breaks in sentences, whatever the width."""
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    pipe = StringIO()
    write_text(report, pipe, root=tmp_path)

    assert pipe.getvalue() == as_text(report, root=tmp_path)


def test_a_terminal_gets_colour_within_its_width(
    report: Report, tmp_path: Path, terminal: Terminal
) -> None:
    """Sentences are wrapped, nothing ends in blanks, and every word is there."""
    write_text(report, terminal, root=tmp_path)

    lines = terminal.seen().splitlines()
    assert terminal.has_colour()
    assert max(len(line) for line in lines) <= 60
    assert [line for line in lines if line != line.rstrip()] == []
    assert terminal.seen().split() == as_text(report, root=tmp_path).split()


def test_colour_can_be_refused(
    report: Report, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`NO_COLOR` leaves the words as they are."""
    monkeypatch.setenv("NO_COLOR", "1")
    write_text(report, terminal, root=tmp_path)

    assert not terminal.has_colour()
    assert "error    FM108  Recursion protection switched off" in terminal.seen()


@pytest.mark.parametrize("columns", ["20", "40", "80"])
def test_paths_are_never_broken(
    report: Report,
    tmp_path: Path,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    """A long path stays whole, so that it can be copied."""
    monkeypatch.setenv("COLUMNS", columns)
    path = "Shop/" + "/".join(f"Construct{n}" for n in range(12))
    gone = Known(fingerprint="f", check="FM201", construct=path, property="")
    write_text(replace(report, gone=(gone,)), terminal, root=tmp_path)

    assert path in terminal.seen()
    assert "app.py:4" in terminal.seen()


def test_what_the_baseline_knows_is_counted_alone(report: Report, tmp_path: Path) -> None:
    """The findings themselves are not shown."""
    known = replace(
        report, findings=tuple(each._replace(in_baseline=True) for each in report.findings)
    )

    assert as_text(known, root=tmp_path).splitlines()[-1] == (
        "nothing found in 3 resources; 1 acknowledged, 1 in the baseline, "
        "1 undecided until deployment"
    )
    assert "FM108" not in as_text(known, root=tmp_path)


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("cdk", "Acknowledged at Shop/Other without a reason: give one, and it counts."),
        (
            "cfn-lint",
            "Ignored at Shop/Other for cfn-lint, which keeps no reason: acknowledge it.",
        ),
    ],
)
def test_an_acknowledgement_without_a_reason_is_pointed_at(
    report: Report, tmp_path: Path, channel: str, says: str
) -> None:
    """With the place where the reason is missing."""
    given = Acknowledgement(rule="FM108", reason="", channel=channel, path="Shop/Other")
    without = report.findings[0]._replace(without_reason=given)

    assert f"           {says}\n" in as_text(replace(report, findings=(without,)), root=tmp_path)


def test_a_name_cannot_steer_the_terminal(report: Report, tmp_path: Path) -> None:
    """Control characters of a template are shown as what they are: wrong."""
    (worker, _) = report.findings
    evil = worker._replace(finding=worker.finding._replace(says="\x1b[2Jcleared\nit all"))
    text = as_text(replace(report, findings=(evil,)), root=tmp_path)

    assert "\x1b" not in text
    assert "\N{REPLACEMENT CHARACTER}[2Jcleared\N{REPLACEMENT CHARACTER}it all\n" in text


def test_a_template_that_is_nested_twice_is_told_apart(tmp_path: Path) -> None:
    """The file and its line are the same for both; the stacks around them are not."""
    nested = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}"
    (tmp_path / "shop.yaml").write_text(f"Resources: {{East: {nested}, West: {nested}}}")
    (tmp_path / "inner.yaml").write_text(
        "Resources: {Worker: {Type: AWS::Lambda::Function, Properties: {RecursiveLoop: Allow}}}"
    )
    report = run_checks(read_topology(tmp_path / "shop.yaml"), only=["FM108", "FM403"])

    headings = [line for line in as_text(report, root=tmp_path).splitlines() if "inner" in line]

    assert headings == ["shop/East/Worker  inner.yaml:1", "shop/West/Worker  inner.yaml:1"]
