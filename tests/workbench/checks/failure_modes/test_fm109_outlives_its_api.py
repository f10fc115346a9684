"""Functions that work on after everybody left."""

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm109_outlives_its_api import outlives_its_api
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

URI = {
    "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    "${Worker.Arn}/invocations"
}
INTEGRATION = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": URI}
FOUND = {
    "Resources": {
        "Api": resource("AWS::ApiGateway::RestApi", Name="shop"),
        "Worker": resource("AWS::Lambda::Function", Timeout=60),
        "Method": resource(
            "AWS::ApiGateway::Method",
            RestApiId={"Ref": "Api"},
            HttpMethod="GET",
            Integration=INTEGRATION,
        ),
    }
}
CLEAN = changed(FOUND, Worker={"Timeout": 29})
UNKNOWN = {
    **changed(FOUND, Worker={"Timeout": {"Ref": "Seconds"}}),
    "Parameters": {"Seconds": {"Type": "Number"}},
}
HTTP = {
    "Resources": {
        "Api": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP"),
        "Worker": resource("AWS::Lambda::Function", Timeout=31),
        "Integration": resource(
            "AWS::ApiGatewayV2::Integration",
            ApiId={"Ref": "Api"},
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn("Worker"),
        ),
        "Route": resource(
            "AWS::ApiGatewayV2::Route",
            ApiId={"Ref": "Api"},
            RouteKey="GET /orders",
            Target={"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
        ),
    }
}


def test_names_the_function_and_who_gives_up() -> None:
    """A minute behind an API that waits 29 seconds is found."""
    [finding] = findings(outlives_its_api, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Worker", "Timeout")
    assert "60 s" in finding.says
    assert "29 s" in finding.says


def test_accepts_what_the_api_waits_for() -> None:
    """A function that ends with the integration does not outlive it."""
    assert findings(outlives_its_api, CLEAN) == []


def test_is_silent_where_the_timeout_is_unknown() -> None:
    """A timeout that is known only after the deployment is told apart, not judged."""
    assert unresolved(outlives_its_api, UNKNOWN) == [("Worker", "Timeout")]


def test_takes_the_timeout_of_the_integration() -> None:
    """An integration may give up sooner, or later where the quota was raised."""
    sooner = {**INTEGRATION, "TimeoutInMillis": 10000}
    later = {**INTEGRATION, "TimeoutInMillis": 60000}

    assert len(findings(outlives_its_api, changed(CLEAN, Method={"Integration": sooner}))) == 1
    assert findings(outlives_its_api, changed(FOUND, Method={"Integration": later})) == []


def test_leaves_asynchronous_integrations_alone() -> None:
    """An integration that asks for an Event is answered at once."""
    event = {
        **INTEGRATION,
        "RequestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
    }

    assert findings(outlives_its_api, changed(FOUND, Method={"Integration": event})) == []


def test_leaves_streamed_answers_alone() -> None:
    """An integration that passes the answer on as it comes waits fifteen minutes."""
    streamed = {**INTEGRATION, "ResponseTransferMode": "STREAM"}

    assert findings(outlives_its_api, changed(FOUND, Method={"Integration": streamed})) == []


def test_warns_of_a_second_too_much() -> None:
    """Thirty seconds behind an API that waits 29 are a usual slip, and do little harm."""
    [finding] = findings(outlives_its_api, changed(FOUND, Worker={"Timeout": 30}))

    assert finding.severity is Severity.WARNING
    assert findings(outlives_its_api, FOUND)[0].severity is None


def test_tells_a_function_once() -> None:
    """Twenty methods before one function are one finding, with the shortest wait."""
    second = {
        **FOUND["Resources"]["Method"],
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "HttpMethod": "POST",
            "Integration": {**INTEGRATION, "TimeoutInMillis": 5000},
        },
    }

    [finding] = findings(outlives_its_api, changed(FOUND, Second=second))

    assert "waits for 5 s" in finding.says


@pytest.mark.parametrize(("protocol", "found"), [("HTTP", 0), ("WEBSOCKET", 1)])
def test_knows_how_long_each_api_waits(protocol: str, found: int) -> None:
    """HTTP APIs wait 30 seconds, WebSocket APIs 29."""
    template = changed(HTTP, Worker={"Timeout": 30}, Api={"ProtocolType": protocol})

    assert len(findings(outlives_its_api, HTTP)) == 1
    assert len(findings(outlives_its_api, template)) == found


def test_leaves_function_urls_alone() -> None:
    """A URL waits as long as the function takes."""
    url = {
        "Resources": {
            "Worker": resource("AWS::Lambda::Function", Timeout=900),
            "Url": resource(
                "AWS::Lambda::Url", AuthType="AWS_IAM", TargetFunctionArn=arn("Worker")
            ),
        }
    }

    assert findings(outlives_its_api, url) == []


def test_knows_the_five_seconds_of_a_user_pool() -> None:
    """Cognito calls a trigger again after five seconds; it does not wait for its senders."""
    pool = {
        "Resources": {
            "Worker": resource("AWS::Lambda::Function", Timeout=10),
            "Users": resource(
                "AWS::Cognito::UserPool", LambdaConfig={"PostConfirmation": arn("Worker")}
            ),
        }
    }

    sender = {"LambdaConfig": {"CustomSMSSender": {"LambdaArn": arn("Worker")}}}

    [finding] = findings(outlives_its_api, pool)

    assert "5 s" in finding.says
    assert findings(outlives_its_api, changed(pool, Users=sender)) == []


def test_knows_a_load_balancers_idle_timeout() -> None:
    """A load balancer closes the connection after its idle timeout, sixty seconds by default."""
    balanced = {
        "Resources": {
            "Balancer": resource(
                "AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internet-facing"
            ),
            "Listener": resource(
                "AWS::ElasticLoadBalancingV2::Listener",
                LoadBalancerArn={"Ref": "Balancer"},
                DefaultActions=[{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
            ),
            "Group": resource(
                "AWS::ElasticLoadBalancingV2::TargetGroup",
                TargetType="lambda",
                Targets=[{"Id": arn("Worker")}],
            ),
            "Worker": resource("AWS::Lambda::Function", Timeout=90),
        }
    }
    patient = {"LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "120"}]}

    assert len(findings(outlives_its_api, balanced)) == 1
    assert findings(outlives_its_api, changed(balanced, Balancer=patient)) == []


def test_reads_an_openapi_document() -> None:
    """An API may declare its integrations, and their timeouts, in its body."""
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}
    described = {
        "Resources": {
            "Worker": resource("AWS::Lambda::Function", Timeout=20),
            "Api": resource(
                "AWS::ApiGateway::RestApi",
                Body={
                    "openapi": "3.0.1",
                    "paths": {"/": {"get": {"x-amazon-apigateway-integration": integration}}},
                },
            ),
        }
    }

    assert findings(outlives_its_api, described) == []
    integration["timeoutInMillis"] = 10000  # type: ignore[assignment]
    assert len(findings(outlives_its_api, described)) == 1
