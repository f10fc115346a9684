"""ReactiveApi: what it promises, and what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_

from patterns import Off, PointToPointQueue, ReactiveApi, Route
from tests.synth.exhibits import own_function
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def methods(stack: Template) -> dict[str, dict[str, Any]]:
    """The methods of a REST API, by "METHOD last-part-of-path"."""
    found = {}
    for method in stack.all("ApiGateway::Method"):
        at = stack.target(method["ResourceId"])
        part = at.get("PathPart", "/")
        found[f"{method['HttpMethod']} {part}"] = method.properties
    return found


def test_an_api_is_one_statement(template: Templates) -> None:
    """The smallest use makes a REST API with a function behind its route."""
    stack = template("Api")
    (method,) = methods(stack).values()
    function = stack.one("Lambda::Function")

    assert function.path == "Shop/Orders/Resource"
    assert function["Timeout"] == 10
    assert function.environment == {"POWERTOOLS_SERVICE_NAME": "Shop"}
    assert function.logical_id in json.dumps(method["Integration"])


def test_callers_sign_their_requests(template: Templates) -> None:
    """Without a word about authorisation, a caller must sign with IAM; REST and HTTP alike."""
    (method,) = methods(template("Api")).values()
    route = template("HttpApi").one("ApiGatewayV2::Route")

    assert method["AuthorizationType"] == route["AuthorizationType"] == "AWS_IAM"


def test_an_authorizer_of_your_own_decides(template: Templates) -> None:
    """An authorizer is put before every route."""
    stack = template("ApiAuthorizer")

    for method in methods(stack).values():
        assert method["AuthorizationType"] == "CUSTOM"
        assert stack.target(method["AuthorizerId"]).path == "Authorizer/Resource"


def test_a_public_api_is_a_choice(template: Templates) -> None:
    """Off(reason) makes every route public."""
    (method,) = methods(template("ApiSwitchedOff")).values()
    route = template("HttpApiSwitchedOff").one("ApiGatewayV2::Route")

    assert method["AuthorizationType"] == route["AuthorizationType"] == "NONE"


def test_requests_are_validated(template: Templates) -> None:
    """A body's schema and the query's names are checked before any code runs."""
    stack = template("ApiFull")
    post, get = methods(stack)["POST orders"], methods(stack)["GET orders"]

    for method in (post, get):
        validator = stack.target(method["RequestValidatorId"])
        assert validator["ValidateRequestBody"] is validator["ValidateRequestParameters"] is True
    model = stack.target(post["RequestModels"]["application/json"])
    assert model["Schema"] == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["item"],
    }
    assert get["RequestParameters"] == {"method.request.querystring.customer": True}


def test_requests_are_throttled(template: Templates) -> None:
    """A stage takes 100 requests a second and 200 at once, or what you say, REST and HTTP alike."""
    for name, rate, burst in (("Api", 100, 200), ("ApiFull", 500, 50)):
        (settings,) = template(name).one("ApiGateway::Stage")["MethodSettings"]
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (rate, burst)
    http = template("HttpApi").one("ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert (http["ThrottlingRateLimit"], http["ThrottlingBurstLimit"]) == (100, 200)


def test_no_throttle_is_a_choice(template: Templates) -> None:
    """Off(reason) leaves the account's limit alone."""
    (settings,) = template("ApiSwitchedOff").one("ApiGateway::Stage")["MethodSettings"]
    http = template("HttpApiSwitchedOff").one("ApiGatewayV2::Stage")

    assert "ThrottlingRateLimit" not in settings
    assert "ThrottlingRateLimit" not in http["DefaultRouteSettings"]


def test_requests_are_logged(template: Templates) -> None:
    """Each request is one line of JSON in a log group that forgets."""
    for name, kind in (("Api", "ApiGateway::Stage"), ("HttpApi", "ApiGatewayV2::Stage")):
        stack = template(name)
        stage = stack.one(kind)
        setting = stage.get("AccessLogSetting") or stage["AccessLogSettings"]
        assert stack.target(setting["DestinationArn"]).path == "Shop/AccessLogs/Resource"
        assert json.loads(setting["Format"])["status"] == "$context.status"


