"""An API has no throttle of its own: one client may use up what all of them share.

Without limits of its own, a stage takes up to the account's quota, 10,000 requests a second for
all APIs of a region together. That is far beyond the 1,000 concurrent executions that an account
has: a client in a loop, or a page that reloads too eagerly, throttles every function of the
account, not only those of its API.

A stage counts as throttled if

- REST: `MethodSettings` for all methods (`HttpMethod: "*"`, `ResourcePath: "/*"`), or for each of
  them, have a rate and a burst limit, or a usage plan with a throttle names the stage (good only
  for methods that ask for its key);
- HTTP and WebSocket: `DefaultRouteSettings` have both limits, or `RouteSettings` of each route;
- a function URL that anybody may call: the function has reserved concurrency, the only throttle
  that a URL knows (ten requests a second for each execution).

## How to mend it

Set a rate and a burst limit for the stage: what the functions behind it can do (concurrency /
seconds per request), not what the clients may want. Usage plans share it among clients by key.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Unknown, Value

_LIMITS = ("ThrottlingRateLimit", "ThrottlingBurstLimit")


@check(
    id="FM106",
    title="API without a throttle",
    severity=Severity.WARNING,
    reason="One client can use up the concurrency of the whole account.",
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html",
    ),
    fix="Set a default rate and burst limit on the stage.",
)
def api_throttle(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for stages and public function URLs without limits."""
    planned = _planned(topology)
    for stage in topology.of_type("AWS::ApiGateway::Stage"):
        if stage not in planned:
            yield from _rest_stage(topology, stage)
    for stage in topology.of_type("AWS::ApiGatewayV2::Stage"):
        yield from _v2_stage(topology, stage)
    yield from _urls(topology)


def _planned(topology: Topology) -> frozenset[Node]:
    """The stages that a usage plan throttles, by reference or by the name that they have."""
    found: set[Node] = set()
    for plan in topology.of_type("AWS::ApiGateway::UsagePlan"):
        if walk(plan.get("Throttle"), "RateLimit") is None:
            continue
        named = plan.nodes("ApiStages")
        found.update(named)
        if not any(node.type == "AWS::ApiGateway::Stage" for node in named):
            found.update(
                stage
                for stage in topology.of_type("AWS::ApiGateway::Stage")
                if set(stage.nodes("RestApiId")) & set(named)
            )
    return frozenset(found)


def _rest_stage(topology: Topology, stage: Node) -> Iterator[Finding | Unresolved]:
    settings = stage.items("MethodSettings")
    if settings is None or any(isinstance(each, Unknown) for each in settings):
        yield Unresolved(node=stage, property="MethodSettings")
        return
    limited = [each for each in settings if _has_limits(each)]
    if any(
        walk(each, "HttpMethod") == "*" and walk(each, "ResourcePath") == "/*" for each in limited
    ):
        return
    apis = stage.nodes("RestApiId")
    methods = sum(
        1
        for method in (topology.of_type("AWS::ApiGateway::Method") if limited else ())
        if method.get("HttpMethod") != "OPTIONS" and method.nodes("RestApiId") == apis
    )
    if not limited or len(limited) < methods:
        yield Finding(
            node=stage,
            property="MethodSettings",
            says="it takes as many requests as the account may: no rate and burst limit "
            + (f"but for {len(limited)} of its {methods} methods" if limited else "is set"),
            related=apis,
        )


def _v2_stage(topology: Topology, stage: Node) -> Iterator[Finding | Unresolved]:
    default, of_routes = stage.get("DefaultRouteSettings"), stage.get("RouteSettings")
    if isinstance(default, Unknown) or isinstance(of_routes, Unknown):
        yield Unresolved(node=stage, property="DefaultRouteSettings")
        return
    if _has_limits(default):
        return
    limited = {
        key
        for key, each in (of_routes.items() if isinstance(of_routes, dict) else ())
        if _has_limits(each)
    }
    apis = stage.nodes("ApiId")
    open_ = [
        key
        for route in (topology.of_type("AWS::ApiGatewayV2::Route") if limited else ())
        if route.nodes("ApiId") == apis and (key := route.get("RouteKey")) not in limited
    ]
    if open_ or not limited:
        yield Finding(
            node=stage,
            property="DefaultRouteSettings",
            says="it takes as many requests as the account may: no rate and burst limit is set"
            + (f" for {', '.join(map(str, open_))}" if open_ else ""),
            related=apis,
        )


def _urls(topology: Topology) -> Iterator[Finding | Unresolved]:
    for edge in topology.edges(Kind.INVOKES_SYNC):
        url, function = edge.via, edge.target
        if url.type != "AWS::Lambda::Url" or url.get("AuthType") != "NONE":
            continue
        reserved = function.numbers("ReservedConcurrentExecutions", default=math.inf)
        if reserved is None:
            yield Unresolved(node=function, property="ReservedConcurrentExecutions")
        elif min(reserved) == math.inf:
            yield Finding(
                node=url,
                property="TargetFunctionArn",
                says=f"anybody may call {function.name} by its URL, which only reserved "
                "concurrency throttles, and none is reserved",
                related=(function,),
            )


def _has_limits(settings: Value) -> bool:
    return all(walk(settings, limit) is not None for limit in _LIMITS)
