"""Every website may call an API that is not for everybody.

`Access-Control-Allow-Origin: *` lets scripts of every website read the answers. That is right for
public data. For an API that knows who calls it, it is a door that nobody needs:

- with `Access-Control-Allow-Credentials`, browsers refuse the answer, since the Fetch standard
  forbids the two together. So the site does not work, or somebody mends it by sending back
  whatever origin asks, and then every website acts in the name of whoever is logged in;
- with an authorizer, a script on any other site that got hold of a token can use it from the
  victim's own browser and address. That is a note, since the token has to be stolen first. Of a
  REST API only the paths count whose methods ask the authorizer, not the public ones beside them.

## How to mend it

Name the origins of your own site: `AllowOrigins` of an HTTP API or a function URL, the answer of
the `OPTIONS` methods of a REST API (in the CDK, `allow_origins=[...]`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Unknown, Value, items

_AUTHORIZERS = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
_HEADER = "method.response.header.Access-Control-Allow-"


class _Sharing(NamedTuple):
    """What a resource answers to a website of another origin.

    Attributes:
        node: The resource to mend.
        api: Whose answers they are.
        property: Path of the property with the origins.
        origins: The origins.
        credentials: Whether cookies and the like are allowed.
        headers: The headers that are allowed.
        authorized: Whether an authorizer lets callers in there.
    """

    node: Node
    api: Node
    property: str
    origins: Value
    credentials: Value
    headers: Value
    authorized: bool


@check(
    id="FM704",
    title="Every website may call an API with authorization",
    severity=Severity.WARNING,
    reason="Browsers refuse `*` together with credentials, and the usual way around it lets every "
    "website act in the name of whoever is logged in.",
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html",
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSNotSupportingCredentials",
    ),
    fix="Name the origins of your own site in place of `*`.",
)
def open_origin_sharing(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for `*` among the origins of each API that knows its callers."""
    reported: set[Node] = set()
    for sharing in _sharings(topology):
        if isinstance(sharing.origins, Unknown):
            yield Unresolved(node=sharing.node, property=sharing.property)
        if sharing.api in reported or "*" not in map(_bare, items(sharing.origins)):
            continue
        if _bare(sharing.credentials) in (True, "true"):
            reported.add(sharing.api)
            yield _finding(sharing, "together with credentials")
        elif any(str(_bare(header)).lower() == "cookie" for header in items(sharing.headers)):
            reported.add(sharing.api)
            yield _finding(sharing, "together with the Cookie header")
        elif sharing.authorized:
            reported.add(sharing.api)
            yield _finding(sharing, "although it has an authorizer", Severity.NOTE)


def _finding(sharing: _Sharing, why: str, severity: Severity | None = None) -> Finding:
    return Finding(
        node=sharing.node,
        property=sharing.property,
        says=f"every origin (*) may call {sharing.api.name}, {why}",
        related=() if sharing.node is sharing.api else (sharing.api,),
        severity=severity,
    )


def _sharings(topology: Topology) -> Iterator[_Sharing]:
    for node, name in (
        *((api, "CorsConfiguration") for api in topology.of_type("AWS::ApiGatewayV2::Api")),
        *((url, "Cors") for url in topology.of_type("AWS::Lambda::Url")),
    ):
        cors = node.get(name)
        if cors is not None:
            yield _Sharing(
                node,
                node,
                f"{name}.AllowOrigins",
                walk(cors, "AllowOrigins"),
                walk(cors, "AllowCredentials"),
                walk(cors, "AllowHeaders"),
                authorized=any(
                    edge.source.type in _AUTHORIZERS for edge in topology.into(node, Kind.GUARDS)
                ),
            )
    authorized = _authorized_paths(topology)
    for method in topology.of_type("AWS::ApiGateway::Method"):
        if method.get("HttpMethod") != "OPTIONS":
            continue
        for api in method.nodes("RestApiId"):
            for index, response in enumerate(
                method.items("Integration", "IntegrationResponses") or ()
            ):
                sent = walk(response, "ResponseParameters")
                yield _Sharing(
                    method,
                    api,
                    f"Integration.IntegrationResponses.{index}.ResponseParameters",
                    walk(sent, f"{_HEADER}Origin"),
                    walk(sent, f"{_HEADER}Credentials"),
                    _listed(walk(sent, f"{_HEADER}Headers")),
                    authorized=any(path in authorized for path in method.nodes("ResourceId")),
                )


def _authorized_paths(topology: Topology) -> set[Node]:
    """The resources of REST APIs with a method that asks an authorizer; the API for its root."""
    return {
        path
        for method in topology.of_type("AWS::ApiGateway::Method")
        if method.get("AuthorizationType") in ("COGNITO_USER_POOLS", "CUSTOM")
        for path in method.nodes("ResourceId")
    }


def _bare(value: Value) -> Value:
    """A REST API's constant answers stand in quotes of their own."""
    return value.strip("'") if isinstance(value, str) else value


def _listed(value: Value) -> Value:
    return [*value.strip("'").split(",")] if isinstance(value, str) else value
