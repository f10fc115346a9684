"""What becomes of what checks find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hinagata.checks import runner
from hinagata.checks.check import Check, Finding, Severity, Unresolved
from hinagata.checks.configuration import Configuration
from hinagata.checks.report import Report
from hinagata.checks.runner import CheckError, run_checks
from hinagata.errors import UsageError
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.reading import read_topology, topology_of
from tests.workbench.checks.shop import OTHER, REASON, WORKER, loops, write_shop

ONLY = ["FM108"]


def report_of(folder: Path, configuration: Configuration | None = None, **shop: Any) -> Report:
    """What FM108 finds in a shop."""
    return run_checks(read_topology(write_shop(folder, **shop)), configuration, only=ONLY)


def named(id: str, find: Any) -> Check:
    """A check made of a function."""
    words = {"title": "t", "severity": Severity.ERROR, "reason": "r", "fix": "f", "page": "p"}
    return Check(id=id, sources=(), find=find, **words)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs one check that gives some answers about three queues."""

    def run(answer: Any) -> Report:
        topology = topology_of(
            Stack={"Resources": {name: {"Type": "AWS::SQS::Queue"} for name in "ABC"}}
        )

        def find(_: Topology, __: object) -> Iterable[Finding | Unresolved]:
            nodes = {node.logical_id: node for node in topology.nodes}
            yield from answer(nodes)

        monkeypatch.setattr(runner, "load_checks", lambda _: (named("FM101", find),))
        return run_checks(topology)

    return run


def test_findings_stand_by_source_line(tmp_path: Path) -> None:
    """Each has the check's severity, the construct and the user's line, in the lines' order."""
    report = report_of(tmp_path)

    assert [
        (each.check.id, each.finding.node.name, str(each.severity), each.finding.node.source.line)
        for each in report.findings
        if each.finding.node.source
    ] == [("FM108", "Worker", "warning", 4), ("FM108", "Other", "warning", 5)]
    assert report.resources == 2


def test_a_fingerprint_survives_moved_lines(tmp_path: Path) -> None:
    """The same construct has the same fingerprint wherever it stands; another has another."""
    before = [each.fingerprint for each in report_of(tmp_path).findings]
    (tmp_path / "moved").mkdir()
    moved = report_of(tmp_path / "moved", resources={OTHER: loops(Timeout=7), WORKER: loops()})

    assert {each.fingerprint for each in moved.findings} == set(before)
    assert len(set(before)) == 2


def test_a_configuration_changes_severities(tmp_path: Path) -> None:
    """What is configured counts for all findings of a check, and for what fails."""
    report = report_of(tmp_path, Configuration(severities={"FM108": Severity.ERROR}))

    assert {each.severity for each in report.findings} == {Severity.ERROR}
    assert not report.is_good


def test_a_check_that_is_off_does_not_run(tmp_path: Path) -> None:
    """Not even if it is asked for by name."""
    report = report_of(tmp_path, Configuration(severities={"FM108": None}))

    assert (report.checks, report.findings) == ((), ())


@pytest.mark.parametrize(
    ("fail_on", "good"),
    [(Severity.NOTE, False), (Severity.WARNING, False), (Severity.ERROR, True), (None, True)],
)
def test_the_lowest_severity_that_fails_decides(
    tmp_path: Path, fail_on: Severity | None, good: bool
) -> None:
    """A warning fails at note and warning."""
    assert report_of(tmp_path, Configuration(fail_on=fail_on)).is_good is good


def test_an_acknowledgement_settles_what_is_below_it(tmp_path: Path) -> None:
    """One at the stack counts for both functions, one at a function for that one."""
    both = report_of(tmp_path, acknowledged={"Shop": {"FM108": REASON}})
    one = report_of(tmp_path, acknowledged={WORKER: {"FM108": REASON}})

    assert [each.acknowledgement and each.acknowledgement.reason for each in both.findings] == [
        REASON,
        REASON,
    ]
    assert [each.finding.node.name for each in one.open()] == ["Other"]
    assert both.stale == one.stale == ()


