"""What alarms say."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import (
    ALIAS,
    FUNCTION,
    QUEUE,
    TOPIC,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)

AROUND: dict[str, Any] = {
    "Orders": resource("SQS::Queue", QueueName="orders"),
    "Work": resource("Lambda::Function", FunctionName="worker"),
    "Live": ALIAS,
    "Clicks": resource("Kinesis::Stream", Name="clicks"),
    "Api": resource(
        "ApiGateway::RestApi", Name="shop", EndpointConfiguration={"Types": ["PRIVATE"]}
    ),
    "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal", Name="front"),
    "Listener": resource(
        "ElasticLoadBalancingV2::Listener",
        LoadBalancerArn=ref("Balancer"),
        DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
    ),
    "Group": resource("ElasticLoadBalancingV2::TargetGroup"),
    "Cluster": resource("ECS::Cluster", ClusterName="all"),
    "Shop": resource("ECS::Service", ServiceName="shop"),
    "Stock": resource("DynamoDB::Table", TableName="stock"),
    "Steps": resource("StepFunctions::StateMachine"),
    "Bus": resource("Events::EventBus", Name="events"),
    "Rule": resource("Events::Rule", Name="rule", EventBusName=ref("Bus")),
    "Site": resource("CloudFront::Distribution"),
}


def dimensions(**values: object) -> list[dict[str, object]]:
    """Return the dimensions of a metric."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def alarm(namespace: str, metric: str = "M", **values: object) -> dict[str, Any]:
    """Return an alarm of a metric."""
    return resource(
        "CloudWatch::Alarm",
        Namespace=f"AWS/{namespace}",
        MetricName=metric,
        Dimensions=dimensions(**values),
    )


def attribute(name: str, of: str) -> dict[str, Any]:
    """Return a reference to an attribute."""
    return {"Fn::GetAtt": [of, name]}


@pytest.mark.parametrize(
    ("watching", "watched"),
    [
        (alarm("SQS", QueueName=attribute("QueueName", "Orders")), ["Orders"]),
        (alarm("SQS", QueueName="orders"), ["Orders"]),
        (alarm("SQS", QueueName="elsewhere"), []),
        (alarm("SQS"), []),
        (alarm("Lambda", FunctionName=ref("Work")), ["Work"]),
        (alarm("Lambda", FunctionName="worker", Resource="worker:live"), ["Work through Live"]),
        (
            alarm("Lambda", FunctionName=ref("Work"), Resource=sub("${Work}:live")),
            ["Work through Live"],
        ),
        (alarm("Kinesis", StreamName=ref("Clicks")), ["Clicks"]),
        (alarm("ApiGateway", ApiName="shop", Stage="live"), ["Api"]),
        (alarm("ApiGateway", ApiId=ref("Api")), ["Api"]),
        (
            alarm("ApplicationELB", LoadBalancer=attribute("LoadBalancerFullName", "Balancer")),
            ["Balancer"],
        ),
        (alarm("ApplicationELB", LoadBalancer="app/front/0123456789abcdef"), ["Balancer"]),
        (
            alarm("ApplicationELB", TargetGroup=attribute("TargetGroupFullName", "Group")),
            ["Group", "Balancer"],
        ),
        (alarm("DynamoDB", TableName="stock", Operation="PutItem"), ["Stock"]),
        (alarm("ECS", ClusterName=ref("Cluster"), ServiceName=attribute("Name", "Shop")), ["Shop"]),
        (alarm("ECS", ClusterName="all"), ["Cluster"]),
        (alarm("States", StateMachineArn=ref("Steps")), ["Steps"]),
        (alarm("Events", EventBusName=ref("Bus"), RuleName="rule"), ["Rule"]),
        (alarm("Events", EventBusName="events"), ["Bus"]),
        (alarm("CloudFront", DistributionId=ref("Site"), Region="Global"), ["Site"]),
    ],
)
def test_an_alarm_watches_what_its_dimensions_name(
    watching: dict[str, Any], watched: list[str]
) -> None:
    """By reference or by name; the finer of two dimensions decides."""
    topology = read(Alarm=watching, **AROUND)

    assert lines(topology, Kind.WATCHES) == [f"Alarm watches {each} M" for each in watched]


