"""A report as a build server reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hinagata.checks.check import Severity
from hinagata.checks.output.as_junit import as_junit
from hinagata.checks.report import Report
from tests.workbench.checks.shop import REASON


def test_what_fails_is_a_failure(report: Report, tmp_path: Path) -> None:
    """With its place; the rest passes or is skipped, and the counts say so."""
    suites = ET.fromstring(as_junit(report, root=tmp_path))

    assert {name: suites.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    (case,) = suites.findall(".//testcase[failure]")
    assert case.attrib == {
        "classname": "hinagata.FM108",
        "name": "Shop/Worker RecursiveLoop",
        "file": "app.py",
        "line": "4",
    }
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "error"
    assert "app.py:4 Shop/Worker\n" in str(failure.text)


def test_what_does_not_fail_is_skipped_with_its_sentence(report: Report, tmp_path: Path) -> None:
    """An acknowledgement shows its reason, a light finding its severity."""
    light = replace(report, fail_on=None)
    suites = ET.fromstring(as_junit(light, root=tmp_path))

    messages = [str(each.get("message")) for each in suites.iter("skipped")]
    assert suites.get("failures") == "0"
    assert messages[0].startswith(f"{Severity.ERROR}: Lambda does not stop it")
    assert messages[1] == f"acknowledged: {REASON}"


def test_whatever_a_template_holds_is_xml(report: Report, tmp_path: Path) -> None:
    """Characters that XML cannot hold are replaced, others escaped."""
    (worker, _) = report.findings
    evil = worker._replace(finding=worker.finding._replace(says='<&"\x00\x1b\ud800>'))
    suites = ET.fromstring(as_junit(replace(report, findings=(evil,)), root=tmp_path))

    (failure,) = suites.iter("failure")
    assert failure.get("message") == 'error: <&"' + "\N{REPLACEMENT CHARACTER}" * 3 + ">"
