"""Events that a function failed to process vanish.

SNS, S3, EventBridge, IoT and the like hand an event to Lambda and are done: nobody waits for the
answer. Lambda runs a failing function twice more, one minute and two minutes later, keeps
throttled events for six hours at most, and then drops the event. Without an on-failure
destination or a dead-letter queue nothing is left of it but a count.

Lambda reads the on-failure destination of that alias, version or `$LATEST` that is invoked, and
of no other: a destination set for `$LATEST` does nothing for the events that reach an alias. The
function's own `DeadLetterConfig` holds for all of them.

A function that only a schedule invokes loses no data with a failed event. If it runs at least
daily, the next event does what this one did not, and the finding is a note; else a warning.
Functions that run only while a stack is deployed are not invoked by any of these sources and are
not found.

This is about the function's failures. What happens when the event does not even reach Lambda is
FM206.

## How to mend it

Give an `AWS::Lambda::EventInvokeConfig` for the invoked qualifier with
`DestinationConfig.OnFailure`, e.g. a queue with an alarm on it (CDK: `on_failure=` of the function
or the alias). `DeadLetterConfig` does too, but keeps only the event, not the error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.schedule_period import DAY_S, longest_rest_s
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_CONFIG = "AWS::Lambda::EventInvokeConfig"


@check(
    id="FM205",
    title="Asynchronous failures vanish",
    severity=Severity.ERROR,
    reason="Lambda retries an asynchronous event twice and then drops it; without a destination "
    "for failures the event is lost.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html",
    ),
    fix="Set DestinationConfig.OnFailure in an EventInvokeConfig for the function or alias that is "
    "invoked.",
)
def asynchronous_failures(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks where the failures of each asynchronously invoked function or alias go."""
    invoked: dict[tuple[Node, Node | None], list[Edge]] = defaultdict(list)
    for edge in topology.edges(Kind.INVOKES_ASYNC):
        if edge.target.type == "AWS::Lambda::Function":
            invoked[edge.target, edge.qualifier].append(edge)
    if not invoked:
        return
    failures = [edge for edge in topology.edges(Kind.ON_FAILURE) if edge.via.type == _CONFIG]
    kept = {(edge.source, edge.qualifier) for edge in failures}
    read = {edge.via for edge in failures}
    dead_lettered = {edge.source for edge in topology.edges(Kind.DEAD_LETTER)}
    unclear = {
        function
        for config in topology.of_type(_CONFIG)
        if config not in read
        and config.alternatives("DestinationConfig", "OnFailure", "Destination") != (None,)
        for function in config.nodes("FunctionName")
    }
    for (function, qualifier), edges in invoked.items():
        if function in dead_lettered or (function, qualifier) in kept:
            continue
        if function.alternatives("DeadLetterConfig") != (None,):
            yield Unresolved(node=function, property="DeadLetterConfig")
        elif function in unclear:
            yield Unresolved(node=function, property="EventInvokeConfig")
        else:
            elsewhere = {each for other, each in kept if other is function}
            yield Finding(
                node=function,
                property="DeadLetterConfig",
                says=_sentence(function, qualifier, edges, elsewhere),
                related=tuple(dict.fromkeys(edge.source for edge in edges)),
                severity=_severity(edges),
            )


def _sentence(
    function: Node, qualifier: Node | None, edges: Iterable[Edge], elsewhere: set[Node | None]
) -> str:
    sources = " and ".join(dict.fromkeys(map(_source, edges)))
    invoked = function.name if qualifier is None else f"its alias or version {qualifier.name}"
    says = (
        f"{invoked} is invoked asynchronously by {sources}; an event that fails three times is "
        "dropped, for nothing takes failures"
    )
    if elsewhere:
        others = " and ".join("$LATEST" if each is None else each.name for each in elsewhere)
        says += f" (an on-failure destination is set for {others}, which it does not invoke)"
    return says


def _source(edge: Edge) -> str:
    # All schedules start at the one clock; the rule is what a person knows.
    return (edge.via if edge.source.role is Role.SCHEDULE else edge.source).name


def _severity(edges: Iterable[Edge]) -> Severity | None:
    severity = Severity.NOTE
    for edge in edges:
        if edge.source.role is not Role.SCHEDULE:
            return None
        rest = longest_rest_s(edge.via)
        if rest is None or rest > DAY_S:
            severity = Severity.WARNING
    return severity
