"""What the checks found, once configuration, acknowledgements and a baseline have been applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hinagata.checks.check import Check, Finding, Severity
from hinagata.topology.node import Acknowledgement, Node


class Reported(NamedTuple):
    """A finding, and what became of it.

    Attributes:
        check: The check that found it.
        finding: What it found.
        severity: What it counts as, after the configuration.
        fingerprint: The same as long as rule, construct and property are, whatever lines move.
        acknowledgement: The one that settles it, which has a reason.
        without_reason: An acknowledgement of it that gives no reason, and so does not count.
        in_baseline: Whether the baseline knows it.
    """

    check: Check
    finding: Finding
    severity: Severity
    fingerprint: str
    acknowledgement: Acknowledgement | None = None
    without_reason: Acknowledgement | None = None
    in_baseline: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody has yet to look at it."""
        return self.acknowledgement is None and not self.in_baseline


class Unanswered(NamedTuple):
    """A question that a check could not answer.

    Attributes:
        check: The check.
        node: The resource whose property is known only after the deployment.
        property: Path of the property.
    """

    check: Check
    node: Node
    property: str


class Stale(NamedTuple):
    """An acknowledgement that nothing needs any more.

    Attributes:
        acknowledgement: What was acknowledged, and where.
        says: Why it can go.
    """

    acknowledgement: Acknowledgement
    says: str


class Known(NamedTuple):
    """A finding that a baseline holds.

    Attributes:
        fingerprint: The finding's.
        check: Id of its check.
        construct: Path of its construct.
        property: Its property; empty if it has none.
    """

    fingerprint: str
    check: str
    construct: str
    property: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the checks found in a topology.

    Attributes:
        checks: The checks that ran, in the order of their ids.
        resources: Number of resources that they looked at.
        findings: All findings, by source line, construct and check; acknowledged ones too.
        unresolved: Questions that no check could answer.
        stale: Acknowledgements that can go.
        gone: Findings of the baseline that occur no more.
        fail_on: The lowest severity that makes the answer no; None: none does.
    """

    checks: tuple[Check, ...]
    resources: int
    findings: tuple[Reported, ...]
    unresolved: tuple[Unanswered, ...] = ()
    stale: tuple[Stale, ...] = ()
    gone: tuple[Known, ...] = ()
    fail_on: Severity | None = Severity.ERROR

    def open(self) -> Iterator[Reported]:
        """Yields the findings that somebody has yet to look at."""
        return (each for each in self.findings if each.is_open)

    def acknowledged(self) -> Iterator[Reported]:
        """Yields the findings that an acknowledgement settles."""
        return (each for each in self.findings if each.acknowledgement)

    def in_baseline(self) -> Iterator[Reported]:
        """Yields the findings that the baseline knows and nobody acknowledged."""
        return (each for each in self.findings if each.in_baseline and not each.acknowledgement)

    def counts(self) -> dict[Severity, int]:
        """The number of open findings of each severity, the worst first."""
        counted = Counter(each.severity for each in self.open())
        return {severity: counted[severity] for severity in sorted(Severity, reverse=True)}

    def fails(self, finding: Reported) -> bool:
        """Whether a finding makes the answer no."""
        return finding.is_open and self.fail_on is not None and finding.severity >= self.fail_on

    @property
    def is_good(self) -> bool:
        """Whether no finding makes the answer no."""
        return not any(self.fails(each) for each in self.findings)
