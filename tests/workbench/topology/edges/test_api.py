"""What API Gateway's resources say."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import (
    ALIAS,
    FUNCTION,
    QUEUE,
    TABLE,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)

REST_API = resource("ApiGateway::RestApi")
PRIVATE_API = resource("ApiGateway::RestApi", EndpointConfiguration={"Types": ["PRIVATE"]})
LITERAL = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions"
HTTP_API = resource("ApiGatewayV2::Api", ProtocolType="HTTP")


def invocation(function: str) -> dict[str, Any]:
    """Return the URI by which API Gateway invokes a function."""
    return sub(
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        f"${{{function}}}/invocations"
    )


def service(path: str) -> dict[str, Any]:
    """Return the URI of another service's API."""
    return sub(f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:{path}")


def method(uri: object, **integration: object) -> dict[str, Any]:
    """Return a method of an API."""
    return resource(
        "ApiGateway::Method",
        RestApiId=ref("Api"),
        HttpMethod="POST",
        Integration={"Type": "AWS", "Uri": uri, "IntegrationHttpMethod": "POST", **integration},
    )


def test_the_internet_reaches_an_api_unless_it_is_private() -> None:
    """REST APIs may be private; HTTP APIs never are; what is not known is not told."""
    topology = read(
        Api=REST_API,
        Inside=PRIVATE_API,
        Http=HTTP_API,
        Open=resource(
            "ApiGateway::RestApi", EndpointConfiguration={"Types": [{"Ref": "AWS::StackId"}]}
        ),
    )

    assert lines(topology) == [
        "Internet invokes_sync Api via Api",
        "Internet invokes_sync Http via Http",
    ]


@pytest.mark.parametrize(
    ("uri", "reached"),
    [
        (invocation("Work.Arn"), "Work via Post"),
        (invocation("Live"), "Work via Post through Live"),
        (
            f"{LITERAL}/arn:aws:lambda:eu-west-1:123456789012:function:worker:live/invocations",
            "Work via Post through Live",
        ),
        (sub("http://${Balancer.DNSName}/orders"), "Balancer via Post"),
    ],
)
def test_a_method_calls_what_its_uri_names(uri: object, reached: str) -> None:
    """A function, one of its aliases, or a server."""
    topology = read(
        Api=PRIVATE_API,
        Work=resource("Lambda::Function", FunctionName="worker"),
        Live=ALIAS,
        Balancer=resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        Post=method(uri),
    )

    assert lines(topology, Kind.INVOKES_SYNC) == [f"Api invokes_sync {reached}"]


def test_a_method_may_hand_over_to_a_service() -> None:
    """Found in the URI, in the parameters, or in the template of the request."""
    topology = read(
        Api=PRIVATE_API,
        Orders=QUEUE,
        Clicks=resource("Kinesis::Stream"),
        Bus=resource("Events::EventBus"),
        Steps=resource("StepFunctions::StateMachine"),
        Stock=TABLE,
        Send=method(service("sqs:path/${AWS::AccountId}/${Orders.QueueName}")),
        Named=method(service("sqs:path/${AWS::AccountId}/letters")),
        Act=method(
            service("sqs:action/SendMessage"),
            RequestParameters={"integration.request.querystring.QueueUrl": sub("'${Orders}'")},
        ),
        Put=method(
            service("kinesis:action/PutRecord"),
            RequestTemplates={"application/json": sub('{"StreamName": "${Clicks}"}')},
        ),
        Tell=method(
            service("events:action/PutEvents"),
            RequestTemplates={"application/json": sub('{"EventBusName": "${Bus}"}')},
        ),
        TellDefault=method(service("events:action/PutEvents")),
        Start=method(
            service("states:action/StartExecution"),
            RequestTemplates={"application/json": sub('{"stateMachineArn": "${Steps}"}')},
        ),
        Store=method(
            service("dynamodb:action/PutItem"),
            RequestTemplates={"application/json": sub('{"TableName": "${Stock}"}')},
        ),
        Find=method(
            "arn:aws:apigateway:eu-west-1:dynamodb:action/Query",
            RequestTemplates={"application/json": sub('{"TableName": "${Stock}"}')},
        ),
    )

    assert lines(topology) == [
        "Api delivers Orders via Send",
        "Api delivers arn:aws:sqs:::letters via Named",
        "Api delivers Orders via Act",
        "Api delivers Clicks via Put",
        "Api delivers Bus via Tell",
        "Api delivers DefaultBus via TellDefault",
        "Api delivers Steps via Start",
        "Api may_write Stock via Store dynamodb:PutItem",
        "Api may_read Stock via Find dynamodb:Query",
    ]


def test_a_method_may_leave_a_function_to_work_on_its_own() -> None:
    """A header says so."""
    header = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
    topology = read(
        Api=PRIVATE_API,
        Work=FUNCTION,
        Post=method(invocation("Work.Arn"), RequestParameters=header),
    )

    assert lines(topology) == ["Api invokes_async Work via Post"]


def test_a_vpc_link_leads_to_its_load_balancer() -> None:
    """What the URI names is only a host."""
    topology = read(
        Api=PRIVATE_API,
        Balancer=resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        Link=resource("ApiGateway::VpcLink", TargetArns=[ref("Balancer")]),
        Get=method("http://example.com", ConnectionType="VPC_LINK", ConnectionId=ref("Link")),
    )

    assert lines(topology) == ["Api invokes_sync Balancer via Get"]


def test_integrations_of_an_http_api() -> None:
    """A function by its ARN, a listener, a registry's service, a service's API."""
    topology = read(
        Api=HTTP_API,
        Work=FUNCTION,
        Orders=QUEUE,
        Steps=resource("StepFunctions::StateMachine"),
        Balancer=resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        Listener=resource("ElasticLoadBalancingV2::Listener", LoadBalancerArn=ref("Balancer")),
        Registry=resource("ServiceDiscovery::Service"),
        Shop=resource("ECS::Service", ServiceRegistries=[{"RegistryArn": arn("Registry")}]),
        ToWork=resource("ApiGatewayV2::Integration", ApiId=ref("Api"), IntegrationUri=arn("Work")),
        ToListener=resource(
            "ApiGatewayV2::Integration", ApiId=ref("Api"), IntegrationUri=ref("Listener")
        ),
        ToShop=resource(
            "ApiGatewayV2::Integration", ApiId=ref("Api"), IntegrationUri=arn("Registry")
        ),
        ToOrders=resource(
            "ApiGatewayV2::Integration",
            ApiId=ref("Api"),
            IntegrationSubtype="SQS-SendMessage",
            RequestParameters={"QueueUrl": ref("Orders")},
        ),
        ToSteps=resource(
            "ApiGatewayV2::Integration",
            ApiId=ref("Api"),
            IntegrationSubtype="StepFunctions-StartSyncExecution",
            RequestParameters={"StateMachineArn": ref("Steps")},
        ),
    )

    assert lines(topology) == [
        "Internet invokes_sync Api via Api",
        "Api invokes_sync Work via ToWork",
        "Api invokes_sync Balancer via ToListener",
        "Api invokes_sync Shop via ToShop",
        "Api invokes_sync Steps via ToSteps",
        "Api delivers Orders via ToOrders",
    ]


def test_an_api_may_be_an_open_api_document() -> None:
    """Its operations and its authorizers call what their extensions name."""
    topology = read(
        Work=FUNCTION,
        Check=FUNCTION,
        Api=resource(
            "ApiGateway::RestApi",
            EndpointConfiguration={"Types": ["PRIVATE"]},
            Body={
                "openapi": "3.0.1",
                "paths": {
                    "/orders": {
                        "get": {
                            "x-amazon-apigateway-integration": {
                                "type": "aws_proxy",
                                "httpMethod": "POST",
                                "uri": invocation("Work.Arn"),
                            }
                        },
                        "parameters": [],
                    }
                },
                "components": {
                    "securitySchemes": {
                        "own": {
                            "x-amazon-apigateway-authorizer": {
                                "authorizerUri": invocation("Check.Arn")
                            }
                        }
                    }
                },
            },
        ),
    )

    assert lines(topology) == ["Api invokes_sync Work", "Api invokes_sync Check"]


def test_an_authorizer_guards_its_api_and_asks_a_function() -> None:
    """Others, of a user pool say, ask none."""
    topology = read(
        Api=PRIVATE_API,
        Http=HTTP_API,
        Check=FUNCTION,
        Own=resource(
            "ApiGateway::Authorizer", RestApiId=ref("Api"), AuthorizerUri=invocation("Check.Arn")
        ),
        Pool=resource("ApiGatewayV2::Authorizer", ApiId=ref("Http"), AuthorizerType="JWT"),
    )

    assert lines(topology, Kind.GUARDS) == ["Own guards Api", "Pool guards Http"]
    assert "Api invokes_sync Check via Own" in lines(topology)


def test_a_usage_plan_guards_and_a_stage_logs() -> None:
    """Both for the whole API."""
    topology = read(
        Api=PRIVATE_API,
        Log=resource("Logs::LogGroup"),
        Live=resource(
            "ApiGateway::Stage",
            RestApiId=ref("Api"),
            AccessLogSetting={"DestinationArn": arn("Log")},
        ),
        Plan=resource("ApiGateway::UsagePlan", ApiStages=[{"ApiId": ref("Api")}]),
        Http=HTTP_API,
        Default=resource(
            "ApiGatewayV2::Stage",
            ApiId=ref("Http"),
            AccessLogSettings={"DestinationArn": arn("Log")},
        ),
    )

    assert lines(topology, Kind.GUARDS, Kind.LOGS_TO) == [
        "Plan guards Api",
        "Api logs_to Log via Live",
        "Http logs_to Log via Default",
    ]
