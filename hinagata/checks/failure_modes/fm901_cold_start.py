"""Somebody waits while a slow runtime starts.

When no execution environment is free, Lambda starts one before it answers: it loads the code,
starts the runtime and runs the initialisation. For the JVM and .NET, with their class loading and
just-in-time compilation, that takes seconds; the person behind the API, or the API's own limit,
waits. Behind a queue nobody does, so only synchronous invocations are told: APIs, load balancers,
function URLs, user pools, distributions.

Container images are told as well: they hold what a zip file is too small for, and SnapStart does
not support them.

Not found is a function whose invoked alias or version has provisioned concurrency or SnapStart,
and one that a schedule invokes at least every five minutes, the talks' way to keep it warm: that
keeps one environment, not a burst's.

SnapStart applies to published versions only. If it is on and the function is invoked without an
alias or a version, i.e. `$LATEST`, it does nothing; that is a warning, for any runtime.

Functions in a VPC are not slower. Since 2019 they share network interfaces that are made when the
function is created, not when an environment starts. Custom runtimes (`provided`), where natively
compiled Java and .NET run, start fast and are left out.

## How to mend it

Publish a version, invoke it by an alias, and set SnapStart (Java 11, .NET 8 and later) or, for
containers, provisioned concurrency on the alias, which costs by the hour. Or answer at once and do
the work behind a queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.schedule_period import longest_rest_s
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_SLOW = ("dotnet", "java")
# A workflow or a delivery stream waits too, but nobody waits for these.
_UNHURRIED = (Role.WORKFLOW, Role.STREAM, Role.QUEUE)


@check(
    id="FM901",
    title="Cold starts on a synchronous path",
    severity=Severity.NOTE,
    reason="A caller waits for seconds whenever Lambda starts another environment: after a pause, "
    "after a deployment, and in every burst.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html",
        "https://aws.amazon.com/blogs/compute/announcing-improved-vpc-networking-for-aws-lambda-functions/",
    ),
    fix="Invoke an alias with SnapStart or provisioned concurrency, or answer at once and work "
    "behind a queue.",
)
def cold_start(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at the runtime of each function that somebody waits for, and what keeps it ready."""
    awaited: dict[tuple[Node, Node | None], list[Edge]] = defaultdict(list)
    for edge in topology.edges(Kind.INVOKES_SYNC):
        if edge.target.type == "AWS::Lambda::Function" and edge.source.role not in _UNHURRIED:
            awaited[edge.target, edge.qualifier].append(edge)
    for (function, qualifier), edges in awaited.items():
        runtimes = function.strings("Runtime")
        snap_start = function.strings("SnapStart", "ApplyOn")
        if runtimes is None or snap_start is None:
            yield Unresolved(node=function, property="Runtime" if runtimes is None else "SnapStart")
            continue
        callers = " and ".join(dict.fromkeys(edge.source.name for edge in edges))
        if "PublishedVersions" in snap_start:
            if qualifier is None:
                yield Finding(
                    node=function,
                    property="SnapStart.ApplyOn",
                    says=f"SnapStart applies to published versions, but $LATEST is invoked by "
                    f"{callers}: it has no effect",
                    related=tuple(edge.via for edge in edges),
                    severity=Severity.WARNING,
                )
            continue
        slow = [runtime for runtime in runtimes if runtime.startswith(_SLOW)]
        if function.strings("PackageType") == frozenset({"Image"}):
            slow = ["a container image"]
        if slow and not _is_kept_ready(topology, function, qualifier, thresholds.keep_warm_s):
            yield Finding(
                node=function,
                property="SnapStart" if runtimes else "",
                says=f"{callers} must wait for it to start, and {' or '.join(slow)} starts slowly: "
                "neither SnapStart nor provisioned concurrency keeps it ready",
                related=tuple(dict.fromkeys(edge.source for edge in edges)),
            )


def _is_kept_ready(
    topology: Topology, function: Node, qualifier: Node | None, keep_warm_s: float
) -> bool:
    for edge in topology.into(function, Kind.INVOKES_ASYNC):
        if edge.source.role is Role.SCHEDULE:
            rest = longest_rest_s(edge.via)
            if rest is not None and rest <= keep_warm_s:
                return True
    if qualifier is None:
        return False
    versions = [edge.target for edge in topology.out(qualifier, Kind.VERSIONS)]
    return any(
        each.get("ProvisionedConcurrencyConfig") is not None for each in (qualifier, *versions)
    ) or bool(topology.into(function, Kind.SCALES))