def test_the_load_balancers_name_in_a_listeners_arn_counts() -> None:
    """So the CDK writes it for metrics of a target group."""
    pieces = [{"Fn::Select": [at, {"Fn::Split": ["/", ref("Listener")]}]} for at in (1, 2, 3)]
    joined = {"Fn::Join": ["/", pieces]}
    topology = read(Alarm=alarm("ApplicationELB", LoadBalancer=joined), **AROUND)

    assert lines(topology, Kind.WATCHES) == ["Alarm watches Balancer M"]


def test_an_own_metric_watches_what_it_refers_to() -> None:
    """A name that is only written out may be anything there."""
    own = {"Namespace": "Shop", "MetricName": "Rejected"}
    topology = read(
        Orders=resource("SQS::Queue", QueueName="orders"),
        Named=resource("CloudWatch::Alarm", Dimensions=dimensions(QueueName="orders"), **own),
        Referring=resource(
            "CloudWatch::Alarm",
            Dimensions=dimensions(Queue=attribute("QueueName", "Orders")),
            **own,
        ),
    )

    assert lines(topology) == ["Referring watches Orders Rejected"]


def test_every_metric_of_a_formula_is_watched() -> None:
    """The expression itself is none."""

    def measured(name: str) -> dict[str, Any]:
        values = dimensions(FunctionName=ref("Work"))
        metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": values}
        return {"Id": name.lower(), "MetricStat": {"Metric": metric, "Stat": "Sum"}}

    formula = {"Id": "rate", "Expression": "errors / invocations"}
    topology = read(
        Work=FUNCTION,
        Alarm=resource(
            "CloudWatch::Alarm", Metrics=[formula, measured("Errors"), measured("Invocations")]
        ),
    )

    assert lines(topology) == ["Alarm watches Work Errors", "Alarm watches Work Invocations"]


@pytest.mark.parametrize(
    "rule",
    [
        sub('ALARM("${Late.Arn}") OR ALARM("${Failing}")'),
        {"Fn::Join": ["", ["(ALARM(", arn("Late"), ") OR ALARM(", arn("Failing"), "))"]]},
        "ALARM(late) AND NOT OK('failing')",
    ],
)
def test_a_composite_alarm_watches_its_parts_and_what_they_watch(rule: object) -> None:
    """Named by ARN or by name."""
    late = alarm("SQS", "Age", QueueName=attribute("QueueName", "Orders"))
    failing = alarm("Lambda", "Errors", FunctionName=ref("Work"))
    late["Properties"]["AlarmName"] = "late"
    failing["Properties"]["AlarmName"] = "failing"
    topology = read(
        Orders=QUEUE,
        Work=FUNCTION,
        News=TOPIC,
        Late=late,
        Failing=failing,
        Both=resource("CloudWatch::CompositeAlarm", AlarmRule=rule, AlarmActions=[ref("News")]),
    )

    assert lines(topology) == [
        "Late watches Orders Age",
        "Failing watches Work Errors",
        "Both watches Late",
        "Both watches Failing",
        "Both watches Orders Age",
        "Both watches Work Errors",
        "Both notifies News",
    ]


def test_composite_alarms_in_a_circle_end() -> None:
    """A broken template is read all the same."""
    topology = read(
        One=resource("CloudWatch::CompositeAlarm", AlarmRule=sub("ALARM(${Two})")),
        Two=resource("CloudWatch::CompositeAlarm", AlarmRule=sub("ALARM(${One})")),
    )

    assert lines(topology) == ["One watches Two", "Two watches One"]


def test_an_alarm_tells_whom_it_names() -> None:
    """Topics and functions, unless its actions are off."""
    actions = [ref("News"), arn("Work")]
    topology = read(
        News=TOPIC,
        Work=FUNCTION,
        Alarm=resource("CloudWatch::Alarm", AlarmActions=actions),
        Silent=resource("CloudWatch::Alarm", AlarmActions=actions, ActionsEnabled=False),
    )

    assert lines(topology) == ["Alarm notifies News", "Alarm notifies Work"]
