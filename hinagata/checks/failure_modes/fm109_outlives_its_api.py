"""The function works on after its caller has given up.

API Gateway answers 504 when the integration's timeout is over: 29 seconds for a REST API unless
the quota was raised (regional and private APIs only), 30 for an HTTP API. The function does not
learn of it. It goes on, is paid for, may still write, and the client has already tried again: so
under load, when answers are slow, the work doubles just then. Cold starts on top of slow calls
did this to a connected-car platform.

The same holds for a load balancer (60 seconds without a byte, its idle timeout), for AppSync (30)
and for the triggers of a Cognito user pool, which waits five seconds and then calls again.

Compared are the function's timeout and the integration's. A second too much, as 30 for 29, is a
warning only. Not found: integrations that invoke asynchronously (`X-Amz-Invocation-Type: 'Event'`),
that stream the answer (fifteen minutes), authorizers, and function URLs, which wait as long as the
function may take.

## How to mend it

Set the function's `Timeout` below the integration's, with a margin for the answer: a call that is
given up then ends. Work that takes longer belongs behind a queue or a workflow: answer 202 and let
the client ask for the result.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.patience import Call, calls

# AWS::Lambda::Function, Timeout.
_DEFAULT_TIMEOUT_S = 3
# What is done in it after the caller has left is little: 30 s behind an API that waits 29.
_SLIGHTLY_S = 1


@check(
    id="FM109",
    title="Function outlives its API",
    severity=Severity.ERROR,
    reason="The caller gets a 504 and tries again, while the function goes on, writes and is paid "
    "for.",
    sources=(
        (
            "https://aws.amazon.com/about-aws/whats-new/2024/06/"
            "amazon-api-gateway-integration-timeout-limit-29-seconds/"
        ),
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html",
        (
            "https://docs.aws.amazon.com/cognito/latest/developerguide/"
            "cognito-user-pools-working-with-lambda-triggers.html"
        ),
    ),
    fix="Set the function's Timeout below the integration's, or answer 202 and queue the work.",
)
def outlives_its_api(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Compares each function's timeout with the shortest that a caller of it waits."""
    shortest: dict[Node, tuple[float, Call]] = {}
    for call in calls(topology):
        function = call.edge.target
        if call.waits_s is None:
            yield Unresolved(node=call.edge.via, property=call.declared)
        elif call.waits_s:
            waits = min(call.waits_s)
            if function not in shortest or waits < shortest[function][0]:
                shortest[function] = waits, call
    for function, (waits, call) in shortest.items():
        timeout = function.numbers("Timeout", default=_DEFAULT_TIMEOUT_S)
        if timeout is None:
            yield Unresolved(node=function, property="Timeout")
        elif max(timeout) > waits:
            yield Finding(
                node=function,
                property="Timeout",
                says=f"it may take {max(timeout):g} s, but {call.edge.source.name} waits for "
                f"{waits:g} s and gives up; the function goes on",
                related=tuple(dict.fromkeys((call.edge.source, call.edge.via))),
                severity=Severity.WARNING if max(timeout) - waits <= _SLIGHTLY_S else None,
            )
