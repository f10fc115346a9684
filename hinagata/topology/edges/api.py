"""API Gateway: what the methods, routes and authorizers of an API call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.containers import services_behind
from hinagata.topology.edges.service_calls import call
from hinagata.topology.edges.target import is_function, spelled, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

REST_API = "AWS::ApiGateway::RestApi"
HTTP_API = "AWS::ApiGatewayV2::Api"
_VPC_LINK = "AWS::ApiGateway::VpcLink"

# arn:aws:apigateway:region:[subdomain.]service:path|action/rest (API Gateway's API reference,
# Integration, uri).
_SERVICE = re.compile(
    r"^arn:[^:]*:apigateway:[^:]*:(?:[^:]*\.)?(?P<service>[a-z0-9-]+):(?P<by>path|action)/(?P<rest>.*)"
)
# What a call by path does; S3 tells it by the method.
_BY_PATH = {"sqs": "SendMessage", "sns": "Publish"}
_BY_METHOD = {"GET": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}
_INVOCATION_TYPE = "integration.request.header.X-Amz-Invocation-Type"


def _rest_api(api: Node, world: World) -> Iterator[Edge]:
    types = api.strings("EndpointConfiguration", "Types", default="EDGE")
    if types is not None and types - {"PRIVATE"}:
        yield Edge(world.internet, api, Kind.INVOKES_SYNC, api)
    yield from _open_api(api, world)


def _http_api(api: Node, world: World) -> Iterator[Edge]:
    yield Edge(world.internet, api, Kind.INVOKES_SYNC, api)
    yield from _integrated(api, api, {"Uri": api.get("Target")}, world)
    yield from _open_api(api, world)


def _method(method: Node, world: World) -> Iterator[Edge]:
    integration = method.get("Integration")
    if integration is not None:
        for api, _ in targets(method, world, "RestApiId"):
            yield from _integrated(api, method, integration, world)


def _integration(integration: Node, world: World) -> Iterator[Edge]:
    declared = {
        name: integration.get(property_)
        for name, property_ in (
            ("Uri", "IntegrationUri"),
            ("Subtype", "IntegrationSubtype"),
            ("RequestParameters", "RequestParameters"),
            ("RequestTemplates", "RequestTemplates"),
            ("IntegrationHttpMethod", "IntegrationMethod"),
        )
    }
    for api, _ in targets(integration, world, "ApiId"):
        yield from _integrated(api, integration, declared, world)


def _open_api(api: Node, world: World) -> Iterator[Edge]:
    """Yields the edges of an API that is described in the template by an OpenAPI document."""
    body = api.get("Body")
    paths = walk(body, "paths")
    for methods in paths.values() if isinstance(paths, dict) else ():
        for operation in methods.values() if isinstance(methods, dict) else ():
            declared = walk(operation, "x-amazon-apigateway-integration")
            if declared is not None:
                integration = {
                    name: walk(declared, key)
                    for name, key in (
                        ("Uri", "uri"),
                        ("Subtype", "integrationSubtype"),
                        ("RequestParameters", "requestParameters"),
                        ("RequestTemplates", "requestTemplates"),
                        ("IntegrationHttpMethod", "httpMethod"),
                        ("ConnectionId", "connectionId"),
                    )
                }
                yield from _integrated(api, api, integration, world)
    # OpenAPI 3's place for authorizers, and that of Swagger 2.
    for schemes in (walk(body, "components", "securitySchemes"), walk(body, "securityDefinitions")):
        for scheme in schemes.values() if isinstance(schemes, dict) else ():
            uri = walk(scheme, "x-amazon-apigateway-authorizer", "authorizerUri")
            yield from _invoked(api, api, uri, world)


def _integrated(api: Node, via: Node, integration: Value, world: World) -> Iterator[Edge]:
    """Yields the edges of one integration, its keys as `AWS::ApiGateway::Method` has them."""
    uri = walk(integration, "Uri")
    parameters = walk(integration, "RequestParameters")
    subtype = walk(integration, "Subtype")
    service = _SERVICE.match(spelled(uri))
    if isinstance(subtype, str) and "-" in subtype:
        # E.g. SQS-SendMessage (API Gateway developer guide, "Integration subtype reference").
        name, _, action = subtype.partition("-")
        name = {"StepFunctions": "states"}.get(name, name)
        yield from call(api, via, (name, action), parameters, world)
    elif service is None or service["service"] == "lambda":
        asynchronous = _INVOCATION_TYPE in parameters if isinstance(parameters, dict) else False
        kind = Kind.INVOKES_ASYNC if asynchronous else Kind.INVOKES_SYNC
        yield from _invoked(api, via, uri, world, kind)
        for link in items(walk(integration, "ConnectionId")):
            for node, _ in targets_of(link, world):
                if node.type == _VPC_LINK:
                    for balancer, _ in targets(node, world, "TargetArns"):
                        yield Edge(api, balancer, Kind.INVOKES_SYNC, via)
    else:
        arguments: Value = [
            uri,
            parameters,
            walk(integration, "RequestTemplates"),
            _queue_of(service),
        ]
        method = walk(integration, "IntegrationHttpMethod")
        yield from call(api, via, _api(service, method), arguments, world)


def _invoked(
    api: Node, via: Node, uri: Value, world: World, kind: Kind = Kind.INVOKES_SYNC
) -> Iterator[Edge]:
    for node, through in targets_of(uri, world):
        # A service that API Gateway finds in a registry instead of behind a load balancer.
        for target in services_behind(world).get(node) or (node,):
            if target is not api:
                yield Edge(api, target, kind, via, through)


def _api(service: re.Match[str], method: Value) -> tuple[str, str]:
    name = service["service"]
    if service["by"] == "action":
        return name, service["rest"].partition("/")[0].partition("&")[0]
    if name == "s3":
        return name, _BY_METHOD.get(str(method).upper(), "")
    return name, _BY_PATH.get(name, "")


def _queue_of(service: re.Match[str]) -> Value:
    """Returns the ARN of a queue that a path names literally."""
    name = service["rest"].rpartition("/")[2]
    if service["service"] != "sqs" or service["by"] != "path" or not name or "{" in name:
        return None
    return f"arn:aws:sqs:::{name}"


def _authorizer(api_id: str) -> Builder:
    def build(authorizer: Node, world: World) -> Iterator[Edge]:
        for api, _ in targets(authorizer, world, api_id):
            yield Edge(authorizer, api, Kind.GUARDS, authorizer)
            for node, through in targets(authorizer, world, "AuthorizerUri"):
                if is_function(node):
                    yield Edge(api, node, Kind.INVOKES_SYNC, authorizer, through)

    return build


def _usage_plan(plan: Node, world: World) -> Iterator[Edge]:
    for stage in plan.items("ApiStages") or ():
        for api, _ in targets_of(walk(stage, "ApiId"), world):
            yield Edge(plan, api, Kind.GUARDS, plan)


def _stage(api_id: str, access_log: str) -> Builder:
    def build(stage: Node, world: World) -> Iterator[Edge]:
        for group, _ in targets(stage, world, access_log, "DestinationArn"):
            for api, _ in targets(stage, world, api_id):
                yield Edge(api, group, Kind.LOGS_TO, stage)

    return build


BUILDERS: dict[str, Builder] = {
    REST_API: _rest_api,
    HTTP_API: _http_api,
    "AWS::ApiGateway::Authorizer": _authorizer("RestApiId"),
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGateway::Stage": _stage("RestApiId", "AccessLogSetting"),
    "AWS::ApiGateway::UsagePlan": _usage_plan,
    "AWS::ApiGatewayV2::Authorizer": _authorizer("ApiId"),
    "AWS::ApiGatewayV2::Integration": _integration,
    "AWS::ApiGatewayV2::Stage": _stage("ApiId", "AccessLogSettings"),
}