def test_server_errors_and_slowness_raise_alarms(template: Templates) -> None:
    """5xx answers and a p99 above 3 s, or what you say, raise an alarm."""
    assert template("Api").alarm("Shop", "5XXError")["Threshold"] == 0
    assert template("HttpApi").alarm("Shop", "5xx")["Threshold"] == 0
    assert template("Api").alarm("Shop", "Latency")["Threshold"] == 3000
    slow = template("ApiFull").alarm("Shop", "Latency")
    assert slow["Threshold"] == 1000
    assert slow["ExtendedStatistic"] == "p99"


def test_named_origins_may_call(template: Templates) -> None:
    """Preflights name the origin, and the headers that a signed request carries."""
    options = methods(template("ApiFull"))["OPTIONS orders"]
    preflight = json.dumps(options["Integration"])
    http = template("HttpApiFull").one("ApiGatewayV2::Api")["CorsConfiguration"]

    assert "'https://shop.example'" in preflight
    assert "X-Amz-Date" in preflight
    assert "X-Amz-Security-Token" in preflight
    assert http["AllowOrigins"] == ["https://shop.example"]
    assert {"x-amz-date", "x-amz-security-token"} <= set(http["AllowHeaders"])


def test_no_page_may_call_unless_named(template: Templates) -> None:
    """Without origins there is no preflight, so a browser lets no page call."""
    assert list(methods(template("Api"))) == ["POST orders"]
    assert "CorsConfiguration" not in template("HttpApi").one("ApiGatewayV2::Api").properties


def test_routes_of_one_handler_share_its_function(template: Templates) -> None:
    """Six routes of five handlers make four functions beside your own."""
    stack = template("ApiFull")

    assert {each.path for each in stack.all("Lambda::Function", "Shop")} == {
        "Shop/Orders/Resource",
        "Shop/OrdersFind/Resource",
        "Shop/ShopApi/Resource",
        "Shop/OtherOrders/Resource",
    }


def test_a_handlers_module_may_have_any_name(template: Templates) -> None:
    """`shop.api` beside the API's own `Api`, and a second `orders`, get their package's name."""
    paths = {each.path for each in template("ApiFull").all("Lambda::Function")}

    assert "Shop/ShopApi/Resource" in paths
    assert "Shop/OtherOrders/Resource" in paths


def test_verbs_reach_every_function(template: Templates) -> None:
    """What an API sends to, each of its functions may send to and knows, your own included."""
    stack = template("ApiFull")
    functions = [*stack.all("Lambda::Function", "Shop"), *stack.all("Lambda::Function", "Mine")]

    assert len(functions) == 5
    for function in functions:
        assert stack.target(function.environment["ORDERS_QUEUE_URL"])
        assert stack.may(stack.role(function))["sqs:SendMessage"] == ["Orders/Queue/Resource"]


def test_a_caller_may_call_the_routes_alone(template: Templates) -> None:
    """calls() lets code invoke each route with any parameter, and gives it the URL."""
    for name, stage in (("ApiFull", "live"), ("HttpApiFull", "$default")):
        stack = template(name)
        caller = stack.one("Lambda::Function", "Caller")
        allowed = stack.may(stack.role(caller))["execute-api:Invoke"]
        assert any(f"/{stage}/POST/orders" in arn for arn in allowed)
        assert any(f"/{stage}/GET/orders/*" in arn for arn in allowed)
        assert not any(f"/{stage}/*" in arn or f"/{stage}/GET/*" in arn for arn in allowed)
        assert "ShopApi" in json.dumps(caller.environment["SHOP_URL"])


def test_a_url_has_no_slash_at_its_end(template: Templates) -> None:
    """A caller joins the URL and a path that begins with a slash."""
    url = template("ApiFull").one("Lambda::Function", "Caller").environment["SHOP_URL"]

    assert url["Fn::Join"][1][-1] == "/live"


