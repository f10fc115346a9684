"""An API answers with errors and nobody is told."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm405_unwatched_api import unwatched_api
from tests.workbench.checks.judgement import changed, findings, resource, unresolved


def alarm(namespace: str, metric: str, dimension: str, value: Any) -> dict[str, Any]:
    """Return an alarm on a metric."""
    return resource(
        "AWS::CloudWatch::Alarm",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": value}],
    )


FOUND = {"Resources": {"Api": resource("AWS::ApiGateway::RestApi", Name="orders")}}
CLEAN = changed(FOUND, Alarm=alarm("AWS/ApiGateway", "5XXError", "ApiName", "orders"))
UNKNOWN = {
    **changed(FOUND, Alarm=alarm("AWS/ApiGateway", "5XXError", "ApiName", {"Ref": "Watched"})),
    "Parameters": {"Watched": {"Type": "String"}},
}
FULL_NAME = {"Fn::GetAtt": ["Api", "LoadBalancerFullName"]}


def test_finds_an_api_without_an_alarm() -> None:
    """A REST API whose 5xx nothing measures is found."""
    [finding] = findings(unwatched_api, FOUND)

    assert finding.node.logical_id == "Api"
    assert "5XXError" in finding.says


def test_accepts_an_alarm_on_its_failures() -> None:
    """An alarm by the API's name is a watch."""
    assert findings(unwatched_api, CLEAN) == []


def test_is_silent_where_an_alarm_may_be_on_it() -> None:
    """An alarm of the same stack whose API is unknown may be the one."""
    assert unresolved(unwatched_api, UNKNOWN) == [("Alarm", "Dimensions")]


@pytest.mark.parametrize(
    ("api", "watch"),
    [
        (
            resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP"),
            alarm("AWS/ApiGateway", "5xx", "ApiId", {"Ref": "Api"}),
        ),
        (
            resource("AWS::ApiGatewayV2::Api", ProtocolType="WEBSOCKET"),
            alarm("AWS/ApiGateway", "ExecutionError", "ApiId", {"Ref": "Api"}),
        ),
        (
            resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Type="application"),
            alarm("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", FULL_NAME),
        ),
    ],
)
def test_knows_the_metric_of_each_kind(api: dict[str, Any], watch: dict[str, Any]) -> None:
    """HTTP APIs, WebSocket APIs and load balancers name their failures differently."""
    template = {"Resources": {"Api": api}}

    assert len(findings(unwatched_api, template)) == 1
    assert findings(unwatched_api, changed(template, Alarm=watch)) == []


def test_does_not_ask_a_network_load_balancer() -> None:
    """It does not know what it carries."""
    network = changed(
        FOUND, Api=resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Type="network")
    )

    assert findings(unwatched_api, network) == []
