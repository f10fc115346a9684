"""An API answers with errors and nobody is told.

What a client gets to see is the answer of the API or of the load balancer. A 5xx there is a
failure whatever caused it: a function that throws, one that takes too long, one that is throttled,
a task that is gone. One alarm sees them all.

Counted are alarms on `5XXError` of a REST API, `5xx` of an HTTP API, `ExecutionError` or
`IntegrationError` of a WebSocket API, and `HTTPCode_ELB_5XX_Count` or `HTTPCode_Target_5XX_Count`
of an Application Load Balancer, alone or in metric math. Network Load Balancers do not know
what they carry, so they are left out.

## How to mend it

An alarm on that metric, better as a share of `Count` or `RequestCount` than as a number, with an
action that reaches somebody. For a load balancer, take both: `HTTPCode_ELB_5XX_Count` is what it
answers itself, with no healthy target, and `HTTPCode_Target_5XX_Count` what the targets answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.alarm_metrics import undecided
from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_LOAD_BALANCER = (
    "HTTPCode_Target_5XX_Count",
    "HTTPCode_ELB_5XX_Count",
    "HTTPCode_ELB_500_Count",
    "HTTPCode_ELB_502_Count",
    "HTTPCode_ELB_503_Count",
    "HTTPCode_ELB_504_Count",
)


@check(
    id="FM405",
    title="API whose failures nobody is told of",
    severity=Severity.WARNING,
    reason="Clients get 5xx answers, whatever the cause, and no alarm tells.",
    sources=(
        (
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
            "Best_Practice_Recommended_Alarms_AWS_Services.html"
        ),
        (
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
            "api-gateway-metrics-and-dimensions.html"
        ),
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html",
        (
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
            "load-balancer-cloudwatch-metrics.html"
        ),
    ),
    fix="Add an alarm on the 5xx metric of the API or load balancer.",
)
def unwatched_api(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for an alarm on the 5xx answers of each API and load balancer."""
    for node in topology.of_type(
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ):
        namespace, wanted = _metrics(node)
        if not wanted or topology.alarms(node, *wanted):
            continue
        if alarm := undecided(topology, node, namespace, *wanted):
            yield Unresolved(node=alarm, property="Dimensions")
        else:
            yield Finding(
                node=node,
                property="",
                says=f"no alarm watches its {' or '.join(wanted[:2])}",
            )


def _metrics(node: Node) -> tuple[str, tuple[str, ...]]:
    if node.type == "AWS::ApiGateway::RestApi":
        return "AWS/ApiGateway", ("5XXError",)
    if node.type == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        is_application = node.get("Type") in (None, "application")
        return "AWS/ApplicationELB", _LOAD_BALANCER if is_application else ()
    if node.get("ProtocolType") == "WEBSOCKET":
        return "AWS/ApiGateway", ("ExecutionError", "IntegrationError")
    return "AWS/ApiGateway", ("5xx",)
