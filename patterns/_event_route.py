"""A route of an API that puts an event on a bus, with no code between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from patterns._asked import service, stack_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_apigateway as apigateway
    from constructs import Construct

    from patterns.event_bus import EventBus

# The client's name for the event; a repeat carries the same one.
ID_HEADER = "Idempotency-Key"
# EventBridge wants Detail as a text of JSON in JSON. `escapeJavaScript` escapes single quotes too,
# which JSON does not know (docs.aws.amazon.com/apigateway/latest/developerguide/
# api-gateway-mapping-template-reference.html). The id is encoded and the trace stripped of all
# that could end the text. An id beyond 256 characters, with which no consumer could take the event,
# makes the request unreadable, so that EventBridge refuses it.
_REQUEST = r"""#set($id = $util.urlEncode($input.params('Idempotency-Key')))
#set($id = $id.replaceAll('^.{257,}$', '"'))
#set($trace = $input.params('X-Amzn-Trace-Id').replaceAll('[^0-9A-Za-z=;:|?-]', ''))
#set($data = $util.escapeJavaScript($input.json('$')).replaceAll("\\'", "'"))
{"Entries":[{"EventBusName":"BUS","Source":SOURCE,"DetailType":TYPE,"TraceHeader":"$trace","Detail":"{\"id\":\"$id\",\"trace\":\"$trace\",\"data\":$data}"}]}"""
# PutEvents answers 200 though it took nothing: FailedEntryCount tells; and 400 where it throttles
# (docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html).
_REFUSED = '{"error":"the event was not taken: it is too large, or cannot be read"}'
_AGAIN = '{"error":"the event was not taken: send it again"}'
_ANSWER = f"""#if($input.path('$.FailedEntryCount') == 0)
{{"event":"$input.path('$.Entries[0].EventId')"}}
#elseif($input.path('$.Entries[0].ErrorCode') == 'MalformedDetail')
#set($context.responseOverride.status = 400)
{_REFUSED}
#else
#set($context.responseOverride.status = 503)
{_AGAIN}
#end"""
_ERROR = f"""#if($input.path('$.__type').contains('Validation'))
#set($context.responseOverride.status = 400)
{_REFUSED}
#elseif($input.path('$.__type').contains('Serialization'))
#set($context.responseOverride.status = 400)
{_REFUSED}
#else
{_AGAIN}
#end"""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRoute:
    """A route whose requests become events on a bus, with no function between.

    The body is the event's data, the header `Idempotency-Key`, which must be there, its id. The
    answer is 202 once the bus has the event; 400 where the request is not as it must be; 503
    where the bus did not take it.

    Attributes:
        bus: Takes the events.
        type: What happened, e.g. "order.placed".
        body: JSON schema (draft 4) of the event's data. What does not satisfy it is no event.
        source: Where it happened. None: the API's id.
    """

    bus: EventBus
    type: str
    body: Mapping[str, object]
    source: str | None = None


def integration(
    api: Construct, role_id: str, route: EventRoute, *, seconds: cdk.Duration
) -> apigateway.AwsIntegration:
    """The integration of a REST API's method that puts the event.

    Args:
        api: The pattern that the role belongs to.
        role_id: Id of the role below it, which may put events on this bus alone.
        route: What becomes an event, and where.
        seconds: How long the gateway waits.
    """
    from aws_cdk import aws_apigateway as apigateway
    from aws_cdk import aws_iam as iam

    role = iam.Role(api, role_id, assumed_by=service("apigateway.amazonaws.com"))
    route.bus.grant_send(role)
    template = (
        _REQUEST.replace("BUS", route.bus.bus.event_bus_name)
        .replace("SOURCE", json.dumps(route.source or api.node.id))
        .replace("TYPE", json.dumps(route.type))
    )
    return apigateway.AwsIntegration(
        service="events",
        action="PutEvents",
        integration_http_method="POST",
        region=stack_of(api).region,
        options=apigateway.IntegrationOptions(
            credentials_role=role,
            timeout=seconds,
            passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
            request_parameters={
                "integration.request.header.X-Amz-Target": "'AWSEvents.PutEvents'",
                "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
            },
            request_templates={"application/json": template},
            integration_responses=[
                _response("202", _ANSWER),
                _response("503", _ERROR, r"[45]\d{2}"),
            ],
        ),
    )


def method_responses() -> list[apigateway.MethodResponse]:
    """What the method may answer."""
    from aws_cdk import aws_apigateway as apigateway

    return [apigateway.MethodResponse(status_code=status) for status in ("202", "400", "503")]


def _response(status: str, body: str, pattern: str | None = None) -> apigateway.IntegrationResponse:
    from aws_cdk import aws_apigateway as apigateway

    return apigateway.IntegrationResponse(
        status_code=status,
        selection_pattern=pattern,
        response_templates={"application/json": body},
    )


def check(key: str, route: EventRoute, protocol: str) -> None:
    """Refuses a route that could put no event.

    Raises:
        ValueError: The message says rule, value and fix.
    """
    if protocol != "rest":
        message = (
            f"route {key!r} puts events: an HTTP API validates no request and answers 200 though "
            'the bus took nothing: use protocol="rest", or a handler'
        )
        raise ValueError(message)
    if not key.startswith(("POST ", "PUT ", "PATCH ")):
        message = f"route {key!r} puts events, whose data is the body: use POST, PUT or PATCH"
        raise ValueError(message)
    if "{" in key:
        message = (
            f"route {key!r} puts events, whose data is the body alone: put what the path's "
            "parameter says into the body"
        )
        raise ValueError(message)
    if route.body.get("type") != "object":
        message = (
            f"route {key!r}: an event's data is an object: give the body's schema "
            '"type": "object", or what is no object would reach every consumer'
        )
        raise ValueError(message)
    for name, value in (("type", route.type), ("source", route.source)):
        if value is not None and not (
            1 <= len(value) <= 128 and value.isascii() and value.isprintable()
        ):
            message = f"route {key!r}: {name}={value!r}: give 1 to 128 printable ASCII characters"
            raise ValueError(message)
        # Velocity would read them as its own.
        if value is not None and set(value) & set('$#"\\'):
            message = f'route {key!r}: {name}={value!r}: leave out $, #, \\ and "'
            raise ValueError(message)
