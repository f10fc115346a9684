"""A report as GitHub's code scanning reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hinagata.checks.collection import load_checks
from hinagata.checks.output.as_sarif import as_sarif
from hinagata.checks.output.place import repository_root
from hinagata.checks.report import Report
from hinagata.checks.runner import run_checks
from hinagata.topology.reading import read_topology
from tests.workbench.checks.shop import REASON, write_shop

SCHEMA = Path(__file__).parents[1] / "schemas" / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def schema() -> Any:
    """SARIF's schema."""
    document = json.loads(SCHEMA.read_text())
    return jsonschema.Draft4Validator(document, format_checker=jsonschema.FormatChecker())


def run_of(text: str, schema: Any) -> dict[str, Any]:
    """The one run of a log, which must follow the schema."""
    document = json.loads(text)
    assert [error.message for error in schema.iter_errors(document)] == []
    (run,) = document["runs"]
    return dict(run)


def test_a_result_has_all_that_github_asks_for(report: Report, tmp_path: Path, schema: Any) -> None:
    """Rule, level, message, the user's line with all four numbers, and a fingerprint."""
    (worker, other) = report.findings
    both = worker._replace(finding=worker.finding._replace(related=(other.finding.node,)))
    run = run_of(as_sarif(replace(report, findings=(both,)), root=tmp_path), schema)

    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "FM108"
    assert result["level"] == "error"
    assert result["message"]["text"].startswith("Shop/Worker: Lambda does not stop it")
    assert result["locations"] == [
        {
            "logicalLocations": [
                {"name": "Worker", "fullyQualifiedName": "Shop/Worker", "kind": "resource"}
            ],
            "physicalLocation": {
                "artifactLocation": {"uri": "app.py"},
                "region": {"startLine": 4, "startColumn": 5, "endLine": 4, "endColumn": 28},
            },
        }
    ]
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 5
    assert result["partialFingerprints"] == {"primaryLocationLineHash": worker.fingerprint}
    assert run["automationDetails"]["id"].endswith("/")


def test_every_rule_has_all_that_github_asks_for(
    report: Report, tmp_path: Path, schema: Any
) -> None:
    """For each check there is: names, descriptions within bounds, help, tags and precision."""
    run = run_of(as_sarif(replace(report, checks=load_checks()), root=tmp_path), schema)

    for rule, check in zip(run["tool"]["driver"]["rules"], load_checks(), strict=True):
        assert rule["id"] == check.id
        assert rule["name"].isalnum()
        assert rule["shortDescription"]["text"] == check.title
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert check.fix in rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {check.id}: {check.title}")
        assert rule["helpUri"] in check.sources
        assert rule["defaultConfiguration"]["level"] == str(check.severity)
        assert rule["properties"]["tags"]
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}


def test_what_is_acknowledged_is_left_out(report: Report, tmp_path: Path, schema: Any) -> None:
    """GitHub would show it; asked for, it is there with its reason."""
    short = run_of(as_sarif(report, root=tmp_path), schema)
    full = run_of(as_sarif(report, root=tmp_path, with_suppressed=True), schema)

    assert [result.get("suppressions") for result in short["results"]] == [None]
    assert [result.get("suppressions") for result in full["results"]] == [
        None,
        [{"kind": "inSource", "status": "accepted", "justification": REASON}],
    ]


def test_paths_are_relative_to_the_repository(tmp_path: Path, schema: Any) -> None:
    """Also of a project deeper in it, and escaped as URIs are."""
    deep = tmp_path / "my services"
    deep.mkdir()
    (tmp_path / ".git").mkdir()
    report = run_checks(read_topology(write_shop(deep)), only=["FM108"])
    run = run_of(as_sarif(report, root=repository_root(deep)), schema)

    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20services/app.py"


def test_a_file_that_cannot_be_read_has_an_empty_line(
    report: Report, tmp_path: Path, schema: Any
) -> None:
    """The four numbers are there all the same."""
    (tmp_path / "app.py").unlink()
    run = run_of(as_sarif(report, root=tmp_path), schema)

    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 1,
        "endLine": 4,
        "endColumn": 1,
    }
