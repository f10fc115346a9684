"""The functions reserve more concurrency than the account has.

Reserved concurrency is taken out of the account's quota in a region, 1,000 unless raised, and
Lambda keeps 100 for all functions without a reservation: it refuses a reservation that would
leave less, and the deployment fails half-way. A sum just below the bound deploys, and starves
every function without a reservation.

Summed are the functions of one environment: those of stacks with the same account and region, or,
where these are not known, those of one stage of one assembly. What else runs in the account is
not in the templates: lower the threshold by it.

## How to mend it

Reserve less: a bound on the mappings of queues (`MaximumConcurrency`) reserves nothing and
protects as well. Or raise the quota in Service Quotas and set `account_concurrency` to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


@check(
    id="FM105",
    title="More concurrency reserved than the account has",
    severity=Severity.ERROR,
    reason="The deployment fails half-way, or every function without a reservation is throttled.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",),
    fix="Reserve less, or raise the account's quota and set account_concurrency to it.",
)
def reserved_sum(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Sums the reservations of each environment."""
    environments: defaultdict[tuple[str, str] | Path | None, list[tuple[float, Node]]]
    environments = defaultdict(list)
    for function in topology.of_type("AWS::Lambda::Function"):
        if function.conditional or function.get("ReservedConcurrentExecutions") is None:
            continue
        reserved = function.numbers("ReservedConcurrentExecutions", default=0)
        if reserved is None:
            yield Unresolved(node=function, property="ReservedConcurrentExecutions")
        else:
            environments[_environment(function)].append((min(reserved), function))
    most = thresholds.account_concurrency - thresholds.unreserved_concurrency
    for reservations in environments.values():
        total = sum(reserved for reserved, _ in reservations)
        if total > most:
            reservations.sort(key=lambda each: -each[0])
            largest, *others = (function for _, function in reservations)
            yield Finding(
                node=largest,
                property="ReservedConcurrentExecutions",
                says=f"{len(reservations)} functions reserve {total:g} executions, but the account "
                f"has {thresholds.account_concurrency:g} and keeps "
                f"{thresholds.unreserved_concurrency:g} of them unreserved: {most:g} at most",
                related=tuple(others),
            )


def _environment(function: Node) -> tuple[str, str] | Path | None:
    template = function.template
    if template.account and template.region:
        return template.account, template.region
    # The stages of an assembly lie in folders of their own.
    return template.file.parent if template.file else None
