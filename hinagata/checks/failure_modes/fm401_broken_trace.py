"""A trace ends in the middle of a request's way.

A traced API or function sends the trace's header on: API Gateway, Lambda and Step Functions pass it
to what they call, and Amazon SQS, Amazon SNS, EventBridge and the notifications of Amazon S3 carry
it through to the function behind. A function whose own tracing is not active records none of its
own work, and what it calls next is not part of the trace: the map ends there, and nobody sees which
hop was slow or failed.

Only the first hop that is off is reported, once, whatever lies behind it: switched on, it shows
what lies behind. A topic needs no active tracing for this: it passes the header on anyway, and its
own switch merely adds a segment of its own. Not followed are streams, whose records start a trace
of their own at the reader, and HTTP APIs, which X-Ray does not know: there the function is the
first hop.

## How to mend it

Set `TracingConfig.Mode` to `Active` on the function, or `TracingConfiguration.Enabled` on the
state machine, and let its role call `xray:PutTraceSegments` and `xray:PutTelemetryRecords`. In the
CDK, `tracing=Tracing.ACTIVE` does both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.cdk_provider import providers
from hinagata.topology.edge import FLOW, Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_CARRIERS = (Role.QUEUE, Role.TOPIC, Role.BUS, Role.BUCKET)
_HOPS = {
    "AWS::Lambda::Function": "TracingConfig.Mode",
    "AWS::StepFunctions::StateMachine": "TracingConfiguration.Enabled",
}
# What a message leaves by; a consumer's rights at its own queue are no way onward.
_SENDS = ("send", "publish", "put", "invoke", "start")


@check(
    id="FM401",
    title="Trace breaks off",
    severity=Severity.WARNING,
    reason="A request is traced up to this hop and lost behind it, so nobody can tell where it "
    "was slow or where it failed.",
    sources=(
        "https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html",
        "https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sns.html",
        "https://docs.aws.amazon.com/xray/latest/devguide/xray-services-eventbridge.html",
        "https://docs.aws.amazon.com/xray/latest/devguide/xray-services-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/API_TracingConfig.html",
    ),
    fix="Set TracingConfig.Mode to Active on the function, or TracingConfiguration.Enabled on the "
    "state machine.",
)
def broken_trace(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Follows each traced entry, function and state machine to its next hop."""
    starts = [*_traced_entries(topology), *filter(_is_traced, topology.of_type(*_HOPS))]
    left_out = providers(topology)
    for start, edge in _next_hops(topology, starts):
        hop = edge.target
        if hop in left_out:
            continue
        traced = _is_traced(hop)
        if traced is None:
            yield Unresolved(node=hop, property=_HOPS[hop.type])
        elif not traced:
            through = edge.source
            way = "" if through is start else f" through {through.name}"
            yield Finding(
                node=hop,
                property=_HOPS[hop.type],
                says=f"is reached from {start.name}{way}, which is traced, but is not traced "
                "itself",
                related=(start,) if through is start else (start, through),
            )


def _next_hops(topology: Topology, starts: Iterable[Node]) -> Iterator[tuple[Node, Edge]]:
    """Yields each hop that a start's header reaches, once: the start and the last edge."""
    seen: set[Node] = set()
    for start in starts:
        open_ = [start]
        while open_:
            for edge in topology.out(open_.pop(), *FLOW):
                target = edge.target
                if target in seen or target is start or not _carries(edge):
                    continue
                if target.type in _HOPS:
                    seen.add(target)
                    yield start, edge
                elif target.role in _CARRIERS:
                    seen.add(target)
                    open_.append(target)


def _traced_entries(topology: Topology) -> Iterator[Node]:
    for stage in topology.of_type("AWS::ApiGateway::Stage"):
        if stage.flag("TracingEnabled"):
            yield from stage.nodes("RestApiId")
    for api in topology.of_type("AWS::AppSync::GraphQLApi"):
        if api.flag("XrayEnabled"):
            yield api


def _is_traced(hop: Node) -> bool | None:
    if hop.type != "AWS::Lambda::Function":
        return hop.flag("TracingConfiguration", "Enabled")
    modes = hop.strings("TracingConfig", "Mode", default="PassThrough")
    if modes is None or ("Active" in modes and len(modes) > 1):
        return None
    return "Active" in modes


def _carries(edge: Edge) -> bool:
    if edge.kind is Kind.MAY_WRITE:
        return edge.detail.partition(":")[2].lower().startswith(_SENDS) or edge.detail.endswith("*")
    # A stream's record holds no header.
    return edge.kind is not Kind.POLLS or edge.source.role is Role.QUEUE
