"""Scales with requests and costs nothing idle: API Gateway and Lambda."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from patterns import _event_route
from patterns._acknowledgements import (
    API_LOGGING_ROLE,
    NO_CACHE,
    NO_COGNITO,
    NO_FIREWALL,
    NO_THROTTLE,
    PATH_PARAMETERS,
    PUBLIC_API,
    PUBLIC_METHOD,
    Situation,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_seconds, in_words, resource_of, seconds, stack_of
from patterns._defaults import log_group
from patterns._event_route import EventRoute
from patterns._flows import Sender, environment_name
from patterns._function import (
    FUNCTION_ID_SUFFIXES,
    MEMORY_MB,
    function,
    handler_parts,
    own_timeout,
)
from patterns._off import Off

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aws_cdk import aws_apigateway as apigateway
    from aws_cdk import aws_apigatewayv2 as apigatewayv2
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sns as sns

    from patterns._flows import Code

# Longest that API Gateway waits for a function: REST 29 s (more only for Regional APIs, against
# throttle quota), HTTP 30 s (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
_INTEGRATION_TIMEOUT_SECONDS = {"rest": 29, "http": 30}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
_STAGE = "live"
_BURST = 200
# Beside what samples send: what a browser's signed request carries, for IAM.
_CORS_HEADERS = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Sent-At",
]
_ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/*\s]+$")
# Ids of this construct's own children; functions have theirs beside them.
_OTHER_IDS = {"AccessLogs", "Api", "ServerErrors", "Slow", "Stage"}
_ROUTE = re.compile(r"^(?P<method>[A-Z]+) (?P<path>/\S*)$")
# API Gateway's own variable names (docs.aws.amazon.com/apigateway/latest/developerguide/
# set-up-logging.html and http-api-logging-variables.html).
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A handler with what its requests must look like.

    Attributes:
        handler: "package.module.function" from the source root; or your own function or alias.
        body: JSON schema (draft 4) that the request's body must satisfy (REST only). A request
            that does not is answered 400 before any code runs.
        query: Names of query parameters that must be there (REST only).
    """

    handler: str | lambda_.IFunction
    body: Mapping[str, object] | None = None
    query: Sequence[str] = ()


