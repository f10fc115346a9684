"""A report as one JSON document.

Its shape is stable: `version` grows when a name is removed or changes its meaning.

- `version`: 1.
- `summary`: `checks`, `resources`, `findings` (open ones by severity), `failing`,
  `acknowledged`, `in_baseline`, `unresolved`, `stale_acknowledgements`, `gone_from_baseline`;
  numbers all.
- `good`: whether nothing fails.
- `findings`: open and baseline ones, each with `check`, `title`, `severity`, `says`, `fix`, `url`,
  `construct`, `stack`, `logical_id`, `type`, `property`, `source` (`file`, `line`) or null,
  `related` (`construct`, `logical_id`, `type`, `source`), `fingerprint`, `fails`, `in_baseline`,
  `acknowledged_without_reason` (a construct path or null).
- `acknowledged`: findings with the `acknowledgement` (`rule`, `reason`, `channel`, `path`).
- `unresolved`: `check`, `construct`, `logical_id`, `property`: what is known after deployment only.
- `stale_acknowledgements`: acknowledgements with what is wrong with them in `says`.
- `gone_from_baseline`: `fingerprint`, `check`, `construct`, `property`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hinagata.checks.output.place import construct_of, shown, source_of
from hinagata.checks.report import Report, Reported
from hinagata.topology.node import Acknowledgement, Node

_VERSION = 1


def as_json(report: Report, *, root: Path) -> str:
    """Returns a report as a JSON document; paths below the root are relative to it."""
    acknowledged = [
        _finding(each, report, root) | {"acknowledgement": _acknowledgement(each.acknowledgement)}
        for each in report.findings
        if each.acknowledgement
    ]
    document = {
        "version": _VERSION,
        "summary": {
            "checks": len(report.checks),
            "resources": report.resources,
            "findings": {str(severity): count for severity, count in report.counts().items()},
            "failing": sum(report.fails(each) for each in report.findings),
            "acknowledged": len(acknowledged),
            "in_baseline": sum(1 for _ in report.in_baseline()),
            "unresolved": len(report.unresolved),
            "stale_acknowledgements": len(report.stale),
            "gone_from_baseline": len(report.gone),
        },
        "good": report.is_good,
        "findings": [
            _finding(each, report, root) for each in report.findings if each.acknowledgement is None
        ],
        "acknowledged": acknowledged,
        "unresolved": [
            {
                "check": each.check.id,
                "construct": construct_of(each.node),
                "logical_id": each.node.logical_id,
                "property": each.property,
            }
            for each in report.unresolved
        ],
        "stale_acknowledgements": [
            _acknowledgement(each.acknowledgement) | {"says": each.says} for each in report.stale
        ],
        "gone_from_baseline": [each._asdict() for each in report.gone],
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(reported: Reported, report: Report, root: Path) -> dict[str, Any]:
    check, finding = reported.check, reported.finding
    return {
        "check": check.id,
        "title": check.title,
        "severity": str(reported.severity),
        "says": finding.says,
        "fix": check.fix,
        "url": check.sources[0] if check.sources else None,
        **_place(finding.node, root),
        "stack": finding.node.template.name,
        "property": finding.property,
        "related": [_place(node, root) for node in finding.related],
        "fingerprint": reported.fingerprint,
        "fails": report.fails(reported),
        "in_baseline": reported.in_baseline,
        "acknowledged_without_reason": reported.without_reason and reported.without_reason.path,
    }


def _place(node: Node, root: Path) -> dict[str, Any]:
    source = source_of(node)
    return {
        "construct": construct_of(node),
        "logical_id": node.logical_id,
        "type": node.type,
        "source": source and {"file": shown(source.file, root), "line": source.line},
    }


def _acknowledgement(acknowledgement: Acknowledgement) -> dict[str, Any]:
    return acknowledgement._asdict()
