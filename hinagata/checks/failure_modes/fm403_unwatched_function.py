"""A function fails and nobody is told.

Lambda counts errors and throttles, but tells nobody. A function is watched if an alarm measures
its `Errors`, alone, in metric math, through a query, or over all functions at once. It is also
watched where each way that leads to it ends in an alarm of its own: an API or load balancer with
an alarm on its 5xx answers, a queue whose dead-letter queue is watched, a state machine with an
alarm on `ExecutionsFailed`, a failure destination that is watched. So that nobody pays for two
alarms on one failure.

A function with reserved concurrency can be throttled by its own load alone. There the check wants
an alarm on `Throttles` beside that on `Errors`, as AWS recommends; a function without a
reservation is throttled when the whole account is, which one alarm for the account sees.

Functions that only a deployment runs are left out: when they fail, the deployment does.

## How to mend it

Alarms on `Errors` and, with reserved concurrency, on `Throttles`, with an action that reaches
somebody.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.alarm_metrics import undecided, watched_as_a_whole
from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.cdk_provider import providers
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_FAILED_AT_CALLER = (
    "5XXError",
    "5xx",
    "HTTPCode_Target_5XX_Count",
    "HTTPCode_ELB_5XX_Count",
    "ExecutionsFailed",
)


@check(
    id="FM403",
    title="Function whose failures nobody is told of",
    severity=Severity.WARNING,
    reason="Lambda counts errors and throttles but tells nobody: a broken release is noticed when "
    "a user complains.",
    sources=(
        (
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
            "Best_Practice_Recommended_Alarms_AWS_Services.html"
        ),
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    ),
    fix="Add an alarm on the function's Errors, and on Throttles if it has reserved concurrency.",
)
def unwatched_function(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for alarms on each function, or on every way that leads to it."""
    left_out = providers(topology)
    for_all = {
        name: watched_as_a_whole(topology, "AWS/Lambda", name) for name in ("Errors", "Throttles")
    }
    for function in topology.of_type("AWS::Lambda::Function"):
        if function in left_out:
            continue
        errors = for_all["Errors"] or bool(topology.alarms(function, "Errors"))
        if errors:
            reserved = function.get("ReservedConcurrentExecutions") not in (None, 0)
            missing = (
                "Throttles"
                if reserved
                and not for_all["Throttles"]
                and not topology.alarms(function, "Throttles")
                else ""
            )
        else:
            missing = "" if _told_elsewhere(topology, function) else "Errors"
        if not missing:
            continue
        if alarm := undecided(topology, function, "AWS/Lambda", missing):
            yield Unresolved(node=alarm, property="Dimensions")
        else:
            because = (
                ": its reserved concurrency can throttle it while the account has room"
                if missing == "Throttles"
                else ", nor does one watch every way that leads to it"
            )
            yield Finding(
                node=function, property="", says=f"no alarm watches its {missing}{because}"
            )


def _told_elsewhere(topology: Topology, function: Node) -> bool:
    ways = topology.into(function, Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.POLLS)
    return bool(ways) and all(_told(topology, way) for way in ways)


def _told(topology: Topology, way: Edge) -> bool:
    if way.kind is Kind.INVOKES_SYNC:
        return bool(topology.alarms(way.source, *_FAILED_AT_CALLER))
    giving_up = (
        topology.out(way.source, Kind.DEAD_LETTER)
        if way.kind is Kind.POLLS and way.source.type == "AWS::SQS::Queue"
        else topology.out(way.target, *FAILURE)
    )
    return any(topology.alarms(edge.target) for edge in giving_up)
