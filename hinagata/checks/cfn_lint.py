"""The checks as rules of cfn-lint: `cfn-lint --append-rules hinagata.checks.cfn_lint -- TEMPLATE`.

A rule's first letter says its severity to cfn-lint, so a check is three rules there, of which each
finding fires one: `EFM101` for an error, `WFM101` for a warning, `IFM101` for a note; notes show
with `--include-checks I` alone. A template that lies in an assembly is judged with all of that
assembly around it, so that what other stacks do counts; findings on its own resources are
reported. What is acknowledged with a reason is left out, and `hinagata.toml` of the current folder
counts.

Nothing else imports this module, so cfn-lint is needed where its command runs, and nowhere else.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from cfnlint.rules import CloudFormationLintRule, RuleMatch  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]

from hinagata.checks.check import Check, Severity
from hinagata.checks.collection import load_checks
from hinagata.checks.configuration import FILE, Configuration, read_configuration
from hinagata.checks.page import page_of
from hinagata.checks.report import Reported
from hinagata.checks.runner import run_checks
from hinagata.errors import HinagataError
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.reading import read_topology, topology_of

_LETTERS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "I"}


# Every rule asks for the same template in turn.
@lru_cache(maxsize=1)
def _found(template: Template) -> dict[str, list[Reported]]:
    """The open findings on a template's resources, by check."""
    file = Path(FILE)
    configuration = read_configuration(file) if file.exists() else Configuration()
    found: dict[str, list[Reported]] = defaultdict(list)
    topology, path = _topology(template)
    for each in run_checks(topology, configuration).open():
        if path is None or _is_in(each.finding.node, path):
            found[each.check.id].append(each)
    return found


def _topology(template: Template) -> tuple[Topology, Path | None]:
    """The topology around a template, and the file that it is in that, if it is not alone."""
    path = Path(template.filename) if template.filename else None
    if path is None or not path.is_file():
        return topology_of(Template=template.template), None
    if (path.parent / "manifest.json").is_file():
        topology = read_topology(path.parent)
        if any(_is_in(node, path) for node in topology.nodes):
            return topology, path
    return read_topology(path), path


def _is_in(node: Node, path: Path) -> bool:
    file = node.template.file
    return file is not None and os.path.realpath(file) == os.path.realpath(path)


class _Rule:
    """What the rule of every check does; cfn-lint takes the classes made of it below."""

    check: Check
    finds: Severity
    id: str

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Returns where the check finds something in a template."""
        try:
            found = _found(cfn).get(self.check.id, [])
        except HinagataError as error:
            # cfn-lint says by itself what is wrong with a template that cannot be read.
            return [RuleMatch(["Resources"], str(error))] if self.id == _FIRST else []
        return [
            RuleMatch(
                _path(each), f"{each.finding.node.name}: {each.finding.says}. {self.check.fix}"
            )
            for each in found
            if each.severity is self.finds
        ]


def _path(reported: Reported) -> list[str | int]:
    steps = reported.finding.property.split(".") if reported.finding.property else []
    return [
        "Resources",
        reported.finding.node.logical_id,
        "Properties",
        *(int(step) if step.isdigit() else step for step in steps),
    ]


def _rule(check: Check, severity: Severity) -> type[CloudFormationLintRule]:
    name = f"{_LETTERS[severity]}{check.id}"
    return type(
        name,
        (_Rule, CloudFormationLintRule),
        {
            "__doc__": check.title,
            "__module__": __name__,
            "check": check,
            "finds": severity,
            "id": name,
            "shortdesc": check.title,
            "description": page_of(check),
            "source_url": check.sources[0] if check.sources else "",
            "tags": ["hinagata", "reliability"],
        },
    )


_RULES = [_rule(each, severity) for each in load_checks() for severity in Severity]
_FIRST = _RULES[0].__name__
# cfn-lint takes the classes that it finds in a module.
globals().update({rule.__name__: rule for rule in _RULES})
