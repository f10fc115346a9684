"""An alarm that measures nothing."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm406_alarm_that_cannot_fire import alarm_that_cannot_fire
from tests.workbench.checks.judgement import changed, findings, resource, unresolved


def dimension(name: str, value: Any) -> dict[str, Any]:
    """Return a dimension."""
    return {"Name": name, "Value": value}


def of(logical_id: str, attribute: str) -> dict[str, Any]:
    """Return what refers to an attribute of a resource."""
    return {"Ref": logical_id} if attribute == "Ref" else {"Fn::GetAtt": [logical_id, attribute]}


FOUND = {
    "Resources": {
        "Orders": resource("AWS::SQS::Queue"),
        "Alarm": resource(
            "AWS::CloudWatch::Alarm",
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[dimension("QueueName", of("Orders", "Arn"))],
        ),
    }
}
CLEAN = changed(FOUND, Alarm={"Dimensions": [dimension("QueueName", of("Orders", "QueueName"))]})
UNKNOWN = {
    **changed(FOUND, Alarm={"Dimensions": [dimension("QueueName", {"Ref": "Watched"})]}),
    "Parameters": {"Watched": {"Type": "String"}},
}


def test_finds_a_dimension_of_the_wrong_attribute() -> None:
    """An ARN where the queue's name belongs measures nothing."""
    [finding] = findings(alarm_that_cannot_fire, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Alarm", "Dimensions")
    assert "QueueName of it is what is published" in finding.says


def test_accepts_the_name() -> None:
    """The queue's name is what SQS publishes."""
    assert findings(alarm_that_cannot_fire, CLEAN) == []


def test_is_silent_where_the_value_is_unknown() -> None:
    """A name that a parameter gives may be right."""
    assert unresolved(alarm_that_cannot_fire, UNKNOWN) == [("Alarm", "Dimensions")]


@pytest.mark.parametrize(
    ("namespace", "metric", "names", "missing"),
    [
        ("AWS/SQS", "NumberOfMessagesSent", [], "QueueName"),
        ("AWS/ApiGateway", "5XXError", ["Stage"], "ApiName or ApiId"),
        ("AWS/ApplicationELB", "UnHealthyHostCount", ["TargetGroup"], "LoadBalancer"),
        ("AWS/CloudFront", "5xxErrorRate", ["DistributionId"], "Region"),
        ("AWS/States", "ExecutionsFailed", [], "StateMachineArn"),
    ],
)
def test_finds_a_missing_dimension(
    namespace: str, metric: str, names: list[str], missing: str
) -> None:
    """Without what its service publishes it with, a metric has no data."""
    template = changed(
        FOUND,
        Alarm={
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [dimension(name, "x") for name in names],
        },
    )

    [finding] = findings(alarm_that_cannot_fire, template)

    assert f"with {missing}, which is not" in finding.says


@pytest.mark.parametrize(
    ("namespace", "metric", "names"),
    [
        ("AWS/Lambda", "Errors", []),
        ("AWS/DynamoDB", "UserErrors", []),
        ("AWS/SNS", "SMSMonthToDateSpentUSD", []),
        ("AWS/ApplicationELB", "RequestCountPerTarget", ["TargetGroup"]),
        ("AWS/ApplicationELB", "UnHealthyHostCount", ["TargetGroup", "LoadBalancer"]),
        ("AWS/CloudFront", "5xxErrorRate", ["DistributionId", "Region"]),
        ("Shop", "Orders", []),
    ],
)
def test_accepts_what_is_published_without(namespace: str, metric: str, names: list[str]) -> None:
    """Sums over an account, and metrics of one's own, need no dimension."""
    template = changed(
        FOUND,
        Alarm={
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [dimension(name, "x") for name in names],
        },
    )

    assert findings(alarm_that_cannot_fire, template) == []


@pytest.mark.parametrize(
    ("type_", "namespace", "name", "right", "wrong"),
    [
        ("AWS::SNS::Topic", "AWS/SNS", "TopicName", "TopicName", "Ref"),
        ("AWS::Lambda::Function", "AWS/Lambda", "FunctionName", "Ref", "Arn"),
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AWS/ApplicationELB",
            "LoadBalancer",
            "LoadBalancerFullName",
            "Ref",
        ),
        ("AWS::StepFunctions::StateMachine", "AWS/States", "StateMachineArn", "Ref", "Name"),
        ("AWS::ApiGatewayV2::Api", "AWS/ApiGateway", "ApiId", "Ref", "ApiEndpoint"),
    ],
)
def test_knows_what_each_dimension_names(
    type_: str, namespace: str, name: str, right: str, wrong: str
) -> None:
    """One attribute of a resource is published; the others measure nothing."""

    def measuring(attribute: str) -> dict[str, Any]:
        return changed(
            FOUND,
            Orders=resource(type_),
            Alarm={
                "Namespace": namespace,
                "MetricName": "Any",
                "Dimensions": [dimension(name, of("Orders", attribute))],
            },
        )

    assert findings(alarm_that_cannot_fire, measuring(right)) == []
    assert len(findings(alarm_that_cannot_fire, measuring(wrong))) == 1


def test_finds_the_name_of_another_kind_of_resource() -> None:
    """A topic's name where a queue's belongs measures nothing."""
    template = changed(
        FOUND,
        Orders=resource("AWS::SNS::Topic"),
        Alarm={"Dimensions": [dimension("QueueName", of("Orders", "TopicName"))]},
    )

    [finding] = findings(alarm_that_cannot_fire, template)

    assert "AWS::SNS::Topic" in finding.says


def test_looks_inside_metric_math() -> None:
    """A metric of an expression needs its dimensions too, and the finding says which."""
    stat = {"Metric": {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"}, "Period": 60}
    template = changed(
        FOUND,
        Alarm=resource(
            "AWS::CloudWatch::Alarm",
            Metrics=[{"Id": "rate", "Expression": "sent / 60"}, {"Id": "sent", "MetricStat": stat}],
        ),
    )

    [finding] = findings(alarm_that_cannot_fire, template)

    assert finding.property == "Metrics.1.MetricStat.Metric.Dimensions"
