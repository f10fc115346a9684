"""A report as a program reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hinagata.checks.output.as_json import as_json
from hinagata.checks.report import Known, Report
from tests.workbench.checks.shop import REASON


def test_the_document_has_all_that_is_known(report: Report, tmp_path: Path) -> None:
    """Counts, findings with their places, what is acknowledged, unresolved and stale."""
    document = json.loads(as_json(report, root=tmp_path))

    assert document["version"] == 1
    assert document["good"] is False
    assert document["summary"] == {
        "checks": 2,
        "resources": 3,
        "findings": {"error": 1, "warning": 0, "note": 0},
        "failing": 1,
        "acknowledged": 1,
        "in_baseline": 0,
        "unresolved": 1,
        "stale_acknowledgements": 1,
        "gone_from_baseline": 0,
    }
    (finding,) = document["findings"]
    check = report.findings[0].check
    assert finding == {
        "check": "FM108",
        "title": check.title,
        "severity": "error",
        "says": report.findings[0].finding.says,
        "fix": check.fix,
        "url": check.sources[0],
        "construct": "Shop/Worker",
        "stack": "Shop",
        "logical_id": "Worker",
        "type": "AWS::Lambda::Function",
        "property": "RecursiveLoop",
        "source": {"file": "app.py", "line": 4},
        "related": [],
        "fingerprint": report.findings[0].fingerprint,
        "fails": True,
        "in_baseline": False,
        "acknowledged_without_reason": None,
    }
    (acknowledged,) = document["acknowledged"]
    assert acknowledged["acknowledgement"] == {
        "rule": "FM108",
        "reason": REASON,
        "channel": "cdk",
        "path": "Shop/Other",
    }
    assert document["unresolved"] == [
        {
            "check": "FM108",
            "construct": "Shop/Unsure",
            "logical_id": "Unsure",
            "property": "RecursiveLoop",
        }
    ]
    assert [each["says"] for each in document["stale_acknowledgements"]] == [
        "nothing is found there any more"
    ]


def test_related_resources_have_their_places(report: Report, tmp_path: Path) -> None:
    """Construct, logical id, type and source line of each."""
    (worker, other) = report.findings
    both = worker._replace(finding=worker.finding._replace(related=(other.finding.node,)))
    document = json.loads(as_json(replace(report, findings=(both,)), root=tmp_path))

    assert document["findings"][0]["related"] == [
        {
            "construct": "Shop/Other",
            "logical_id": "Other",
            "type": "AWS::Lambda::Function",
            "source": {"file": "app.py", "line": 5},
        }
    ]


def test_a_baseline_is_told(report: Report, tmp_path: Path) -> None:
    """What it knows is marked and does not fail; what is gone is listed."""
    gone = Known(fingerprint="f", check="FM107", construct="Shop/Gone", property="P")
    known = replace(
        report,
        findings=tuple(each._replace(in_baseline=True) for each in report.findings),
        gone=(gone,),
    )
    document = json.loads(as_json(known, root=tmp_path))

    assert document["good"] is True
    assert [(each["in_baseline"], each["fails"]) for each in document["findings"]] == [
        (True, False)
    ]
    assert document["gone_from_baseline"] == [
        {"fingerprint": "f", "check": "FM107", "construct": "Shop/Gone", "property": "P"}
    ]
