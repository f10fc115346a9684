"""What the checks say of an example, and what it ships acknowledged, with the reasons."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.checks.runner import run_checks
from hinagata.topology.graph import Topology

# Where each tool looks: the CDK's in the assembly's metadata, the others in the resource's own.
_ACKNOWLEDGED_RULES = "aws:cdk:acknowledged-rules"


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """A reason, and the rules that it answers.

    Attributes:
        reason: Why it is right all the same.
        rules: As their tools call them.
        resources: Where.
    """

    reason: str
    rules: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was found.

    Attributes:
        checks: The ids of all checks that ran.
        found: What they say that nobody has acknowledged: check, resource, sentence.
        acknowledged: What was acknowledged, for the tools that have a place for a reason.
    """

    checks: tuple[str, ...]
    found: tuple[tuple[str, str, str], ...]
    acknowledged: tuple[Acknowledged, ...]


def judge(topology: Topology, assembly: Path) -> Judgement:
    """Runs all checks on an architecture.

    Args:
        topology: The architecture.
        assembly: The folder that it was read from.
    """
    report = run_checks(topology)
    rules: dict[str, set[str]] = defaultdict(set)
    resources: dict[str, set[str]] = defaultdict(set)
    for resource, rule, reason in _acknowledged(topology, assembly):
        rules[reason].add(rule)
        resources[reason].add(resource)
    return Judgement(
        checks=tuple(check.id for check in report.checks),
        found=tuple(
            (each.check.id, each.finding.node.name, each.finding.says)
            for each in report.findings
            if each.is_open
        ),
        acknowledged=tuple(
            Acknowledged(
                reason=reason,
                rules=tuple(sorted(rules[reason])),
                resources=tuple(sorted(resources[reason])),
            )
            for reason in sorted(rules)
        ),
    )


def _acknowledged(topology: Topology, assembly: Path) -> Iterator[tuple[str, str, str]]:
    """Yields resource, rule and reason."""
    for file in sorted(assembly.glob("*.metadata.json")):
        for path, entries in json.loads(file.read_text(encoding="utf-8")).items():
            parts = [part for part in path.split("/") if part not in ("", "Resource")]
            name = "/".join(parts[1:])
            for entry in entries:
                if entry["type"] == _ACKNOWLEDGED_RULES:
                    for rule, reason in entry["data"].items():
                        yield name, rule.removeprefix("Hinagata::"), str(reason)
    for node in topology.nodes:
        metadata = node.raw.get("Metadata")
        checkov = metadata.get("checkov") if isinstance(metadata, Mapping) else None
        for skipped in checkov.get("skip", ()) if isinstance(checkov, Mapping) else ():
            yield node.name, skipped["id"], skipped["comment"]