class ReactiveApi(Construct, Sender):
    """An API whose capacity follows its requests, and that costs nothing idle.

    Callers sign their requests (IAM) unless you say otherwise; requests are validated, throttled,
    logged and traced; a function's timeout is shorter than the gateway's patience; alarms watch
    server errors and latency.

    Example:
        `ReactiveApi(self, "Orders", routes={"POST /orders": "orders.create.handler"})`

    Args:
        scope: Parent construct.
        construct_id: Also the hop's name in logs and spans.
        routes: "METHOD /path/{parameter}" to a handler, a `Route`, or an `EventRoute`, which needs
            no code. Routes with the same handler share its function.
        protocol: "rest" validates requests and is traced; "http" is cheaper and does neither.
        code: Source root of the handlers, relative to where the app runs.
        timeout: Longest run of a handler, below the gateway's 29 s (REST) or 30 s (HTTP).
            None: 10 s. Your own functions keep their own, which must be below it too.
        memory_mb: Memory in MB of each function that is made here; CPU grows with it.
        authorization: None: callers sign with IAM. An authorizer of API Gateway (REST) or of its
            version 2 (HTTP). `Off(reason)` for a public API.
        cors_origins: Origins whose pages may call it, e.g. "https://shop.example"; never "*". The
            gateway answers their preflight requests; a REST API's handlers add
            Access-Control-Allow-Origin to their answers themselves.
        requests_per_second: Steady rate above which callers get 429. `Off(reason)` for the
            account's limit alone.
        burst: Requests at once above the steady rate. None: 200.
        latency_alarm: p99 latency that raises the alarm. None: 3 s.
        account_logging_role: (REST) set the account's role for API Gateway's logs, which a new
            account lacks. False where another stack does.
        environment: More environment variables for each function that is made here.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        api: The REST or HTTP API.
        functions: By route, e.g. `functions["POST /orders"]`.
        url: Its base URL, without a slash at the end.
        access_logs: Log group of its requests.
        alarms: By name: `server_errors`, `latency`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    api: apigateway.RestApi | apigatewayv2.HttpApi
    functions: dict[str, lambda_.IFunction]
    url: str
    access_logs: logs.LogGroup
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        routes: Mapping[str, str | lambda_.IFunction | Route | EventRoute],
        protocol: Literal["rest", "http"] = "rest",
        code: str = "functions",
        timeout: cdk.Duration | None = None,
        memory_mb: int = MEMORY_MB,
        authorization: apigateway.IAuthorizer
        | apigatewayv2.IHttpRouteAuthorizer
        | Off
        | None = None,
        cors_origins: Sequence[str] = (),
        requests_per_second: float | Off = 100.0,
        burst: int | None = None,
        latency_alarm: cdk.Duration | None = None,
        account_logging_role: bool = True,
        environment: Mapping[str, str] | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._id = construct_id
        self._told = dict(environment or {})
        alarms_to = alarms_to or operator_alarms(scope)
        timeout = timeout or in_seconds(10)
        self._protocol = protocol
        self._account_logging_role = account_logging_role
        self._routes: dict[str, Route] = {}
        self._events: dict[str, EventRoute] = {}
        for key, value in routes.items():
            _check_key(key)
            if isinstance(value, EventRoute):
                _event_route.check(key, value, protocol)
                self._events[key] = value
            else:
                self._routes[key] = _route(key, value, protocol)
        latency_alarm = latency_alarm or in_seconds(3)
        _check(routes, protocol, cors_origins, requests_per_second, burst)
        _check_timeout("timeout", timeout, protocol)
        _check_latency(latency_alarm, protocol)
        _check_authorization(authorization, protocol)
        if protocol == "rest":
            _check_parameters(routes)
        self._owned: dict[str, lambda_.Function] = {}
        self.functions = {}
        ids = _OTHER_IDS.copy()
        for key, route in self._routes.items():
            if not isinstance(route.handler, str):
                _check_timeout(f"route {key!r}: timeout", own_timeout(route.handler), protocol)
                self.functions[key] = route.handler
                continue
            if route.handler not in self._owned:
                self._owned[route.handler] = function(
                    self,
                    _function_id(route.handler, ids),
                    handler=route.handler,
                    code=code,
                    service=construct_id,
                    timeout=timeout,
                    memory_mb=memory_mb,
                    environment=environment,
                    alarms_to=alarms_to,
                )
            self.functions[key] = self._owned[route.handler]
        self.access_logs = log_group(self, "AccessLogs")
        throttle = (
            None if isinstance(requests_per_second, Off) else (requests_per_second, burst or _BURST)
        )
        make = self._make_rest if protocol == "rest" else self._make_http
        dimensions = make(authorization, cors_origins, throttle)
        accepted = [
            PUBLIC_API.because(authorization.reason)
            if isinstance(authorization, Off)
            else NO_COGNITO
        ]
        if protocol == "rest":
            accepted.append(NO_FIREWALL)
        if isinstance(requests_per_second, Off):
            accepted.append(NO_THROTTLE.because(requests_per_second.reason))
        acknowledge(self, *accepted)
        self.alarms = self._watch(dimensions, latency_alarm, alarms_to)

    def _make_rest(
        self,
        authorization: Any,
        cors_origins: Sequence[str],
        throttle: tuple[float, int] | None,
    ) -> dict[str, str]:
        from aws_cdk import aws_apigateway as apigateway

        rate, at_once = throttle or (None, None)
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=self._name(),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=self._account_logging_role,
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=list(cors_origins),
                allow_methods=sorted({key.split(" ")[0] for key in self._keys()}),
                allow_headers=_CORS_HEADERS,
            )
            if cors_origins
            else None,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_logs),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
                throttling_rate_limit=rate,
                throttling_burst_limit=at_once,
            ),
        )
        # RestApi makes an output of its URL, which ends with a slash; outputs are the sample's.
        api.node.try_remove_child("Endpoint")
        validator = api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        integrations = {
            key: apigateway.LambdaIntegration(
                target,
                allow_test_invoke=False,
                timeout=in_seconds(_INTEGRATION_TIMEOUT_SECONDS["rest"]),
            )
            for key, target in self.functions.items()
        }
        public = isinstance(authorization, Off)
        authorizer = None if public or authorization is None else authorization
        for key in self._keys():
            method, path = key.split(" ", 1)
            resource = api.root.resource_for_path(path)
            route = self._routes.get(key)
            put = self._events.get(key)
            made = resource.add_method(
                method,
                integrations[key]
                if put is None
                else _event_route.integration(
                    self,
                    f"{_words(key)}Role",
                    put,
                    seconds=in_seconds(_INTEGRATION_TIMEOUT_SECONDS["rest"]),
                ),
                authorizer=authorizer,
                authorization_type=apigateway.AuthorizationType.NONE
                if public
                else apigateway.AuthorizationType.IAM
                if authorizer is None
                else None,
                request_validator=validator,
                request_models=_body_model(api, key, (put or route).body),  # type: ignore[union-attr]  # one of them
                request_parameters=_required(route, put),
                method_responses=None if put is None else _event_route.method_responses(),
            )
            if isinstance(authorization, Off):
                acknowledge(made, PUBLIC_METHOD.because(authorization.reason))
        acknowledge(api.deployment_stage, NO_CACHE)
        if self._account_logging_role:
            acknowledge(api, API_LOGGING_ROLE)
        self.api = api
        self.url = _url(api)
        return {"ApiName": api.rest_api_name, "Stage": _STAGE}

    def _keys(self) -> list[str]:
        """Every route, those with code first."""
        return [*self._routes, *self._events]

    def _make_http(
        self,
        authorization: Any,
        cors_origins: Sequence[str],
        throttle: tuple[float, int] | None,
    ) -> dict[str, str]:
        from aws_cdk import aws_apigatewayv2 as apigatewayv2
        from aws_cdk import aws_apigatewayv2_authorizers as authorizers
        from aws_cdk import aws_apigatewayv2_integrations as integrations

        authorizer: object
        if isinstance(authorization, Off):
            authorizer = apigatewayv2.HttpNoneAuthorizer()
        else:
            authorizer = authorization or authorizers.HttpIamAuthorizer()
        api = apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=self._name(),
            create_default_stage=False,
            cors_preflight=apigatewayv2.CorsPreflightOptions(
                allow_origins=list(cors_origins),
                allow_methods=[
                    apigatewayv2.CorsHttpMethod[method]
                    for method in sorted({key.split(" ")[0] for key in self._routes})
                ],
                allow_headers=[header.lower() for header in _CORS_HEADERS],
            )
            if cors_origins
            else None,
        )
        stage = apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=throttle[0], burst_limit=throttle[1])
            if throttle
            else None,
            detailed_metrics_enabled=True,
        )
        resource = resource_of(stage)
        resource.access_log_settings = (  # type: ignore[union-attr]  # a CfnStage
            apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=self.access_logs.log_group_arn, format=json.dumps(_ACCESS_LOG)
            )
        )
        for key, target in self.functions.items():
            method, path = key.split(" ", 1)
            api.add_routes(
                path=path,
                methods=[apigatewayv2.HttpMethod[method]],
                integration=integrations.HttpLambdaIntegration(_words(key), target),
                authorizer=authorizer,
            )
        self.api = api
        self.url = api.api_endpoint
        return {"ApiId": api.api_id, "Stage": "$default"}

    def _name(self) -> str:
        """Unique in the account: a REST API's metrics know it by its name alone."""
        return cdk.Names.unique_resource_name(self, separator="-", max_length=128)

    def _watch(
        self, dimensions: Mapping[str, str], latency: cdk.Duration, alarms_to: sns.ITopic
    ) -> dict[str, cloudwatch.CfnAlarm]:
        return {
            "server_errors": alarm(
                self,
                "ServerErrors",
                says=f"{self._id}: callers get 5xx. Read the access log and the functions'.",
                namespace="AWS/ApiGateway",
                metric="5XXError" if self._protocol == "rest" else "5xx",
                dimensions=dimensions,
                above=0,
                statistic="Sum",
                minutes=3,
                tells=alarms_to,
            ),
            "latency": alarm(
                self,
                "Slow",
                says=f"{self._id}: one request in a hundred takes longer than {in_words(latency)}.",
                namespace="AWS/ApiGateway",
                metric="Latency",
                dimensions=dimensions,
                above=latency.to_milliseconds(),
                statistic="p99",
                minutes=5,
                tells=alarms_to,
            ),
        }

    def address(self) -> tuple[str, str]:
        """A caller's environment variable for this API: `<ID>_URL`."""
        return environment_name(self._id, "URL"), self.url

    def grant_call(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` call every route, signed with IAM."""
        rest = self._protocol == "rest"
        api_id = self.api.rest_api_id if rest else self.api.api_id  # type: ignore[union-attr]
        stack = stack_of(self)
        stage_name = _STAGE if rest else "$default"
        paths = [
            f"{stage_name}/{re.sub('{[^}]+}', '*', key.replace(' ', ''))}" for key in self._keys()
        ]
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["execute-api:Invoke"],
                resources=[
                    stack.format_arn(service="execute-api", resource=api_id, resource_name=path)
                    for path in paths
                ],
            )
        )
        resource = resource_of(self.api)
        if isinstance(grantee, Construct) and resource is not None:
            arn = (
                "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:"
                f"<{stack.get_logical_id(resource)}>"
            )
            rules = {f"AwsSolutions-IAM5[Resource::{arn}/{path}]" for path in paths if "*" in path}
            acknowledge(grantee, Situation(PATH_PARAMETERS, cdk=tuple(sorted(rules))))

    def _code(self) -> Iterable[Code]:
        if not self.functions:
            message = (
                f"{self.node.path}: none of its routes has code to grant or tell anything: give a "
                "route a handler, or leave the verb out"
            )
            raise ValueError(message)
        changeable = {
            key: handler
            for key, handler in self.functions.items()
            if isinstance(handler, lambda_.Function)
        }
        for key in self.functions.keys() - changeable.keys():
            message = (
                f"{self.node.path}: the handler of {key!r} is imported, a version or an alias, "
                "whose environment cannot be changed here: grant and tell where that function is "
                "made"
            )
            raise ValueError(message)
        return {handler.node.path: handler for handler in changeable.values()}.values()


def _check_key(key: str) -> None:
    match = _ROUTE.match(key)
    if match is None or match["method"] not in _METHODS:
        message = (
            f'route {key!r} must be "METHOD /path", e.g. "POST /orders/{{order_id}}"; methods: '
            f"{', '.join(sorted(_METHODS))}"
        )
        raise ValueError(message)


def _route(key: str, value: str | lambda_.IFunction | Route, protocol: str) -> Route:
    route = value if isinstance(value, Route) else Route(handler=value)
    if protocol == "http" and (route.body is not None or route.query):
        message = (
            f'route {key!r}: HTTP APIs validate no requests: use protocol="rest", or validate in '
            "the handler and leave body and query out"
        )
        raise ValueError(message)
    return route


def _check(
    routes: Mapping[str, object],
    protocol: str,
    cors_origins: Sequence[str],
    requests_per_second: float | Off,
    burst: int | None,
) -> None:
    if protocol not in _INTEGRATION_TIMEOUT_SECONDS:
        message = f'protocol={protocol!r}: give "rest" or "http"'
        raise ValueError(message)
    if not routes:
        message = 'an API needs a route, e.g. routes={"GET /orders": "orders.list.handler"}'
        raise ValueError(message)
    for origin in cors_origins:
        if origin == "*":
            message = (
                'cors_origins has "*", which lets any page call with its visitor\'s rights: name '
                'the origins, e.g. "https://shop.example"'
            )
            raise ValueError(message)
        if not cdk.Token.is_unresolved(origin) and not _ORIGIN.match(origin):
            message = (
                f"cors_origins has {origin!r}, which no browser sends: an origin is a scheme and "
                'a host, with no path or slash at the end, e.g. "https://shop.example"'
            )
            raise ValueError(message)
    if isinstance(requests_per_second, Off):
        if burst is not None:
            message = f"burst={burst} has no effect without requests_per_second: leave it out"
            raise ValueError(message)
    elif requests_per_second <= 0 or (burst is not None and burst < 1):
        at_once = _BURST if burst is None else burst
        message = (
            f"requests_per_second={requests_per_second:g}, burst={at_once}: "
            "both must be positive; Off(reason) removes the throttle"
        )
        raise ValueError(message)


def _check_timeout(what: str, timeout: cdk.Duration | None, protocol: str) -> None:
    limit = _INTEGRATION_TIMEOUT_SECONDS[protocol]
    given = seconds(timeout)
    if given is None:
        return
    if given >= limit:
        message = (
            f"{what} of {given:g} s: API Gateway answers 504 after {limit} s while the function "
            f"goes on and is paid for: give less than {limit} s, or answer 202 and send the work "
            "to a queue"
        )
        raise ValueError(message)
    if given < 1:
        message = f"{what} of {given:g} s: Lambda runs 1 s at least: give 1 to {limit - 1} s"
        raise ValueError(message)


def _check_latency(latency: cdk.Duration, protocol: str) -> None:
    limit = _INTEGRATION_TIMEOUT_SECONDS[protocol]
    given = seconds(latency)
    if given is not None and given >= limit:
        message = (
            f"latency_alarm of {given:g} s could never fire: API Gateway gives up after {limit} s: "
            "give less"
        )
        raise ValueError(message)


def _check_authorization(authorization: object, protocol: str) -> None:
    if authorization is None or isinstance(authorization, Off):
        return
    # Only an authorizer of version 2 is bound to its routes.
    if hasattr(authorization, "bind") != (protocol == "http"):
        module = {"rest": "aws_apigateway", "http": "aws_apigatewayv2_authorizers"}[protocol]
        message = (
            f"authorization={type(authorization).__name__} is not one for "
            f"protocol={protocol!r}: give an authorizer of {module}"
        )
        raise ValueError(message)


def _check_parameters(routes: Iterable[str]) -> None:
    names: dict[tuple[str, ...], str] = {}
    for key in routes:
        parts = key.split("/")[1:]
        for depth, part in enumerate(parts):
            if not part.startswith("{"):
                continue
            # Where the parameters before it stand matters, not how they are called.
            before = tuple("{}" if p.startswith("{") else p for p in parts[:depth])
            if names.setdefault(before, part) != part:
                message = (
                    f"route {key!r} has {part} where another route has {names[before]}: a REST API "
                    "takes one name for one place in a path: use the same name"
                )
                raise ValueError(message)


def _function_id(handler: str, taken: set[str]) -> str:
    """`orders.create_order.handler` -> `CreateOrder`; `OrdersCreateOrder` if that is taken."""
    *_, module, name = handler_parts(handler)
    short = _words(module if name == "handler" else f"{module}_{name}")
    made = {f"{short}{suffix}" for suffix in FUNCTION_ID_SUFFIXES}
    if made & taken:
        short = _words(handler.removesuffix(".handler"))
        made = {f"{short}{suffix}" for suffix in FUNCTION_ID_SUFFIXES}
    taken |= made
    return short


def _words(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]+", text.lower()))


def _url(api: apigateway.RestApi) -> str:
    # RestApi.url ends with a slash that callers would double.
    stack = stack_of(api)
    return f"https://{api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}/{_STAGE}"


def _required(route: Route | None, put: EventRoute | None) -> dict[str, bool] | None:
    """The parameters that a request must have."""
    if put is not None:
        return {f"method.request.header.{_event_route.ID_HEADER}": True}
    query = route.query if route is not None else ()
    return {f"method.request.querystring.{name}": True for name in query} or None


def _body_model(
    api: apigateway.RestApi, key: str, body: Mapping[str, object] | None
) -> dict[str, apigateway.IModel] | None:
    if body is None:
        return None
    from aws_cdk import aws_apigateway as apigateway

    # An L1 takes the user's JSON schema as it is; the L2 has a type of its own for it. A stage
    # serves a new schema only after a new deployment, hence the logical id.
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", **body}
    model = apigateway.CfnModel(
        api,
        f"{_words(key)}Body",
        rest_api_id=api.rest_api_id,
        content_type="application/json",
        schema=schema,
    )
    if api.latest_deployment is not None:
        api.latest_deployment.add_to_logical_id(schema)
    return {
        "application/json": apigateway.Model.from_model_name(
            api, f"{_words(key)}BodyModel", model.ref
        )
    }
