"""FM901: cold starts on a synchronous path."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm901_cold_start import cold_start
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, ref, resource, said

ON_VERSIONS = {"SnapStart": {"ApplyOn": "PublishedVersions"}}


def served(function: Any = None, target: Any = None, **more: Any) -> dict[str, Any]:
    """An API before a function, in Java if none is given."""
    uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
    return t.template(
        Api=resource("ApiGatewayV2::Api", Name="shop", ProtocolType="HTTP"),
        Integration=resource(
            "ApiGatewayV2::Integration",
            ApiId=ref("Api"),
            IntegrationType="AWS_PROXY",
            IntegrationUri={"Fn::Sub": [uri, {"Arn": target or arn("Handler")}]},
        ),
        Route=resource(
            "ApiGatewayV2::Route",
            ApiId=ref("Api"),
            RouteKey="$default",
            Target={"Fn::Sub": "integrations/${Integration}"},
        ),
        Handler=function or t.function(Runtime="java21"),
        **more,
    )


def live(**alias: Any) -> dict[str, Any]:
    """A version and an alias of it."""
    return {
        "Version": resource("Lambda::Version", FunctionName=ref("Handler")),
        "Live": resource(
            "Lambda::Alias",
            FunctionName=ref("Handler"),
            FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
            Name="live",
            **alias,
        ),
    }


FOUND = served()
CLEAN = served(t.function())
UNKNOWN = served(t.function(Runtime=t.UNKNOWN))


def test_finds_java_behind_an_api() -> None:
    """Whoever calls the API waits for the JVM."""
    found = finding(cold_start, FOUND)

    assert found.node.name == "Handler"
    assert "java21 starts slowly" in found.says


def test_is_content_with_a_runtime_that_starts_fast() -> None:
    """Python is fine, also in a VPC."""
    in_vpc = t.function(VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})

    assert said(cold_start, CLEAN) == []
    assert said(cold_start, served(in_vpc)) == []


def test_says_nothing_of_an_unknown_runtime() -> None:
    """A runtime that is known only after the deployment is no finding."""
    assert t.unresolved(cold_start, UNKNOWN)


@pytest.mark.parametrize("properties", [{"Runtime": "dotnet8"}, {"PackageType": "Image"}])
def test_finds_dotnet_and_containers(properties: dict[str, str]) -> None:
    """These start slowly too."""
    handler = resource("Lambda::Function", Code={"ImageUri": "image"}, **properties)

    assert finding(cold_start, served(handler)).node.name == "Handler"


def test_is_content_with_snap_start_behind_an_alias() -> None:
    """A published version starts from its snapshot."""
    handler = t.function(Runtime="java21", **ON_VERSIONS)

    assert said(cold_start, served(handler, ref("Live"), **live())) == []


def test_warns_of_snap_start_that_has_no_effect() -> None:
    """$LATEST has no snapshot, whatever the runtime."""
    handler = t.function(**ON_VERSIONS)

    found = finding(cold_start, served(handler))

    assert found.severity is Severity.WARNING
    assert "$LATEST is invoked by Api" in found.says


def test_is_content_with_provisioned_concurrency() -> None:
    """Environments that are kept ready need no start."""
    ready = live(ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 2})

    assert said(cold_start, served(target=ref("Live"), **ready)) == []


def test_finds_an_alias_without_either() -> None:
    """An alias alone makes nothing faster."""
    assert finding(cold_start, served(target=ref("Live"), **live())).node.name == "Handler"


@pytest.mark.parametrize(("expression", "found"), [("rate(5 minutes)", 0), ("rate(1 hour)", 1)])
def test_leaves_out_a_function_that_a_schedule_keeps_warm(expression: str, found: int) -> None:
    """A ping every five minutes keeps an environment, one an hour does not."""
    pinged = served(
        Ping=resource(
            "Events::Rule",
            ScheduleExpression=expression,
            Targets=[{"Id": "0", "Arn": arn("Handler")}],
        )
    )

    assert len(t.findings(cold_start, pinged)) == found


def test_leaves_out_a_queue_consumer() -> None:
    """Behind a queue nobody waits."""
    polled = t.template(
        Orders=resource("SQS::Queue"),
        Handler=t.function(Runtime="java21"),
        FromOrders=t.mapping(arn("Orders"), arn("Handler")),
    )

    assert said(cold_start, polled) == []