def test_an_acknowledgement_without_a_reason_does_not_count(tmp_path: Path) -> None:
    """The finding stays, and says so; the acknowledgement is not stale."""
    report = report_of(tmp_path, acknowledged={WORKER: {"FM108": " "}})

    (worker, other) = report.findings
    assert worker.is_open
    assert worker.without_reason
    assert worker.without_reason.path == WORKER
    assert other.without_reason is None
    assert report.stale == ()


def test_what_belongs_to_a_finding_may_be_acknowledged_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop is found at whichever node comes first: acknowledged at others it is not stale."""

    def find(topology: Topology, _: object) -> Iterator[Finding]:
        worker, other = topology.nodes
        yield Finding(node=worker, property="", says="a loop", related=(other,))

    monkeypatch.setattr(runner, "load_checks", lambda _: (named("FM107", find),))
    folder = write_shop(tmp_path, acknowledged={OTHER: {"FM107": REASON}})

    report = run_checks(read_topology(folder))

    assert [each.is_open for each in report.findings] == [True]
    assert report.stale == ()


def test_stale_acknowledgements_are_reported(tmp_path: Path) -> None:
    """Of checks that ran and found nothing there, and of checks that do not exist."""
    report = report_of(
        tmp_path,
        resources={WORKER: loops(), OTHER: loops(RecursiveLoop="Terminate")},
        acknowledged={
            WORKER: {"FM108": REASON, "FM101": "did not run"},
            OTHER: {"FM108": REASON, "FM119": REASON, "W3010": "another tool's"},
        },
    )

    assert [
        (each.acknowledgement.path, each.acknowledgement.rule, each.says.partition(";")[0])
        for each in report.stale
    ] == [
        (OTHER, "FM108", "nothing is found there any more"),
        (OTHER, "FM119", "there is no check FM119"),
    ]


def test_what_cannot_be_known_keeps_an_acknowledgement(tmp_path: Path) -> None:
    """An unresolved value may yet be what was acknowledged."""
    report = report_of(
        tmp_path,
        resources={WORKER: loops(RecursiveLoop={"Fn::ImportValue": "from-elsewhere"})},
        acknowledged={WORKER: {"FM108": REASON}},
    )

    assert (report.findings, report.stale) == ((), ())
    assert [(each.node.name, each.property) for each in report.unresolved] == [
        ("Worker", "RecursiveLoop")
    ]


def test_equal_findings_count_once(answers: Any) -> None:
    """A check may come to the same finding, and the same open question, by two ways."""

    def twice(nodes: dict[str, Node]) -> Iterator[Finding | Unresolved]:
        for _ in range(2):
            yield Finding(node=nodes["A"], property="P", says="s")
            yield Unresolved(node=nodes["B"], property="P")

    report = answers(twice)

    assert (len(report.findings), len(report.unresolved)) == (1, 1)


def test_findings_about_one_property_are_told_apart(answers: Any) -> None:
    """By what they relate to, not by the order in which a check comes to them."""

    def related(*names: str) -> Any:
        def find(nodes: dict[str, Node]) -> Iterator[Finding]:
            for name in names:
                yield Finding(node=nodes["A"], property="P", says=name, related=(nodes[name],))

        return find

    def fingerprints(report: Report) -> dict[str, str]:
        return {each.finding.says: each.fingerprint for each in report.findings}

    forth, back = fingerprints(answers(related("B", "C"))), fingerprints(answers(related("C", "B")))
    assert forth == back
    assert len(set(forth.values())) == 2
    assert fingerprints(answers(related("C")))["C"] in forth.values()


def test_fails_when_a_check_does(answers: Any) -> None:
    """The error names the check, and how to go on without it."""

    def crash(_: object) -> Iterator[Finding]:
        raise ZeroDivisionError("by nought")
        yield

    with pytest.raises(CheckError, match=r"check FM101 failed with ZeroDivisionError: by nought"):
        answers(crash)


def test_fails_for_a_check_that_does_not_exist(tmp_path: Path) -> None:
    """Before anything runs."""
    with pytest.raises(UsageError, match="there is no check FM109z"):
        run_checks(read_topology(write_shop(tmp_path)), only=["FM109z"])
