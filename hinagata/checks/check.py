"""A check: a plain function from the topology to findings, and what a person must know of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


class Severity(IntEnum):
    """How much a finding matters."""

    NOTE = 1  # a heuristic: look at it
    WARNING = 2  # likely to hurt under load or in a failure
    ERROR = 3  # certain to lose data or to take the service down

    def __str__(self) -> str:
        return self.name.lower()


class Finding(NamedTuple):
    """What a check says about a node.

    Attributes:
        node: The resource to mend.
        property: Path of the property to change, e.g. "VisibilityTimeout"; empty if none fits.
        says: One sentence with the values found and the bound that they break.
        related: The other resources that the sentence is about.
        severity: None: the check's own.
    """

    node: Node
    property: str
    says: str
    related: tuple[Node, ...] = ()
    severity: Severity | None = None


class Unresolved(NamedTuple):
    """A question a check could not answer, because a value is known only after deployment.

    Attributes:
        node: The resource whose property it is.
        property: Path of the property.
    """

    node: Node
    property: str


Find = Callable[[Topology, Thresholds], Iterable[Finding | Unresolved]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """A failure mode, and the function that finds it.

    Attributes:
        id: E.g. "FM101". Stable, and says nothing of the severity.
        title: The failure in a few words.
        severity: What its findings count as, unless configured.
        reason: What happens in production, in one or two sentences.
        sources: Addresses of the evidence.
        fix: What to set, in one sentence.
        find: The function.
        page: The check's page in Markdown: the docstring of its module.
    """

    id: str
    title: str
    severity: Severity
    reason: str
    sources: tuple[str, ...]
    fix: str
    find: Find = field(repr=False)
    page: str = field(repr=False)

    def __call__(
        self, topology: Topology, thresholds: Thresholds | None = None
    ) -> Iterator[Finding | Unresolved]:
        """Yields what the check finds, with the default thresholds if none are given."""
        yield from self.find(topology, thresholds or Thresholds())


def check(
    *,
    id: str,
    title: str,
    severity: Severity,
    reason: str,
    sources: tuple[str, ...],
    fix: str,
) -> Callable[[Find], Check]:
    """Makes a check of a function; the docstring of its module becomes the check's page.

    See `Check` for the arguments.
    """

    def make(find: Find) -> Check:
        module = inspect.getmodule(find)
        return Check(
            id=id,
            title=title,
            severity=severity,
            reason=reason,
            sources=sources,
            fix=fix,
            find=find,
            page=inspect.cleandoc(module.__doc__ or "") if module else "",
        )

    return make