def test_the_accounts_logging_role_is_a_choice(template: Templates) -> None:
    """API Gateway's account-wide role is set, unless another stack does it."""
    assert template("Api").one("ApiGateway::Account")
    assert not template("ApiFull").all("ApiGateway::Account")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"routes": {}}, ["an API needs a route", "e.g."]),
        ({"routes": {"FETCH /orders": "shop.orders.handler"}}, ["'FETCH /orders'", "GET, HEAD"]),
        ({"routes": {"GET orders": "shop.orders.handler"}}, ["'GET orders'", '"METHOD /path"']),
        ({"protocol": "grpc"}, ["protocol='grpc'", '"rest" or "http"']),
        (
            {"timeout": cdk.Duration.seconds(29)},
            ["timeout of 29 s", "504 after 29 s", "less than 29 s", "202"],
        ),
        (
            {"timeout": cdk.Duration.seconds(30), "protocol": "http"},
            ["timeout of 30 s", "504 after 30 s", "less than 30 s"],
        ),
        ({"timeout": cdk.Duration.seconds(0)}, ["timeout of 0 s", "1 s at least"]),
        ({"cors_origins": ["*"]}, ['"*"', "name the origins", "https://shop.example"]),
        (
            {"cors_origins": ["https://shop.example/"]},
            ["'https://shop.example/'", "no path or slash"],
        ),
        (
            {"requests_per_second": 0},
            ["requests_per_second=0", "must be positive", "Off(reason)"],
        ),
        ({"burst": 0}, ["burst=0", "must be positive"]),
        (
            {"burst": 5, "requests_per_second": Off("none")},
            ["burst=5 has no effect", "leave it out"],
        ),
        (
            {"latency_alarm": cdk.Duration.seconds(29)},
            ["latency_alarm of 29 s", "never fire", "give less"],
        ),
        (
            {
                "protocol": "http",
                "routes": {"POST /orders": Route(handler="shop.orders.handler", body={})},
            },
            ["route 'POST /orders'", "HTTP APIs validate no requests", 'protocol="rest"'],
        ),
        (
            {
                "routes": {
                    "GET /orders/{id}": "shop.orders.find",
                    "PUT /orders/{order_id}": "shop.orders.handler",
                }
            },
            ["'PUT /orders/{order_id}'", "another route has {id}", "use the same name"],
        ),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, code: str, settings: dict[str, Any], words: list[str]
) -> None:
    """A value that API Gateway refuses, or that leaves a promise unkept, is an error at once."""
    with refused(*words):
        ReactiveApi(
            stack,
            "Shop",
            **{"routes": {"GET /orders": "shop.orders.handler"}, "code": code, **settings},
        )


def test_fails_if_your_own_function_outlives_the_api(stack: cdk.Stack) -> None:
    """The timeout of your own function, even behind an alias, is below the gateway's patience."""
    alias = own_function(stack, "Mine", timeout=60).add_alias("live")

    with refused("route 'GET /orders': timeout of 60 s", "504 after 29 s", "less than 29 s"):
        ReactiveApi(stack, "Shop", routes={"GET /orders": alias})


def test_fails_if_the_authorizer_is_of_the_other_protocol(stack: cdk.Stack) -> None:
    """An authorizer of a REST API cannot guard an HTTP API."""
    authorizer = apigateway.TokenAuthorizer(
        stack, "Authorizer", handler=own_function(stack, "Mine")
    )

    with refused("TokenAuthorizer", "protocol='http'", "aws_apigatewayv2_authorizers"):
        ReactiveApi(
            stack,
            "Shop",
            routes={"GET /orders": own_function(stack, "Second")},
            protocol="http",
            authorization=authorizer,
        )


def test_fails_if_a_verb_cannot_reach_every_function(stack: cdk.Stack) -> None:
    """A handler whose environment cannot be changed is named, rather than left out in silence."""
    imported = lambda_.Function.from_function_name(stack, "Elsewhere", "elsewhere")
    shop = ReactiveApi(stack, "Shop", routes={"GET /orders": imported})

    with refused("'GET /orders' is imported", "where that function is made"):
        shop.sends_to(PointToPointQueue(stack, "Orders"))
