"""Runs the checks over a topology."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from hinagata.checks.check import Check, Finding, Unresolved
from hinagata.checks.collection import check_ids, expected_instead, load_checks
from hinagata.checks.configuration import Configuration
from hinagata.checks.report import Report, Reported, Stale, Unanswered
from hinagata.errors import HinagataError
from hinagata.topology.graph import Topology
from hinagata.topology.node import Acknowledgement, Node


class CheckError(HinagataError):
    """A check that cannot cope with a template: a fault of the check."""


def run_checks(
    topology: Topology,
    configuration: Configuration | None = None,
    *,
    only: Collection[str] | None = None,
) -> Report:
    """Runs all checks, or some, and returns what they found.

    Equal findings count once. Findings that differ in their sentence alone are told apart by a
    number in the fingerprint, in the order of the resources that they relate to: so a baseline
    of two knows two of them, whichever they are, and a third one is new.

    Args:
        topology: What they look at.
        configuration: Thresholds, severities, and what fails. None: the defaults.
        only: Ids of the checks to run; one that is configured "off" stays off. None: all.

    Raises:
        UsageError: There is no check of one of the ids.
        CheckError: A check failed.
    """
    configuration = configuration or Configuration()
    wanted = check_ids() if only is None else only
    off = {check for check, severity in configuration.severities.items() if severity is None}
    checks = tuple(check for check in load_checks(wanted) if check.id not in off)
    findings: list[Reported] = []
    unresolved: list[Unanswered] = []
    for check in checks:
        found, asked = _ask(check, topology, configuration)
        findings += _reported(check, found, configuration)
        unresolved += asked
    findings.sort(key=_place)
    return Report(
        checks=checks,
        resources=sum(not node.type.startswith("Hinagata::") for node in topology.nodes),
        findings=tuple(findings),
        unresolved=tuple(unresolved),
        stale=_stale(topology, checks, findings, unresolved),
        fail_on=configuration.fail_on,
    )


def _ask(
    check: Check, topology: Topology, configuration: Configuration
) -> tuple[list[Finding], list[Unanswered]]:
    """What a check finds, and what it could not answer, each once."""
    findings: dict[tuple[Node, str, str, tuple[Node, ...]], Finding] = {}
    unresolved: dict[tuple[Node, str], Unanswered] = {}
    try:
        for each in check(topology, configuration.thresholds):
            if isinstance(each, Unresolved):
                unresolved[each.node, each.property] = Unanswered(
                    check=check, node=each.node, property=each.property
                )
            else:
                findings[each.node, each.property, each.says, each.related] = each
    except HinagataError:
        raise
    except Exception as error:
        raise CheckError(
            f"check {check.id} failed with {type(error).__name__}: {error}; this is a fault of "
            f'the check: report it, and leave it out with {check.id} = {{ value = "off", '
            'reason = "..." } below [check.severity] in hinagata.toml'
        ) from error
    return list(findings.values()), list(unresolved.values())


def _reported(
    check: Check, findings: Iterable[Finding], configuration: Configuration
) -> Iterable[Reported]:
    times: Counter[tuple[str, str]] = Counter()
    for finding in sorted(findings, key=_related_paths):
        path = _path(finding.node)
        times[path, finding.property] += 1
        reasoned, unreasoned = _acknowledgements(check, finding.node)
        yield Reported(
            check=check,
            finding=finding,
            severity=configuration.severities.get(check.id) or finding.severity or check.severity,
            fingerprint=_fingerprint(
                check.id, path, finding.property, times[path, finding.property]
            ),
            acknowledgement=reasoned,
            without_reason=None if reasoned else unreasoned,
        )


def _acknowledgements(
    check: Check, node: Node
) -> tuple[Acknowledgement | None, Acknowledgement | None]:
    """The first acknowledgement of a check that gives a reason, and the first that does not."""
    reasoned = unreasoned = None
    for each in node.acknowledgements:
        if each.rule == check.id:
            if each.reason.strip():
                reasoned = reasoned or each
            else:
                unreasoned = unreasoned or each
    return reasoned, unreasoned


def _stale(
    topology: Topology,
    checks: Sequence[Check],
    findings: Iterable[Reported],
    unresolved: Iterable[Unanswered],
) -> tuple[Stale, ...]:
    # A loop is found at one of its nodes, whichever comes first, and acknowledged at those known.
    asked = [
        (each.check, node)
        for each in findings
        for node in (each.finding.node, *each.finding.related)
    ]
    # What nobody can know may yet be what was acknowledged.
    asked += [(each.check, each.node) for each in unresolved]
    needed = {
        _identity(node, each)
        for check, node in asked
        for each in node.acknowledgements
        if each.rule == check.id
    }
    ran = {check.id for check in checks}
    known = set(check_ids())
    stale: dict[object, Stale] = {}
    for node in topology.nodes:
        for each in node.acknowledgements:
            identity = _identity(node, each)
            if identity in needed:
                continue
            if each.rule not in known:
                says = f"there is no check {each.rule}; expected {expected_instead(each.rule)}"
            elif each.rule in ran:
                says = "nothing is found there any more"
            else:
                continue
            stale[identity] = Stale(acknowledgement=each, says=says)
    return tuple(stale.values())


def _identity(node: Node, acknowledgement: Acknowledgement) -> object:
    """What tells an acknowledgement from others.

    A construct path is unique in an app, and may lead to resources of several templates; a
    logical id is unique in its template.
    """
    if acknowledgement.channel == "cdk":
        return acknowledgement
    return acknowledgement, node.template.file, node.template.name


def _path(node: Node) -> str:
    """The construct path, or what is unique in its place where a template has none."""
    return node.construct_path if "/" in node.construct_path else node.key


def _related_paths(finding: Finding) -> tuple[str, ...]:
    return (*(_path(node) for node in finding.related), finding.says)


def _fingerprint(id: str, path: str, property: str, number: int) -> str:
    parts = [id, path, property]
    if number > 1:
        parts.append(str(number))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _place(reported: Reported) -> tuple[str, int, str, str]:
    node = reported.finding.node
    source = node.source
    file, line = (str(source.file), source.line) if source else ("", 0)
    return file, line, _path(node), reported.check.id
