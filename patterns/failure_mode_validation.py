"""The failure modes of `hinagata check`, found right after synthesis."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

if TYPE_CHECKING:
    from collections.abc import Callable

    from hinagata.checks.report import Report, Reported

_SEVERITIES = {"error": "error", "warning": "warning", "note": "info"}


@jsii.implements(cdk.IPolicyValidationPlugin)
class FailureModes:
    """Checks how an architecture fails, at every synthesis.

    The checks are those of `hinagata check`, over the whole app: they follow messages across
    stacks. An error fails the synthesis, a warning or a note is reported. A finding is
    acknowledged where the architecture is right, with a reason:
    `cdk.Validations.of(queue).acknowledge(cdk.Acknowledgment(id="Hinagata::FM201", reason=...))`.
    A `hinagata.toml` in the current folder sets thresholds and severities.

    A fault in the checks is said on stderr and stops nothing; so is it where `hinagata` is not
    installed, whose checks they are. HINAGATA_FAILURE_MODES=off in the environment leaves them
    out; the commands of `hinagata` set it, because they check by themselves.

    Example:
        `cdk.Validations.of(app).add_plugins(FailureModes())`. `patterns.App` does it.
    """

    def __init__(self) -> None:
        self._check: Future[Callable[[Path], Report]] | None = None

    def prepare(self) -> None:
        """Loads the checks on a second thread: best while Node synthesizes and Python waits."""
        if self._check is None and not _is_off():
            loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="failure-modes")
            self._check = loader.submit(_load)
            loader.shutdown(wait=False)

    @property
    def name(self) -> str:
        """The name in the validation report, and before the :: of an acknowledgement."""
        return "Hinagata"

    @property
    def version(self) -> str | None:
        """None: the checks' ids are stable."""
        return None

    @property
    def rule_ids(self) -> list[str]:
        """None are listed: the CDK wants them for usage statistics only."""
        return []

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Checks the whole assembly; an error fails the synthesis."""
        if _is_off():
            return cdk.PolicyValidationPluginReport(success=True, violations=[])
        try:
            check = _load() if self._check is None else self._check.result()
            report = check(Path(context.app_construct.outdir))  # type: ignore[attr-defined]  # an App
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop a deployment
            print(f"failure modes are not checked: {_reason(error)}", file=sys.stderr)  # noqa: T201
            return cdk.PolicyValidationPluginReport(success=True, violations=[])
        violations = [_violation(each) for each in report.findings if _is_for_the_cdk(each)]
        return cdk.PolicyValidationPluginReport(
            success=all(violation.severity != "error" for violation in violations),
            violations=violations,
        )


def _is_off() -> bool:
    return os.environ.get("HINAGATA_FAILURE_MODES") == "off"


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "hinagata":
        return "hinagata is not installed here; install it, or make App(failure_modes=False)"
    return str(error)


def _load() -> Callable[[Path], Report]:
    from hinagata.checks.collection import load_checks
    from hinagata.checks.configuration import FILE, Configuration, read_configuration
    from hinagata.checks.runner import run_checks
    from hinagata.topology.reading import read_topology

    load_checks()

    def check(assembly: Path) -> Report:
        file = Path(FILE)
        configuration = read_configuration(file) if file.exists() else Configuration()
        return run_checks(read_topology(assembly), configuration)

    return check


def _is_for_the_cdk(reported: Reported) -> bool:
    """Whether the CDK must decide: it knows its own acknowledgements, and no other tool's."""
    settled = reported.acknowledgement
    return settled is None or settled.channel == "cdk"


def _violation(reported: Reported) -> cdk.PolicyViolation:
    check, finding = reported.check, reported.finding
    template = finding.node.template.file
    return cdk.PolicyViolation(
        rule_name=check.id,
        description=f"{check.title}: {finding.says}",
        severity=_SEVERITIES[str(reported.severity)],
        fix=check.fix,
        violating_resources=[
            cdk.PolicyViolatingResource(
                construct_path=finding.node.construct_path,
                resource_logical_id=finding.node.logical_id,
                template_path=str(template) if template else None,
                locations=[finding.property] if finding.property else [],
            )
        ],
    )
