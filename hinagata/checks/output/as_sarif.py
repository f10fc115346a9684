"""A report as SARIF 2.1.0, with what GitHub's code scanning asks for.

See docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/
sarif-support-for-code-scanning. GitHub ignores `suppressions`, so what is acknowledged is left
out unless asked for; what is in the baseline stays in, because GitHub keeps its own.
"""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hinagata.checks.check import Check, Severity
from hinagata.checks.output.place import columns, construct_of, shown, source_of
from hinagata.checks.page import page_of
from hinagata.checks.report import Report, Reported
from hinagata.topology.node import Node

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# GitHub cuts a rule's full description here.
_LONGEST_DESCRIPTION = 1024
_PROBLEM = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}
# How seldom a finding is wrong, in GitHub's words.
_PRECISION = {Severity.ERROR: "very-high", Severity.WARNING: "high", Severity.NOTE: "medium"}


def as_sarif(report: Report, *, root: Path, with_suppressed: bool = False) -> str:
    """Returns a report as a SARIF log.

    Args:
        report: What was found.
        root: Root of the repository; locations below it are relative to it.
        with_suppressed: Whether acknowledged findings are in it too, as suppressed ones.
    """
    index = {check.id: number for number, check in enumerate(report.checks)}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(report)},
                # GitHub tells runs apart by what stands before the last slash.
                "automationDetails": {"id": "hinagata/check/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True}],
                "results": [
                    _result(each, index[each.check.id], root)
                    for each in report.findings
                    if with_suppressed or each.acknowledgement is None
                ],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _driver(report: Report) -> dict[str, Any]:
    driver: dict[str, Any] = {
        "name": "hinagata",
        "rules": [_rule(check) for check in report.checks],
    }
    with suppress(PackageNotFoundError):  # run from its sources
        driver["version"] = version("hinagata")
    return driver


def _rule(check: Check) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": check.id,
        "name": check.find.__name__.title().replace("_", ""),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.reason[:_LONGEST_DESCRIPTION]},
        "help": {"text": f"{check.reason}\n\n{check.fix}", "markdown": page_of(check)},
        "defaultConfiguration": {"level": str(check.severity)},
        "properties": {
            "tags": ["reliability", "serverless"],
            "precision": _PRECISION[check.severity],
            "problem.severity": _PROBLEM[check.severity],
        },
    }
    if check.sources:
        rule["helpUri"] = check.sources[0]
    return rule


def _result(reported: Reported, index: int, root: Path) -> dict[str, Any]:
    finding, check = reported.finding, reported.check
    result: dict[str, Any] = {
        "ruleId": check.id,
        "ruleIndex": index,
        "level": str(reported.severity),
        "message": {"text": f"{construct_of(finding.node)}: {finding.says}. {check.fix}"},
        "locations": [_location(finding.node, root)],
        "relatedLocations": [
            _location(node, root) | {"id": number, "message": {"text": node.name}}
            for number, node in enumerate(finding.related)
            if source_of(node)
        ],
        "partialFingerprints": {"primaryLocationLineHash": reported.fingerprint},
    }
    if finding.property:
        result["properties"] = {"property": finding.property}
    if given := reported.acknowledgement:
        result["suppressions"] = [
            {"kind": "inSource", "status": "accepted", "justification": given.reason}
        ]
    return result


def _location(node: Node, root: Path) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": node.name.rpartition("/")[2],
                "fullyQualifiedName": construct_of(node),
                "kind": "resource",
            }
        ]
    }
    if source := source_of(node):
        start, end = columns(source)
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(source.file, root)},
            "region": {
                "startLine": source.line,
                "startColumn": start,
                "endLine": source.line,
                "endColumn": end,
            },
        }
    return location


def _uri(file: Path, root: Path) -> str:
    path = shown(file, root)
    return file.as_uri() if Path(path).is_absolute() else quote(path)
