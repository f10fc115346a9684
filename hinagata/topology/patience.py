"""How long those who call synchronously wait for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import walk
from hinagata.topology.value import Value, referenced

# The services' own limits, in seconds. API Gateway: quotas of REST APIs (29 s unless raised, which
# TimeoutInMillis then says), of HTTP APIs (30 s) and of WebSocket APIs (29 s).
_REST_S, _HTTP_S, _WEBSOCKET_S = 29.0, 30.0, 29.0
_STREAMED_S = 900.0  # of a REST API that passes the answer on as it comes
_LOAD_BALANCER_S = 60.0  # idle timeout: the connection is closed when nothing is sent for so long
_USER_POOL_S = 5.0  # not to be changed; Cognito may call again after it
_GRAPHQL_S = 30.0  # quota of AppSync

# Cognito does not wait for these.
_SENDERS = ("CustomEmailSender", "CustomSMSSender")


class Call(NamedTuple):
    """A synchronous call by a service that does not wait for ever.

    Attributes:
        edge: The call.
        waits_s: Every time that it may wait, in seconds; None if that is unknown.
        declared: Path of the property of `edge.via` or `edge.source` that says so.
    """

    edge: Edge
    waits_s: frozenset[float] | None
    declared: str


def calls(topology: Topology) -> Iterator[Call]:
    """Yields the synchronous calls of functions whose callers give up at a known time.

    Left out are authorizers, and callers that wait as long as the function may take, as function
    URLs do.
    """
    for edge in topology.edges(Kind.INVOKES_SYNC):
        if edge.target.type == "AWS::Lambda::Function" and (called := call(edge)):
            yield called


def call(edge: Edge) -> Call | None:
    """Returns a synchronous call whose caller gives up at a known time; None of all others.

    Args:
        edge: A call of a function, or of a service behind a load balancer or an API.
    """
    read = _BY_DECLARATION.get(edge.via.type) or _BY_CALLER.get(edge.source.type)
    return read(edge) if read else None


def _of_method(edge: Edge) -> Call:
    path = ("Integration", "TimeoutInMillis")
    streams = edge.via.get("Integration", "ResponseTransferMode") == "STREAM"
    waits = edge.via.numbers(*path, default=(_STREAMED_S if streams else _REST_S) * 1000)
    return Call(edge=edge, waits_s=_seconds(waits), declared=".".join(path))


def _of_v2_integration(edge: Edge) -> Call:
    default = _WEBSOCKET_S if edge.source.get("ProtocolType") == "WEBSOCKET" else _HTTP_S
    waits = edge.via.numbers("TimeoutInMillis", default=default * 1000)
    return Call(edge=edge, waits_s=_seconds(waits), declared="TimeoutInMillis")


def _of_body(edge: Edge) -> Call:
    """A call that the API's OpenAPI document declares."""
    default = _REST_S if edge.source.type == "AWS::ApiGateway::RestApi" else _HTTP_S
    for integration in _integrations(edge.via.get("Body")):
        if not {edge.target, edge.qualifier}.intersection(referenced(walk(integration, "uri"))):
            continue
        millis = walk(integration, "timeoutInMillis")
        if isinstance(millis, (int, float)):
            return Call(edge=edge, waits_s=frozenset({millis / 1000}), declared="Body")
        if walk(integration, "responseTransferMode") == "STREAM":
            default = _STREAMED_S
    return Call(edge=edge, waits_s=frozenset({default}), declared="Body")


def _of_load_balancer(edge: Edge) -> Call:
    waits: frozenset[float] | None = frozenset({_LOAD_BALANCER_S})
    attributes = edge.source.items("LoadBalancerAttributes")
    for index, attribute in enumerate(attributes or ()):
        if walk(attribute, "Key") == "idle_timeout.timeout_seconds":
            waits = edge.source.numbers("LoadBalancerAttributes", index, "Value")
    return Call(
        edge=edge,
        waits_s=None if attributes is None else waits,
        declared="LoadBalancerAttributes",
    )


def _of_user_pool(edge: Edge) -> Call | None:
    triggers = edge.source.get("LambdaConfig")
    waited_for = [
        trigger
        for name, trigger in (triggers.items() if isinstance(triggers, dict) else ())
        if name not in _SENDERS
    ]
    if not {edge.target, edge.qualifier}.intersection(referenced(waited_for)):
        return None
    return Call(edge=edge, waits_s=frozenset({_USER_POOL_S}), declared="")


def _of_graphql(edge: Edge) -> Call:
    return Call(edge=edge, waits_s=frozenset({_GRAPHQL_S}), declared="")


_BY_DECLARATION: dict[str, Callable[[Edge], Call | None]] = {
    "AWS::ApiGateway::Method": _of_method,
    "AWS::ApiGatewayV2::Integration": _of_v2_integration,
    "AWS::ApiGateway::RestApi": _of_body,
    "AWS::ApiGatewayV2::Api": _of_body,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _of_load_balancer,
}
_BY_CALLER: dict[str, Callable[[Edge], Call | None]] = {
    "AWS::Cognito::UserPool": _of_user_pool,
    "AWS::AppSync::GraphQLApi": _of_graphql,
}


def _integrations(body: Value) -> Iterator[Value]:
    """Yields the integrations of an OpenAPI document."""
    paths = walk(body, "paths")
    for path in paths.values() if isinstance(paths, dict) else ():
        for method in path.values() if isinstance(path, dict) else ():
            integration = walk(method, "x-amazon-apigateway-integration")
            if integration is not None:
                yield integration


def _seconds(millis: frozenset[float] | None) -> frozenset[float] | None:
    return None if millis is None else frozenset(each / 1000 for each in millis)
