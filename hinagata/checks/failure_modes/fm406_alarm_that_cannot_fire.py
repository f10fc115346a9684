"""An alarm that measures nothing.

CloudWatch takes any name for a metric's dimensions. Leave one out, or give it something else than
what the service writes there, and the alarm measures a metric that has no data: it stands at
`INSUFFICIENT_DATA`, or at `OK` where missing data count as not breaching, for ever. It looks like
a watch and is none.

Two things are looked at, for the namespaces of the table in this check's module only:

- the dimensions without which the service publishes nothing: an alarm in `AWS/SQS` without
  `QueueName`, one in `AWS/ApplicationELB` with `TargetGroup` but no `LoadBalancer`, one in
  `AWS/CloudFront` without `Region` (which is `Global`);
- what a dimension refers to: `TopicName` wants the topic's name, but `Ref` of a topic is its ARN;
  `ApiName` wants the API's name, but `Ref` of a REST API is its id.

Metrics that a service also publishes without dimensions, as AWS Lambda does for all functions
together, are no finding.

## How to mend it

Give the dimension that is named, from the attribute that is named; the CDK's `metric_...` methods
set them right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hinagata.checks.alarm_metrics import Metric, metrics
from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.value import Reference, Unknown, Value


class _Namespace(NamedTuple):
    """What a service publishes.

    Attributes:
        wanted: Sets of dimensions; each metric has those of one set at least.
        only: Beginnings of the metrics that this holds for; other ones may have no dimensions.
    """

    wanted: tuple[frozenset[str], ...]
    only: tuple[str, ...] = ("",)


def _one_of(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(each.split()) for each in sets)


# The services' own pages on their metrics, and the same as code: the *-canned-metrics of
# aws-cdk-lib 2.275.0, which are generated from CloudWatch's own catalogue.
_NAMESPACES = {
    "AWS/SQS": _Namespace(_one_of("QueueName")),
    "AWS/SNS": _Namespace(_one_of("TopicName"), only=("NumberOfMessagesPublished", "PublishSize")),
    "AWS/Kinesis": _Namespace(_one_of("StreamName")),
    "AWS/Firehose": _Namespace(
        _one_of("DeliveryStreamName"), only=("DeliveryTo", "BackupToS3", "Incoming")
    ),
    "AWS/ApiGateway": _Namespace(_one_of("ApiName", "ApiId")),
    "AWS/ApplicationELB": _Namespace(_one_of("LoadBalancer")),
    "AWS/NetworkELB": _Namespace(_one_of("LoadBalancer")),
    "AWS/DynamoDB": _Namespace(
        _one_of("TableName"),
        only=(
            "ReadThrottleEvents",
            "WriteThrottleEvents",
            "Consumed",
            "ThrottledRequests",
            "SystemErrors",
            "SuccessfulRequestLatency",
        ),
    ),
    "AWS/States": _Namespace(_one_of("StateMachineArn"), only=("Executions", "ExecutionTime")),
    "AWS/ECS": _Namespace(_one_of("ClusterName"), only=("CPU", "Memory")),
    "AWS/CloudFront": _Namespace(_one_of("DistributionId Region")),
}
# These are published by target group alone, too.
_BY_TARGET_GROUP = ("RequestCountPerTarget", "LambdaInternalError", "LambdaUserError")

# Dimension: the types it can name, each with the attributes that give what it wants ("Ref" for
# Ref); from the return values of each type in the CloudFormation reference.
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "QueueName": {"AWS::SQS::Queue": ("QueueName",)},
    "TopicName": {"AWS::SNS::Topic": ("TopicName",)},
    "FunctionName": {"AWS::Lambda::Function": ("Ref",)},
    "StreamName": {"AWS::Kinesis::Stream": ("Ref",)},
    "DeliveryStreamName": {"AWS::KinesisFirehose::DeliveryStream": ("Ref",)},
    "TableName": {
        "AWS::DynamoDB::Table": ("Ref",),
        "AWS::DynamoDB::GlobalTable": ("Ref",),
    },
    "LoadBalancer": {"AWS::ElasticLoadBalancingV2::LoadBalancer": ("LoadBalancerFullName",)},
    "TargetGroup": {"AWS::ElasticLoadBalancingV2::TargetGroup": ("TargetGroupFullName",)},
    "StateMachineArn": {"AWS::StepFunctions::StateMachine": ("Ref", "Arn")},
    "ApiName": {"AWS::ApiGateway::RestApi": ()},
    "ApiId": {"AWS::ApiGatewayV2::Api": ("Ref", "ApiId")},
    "ClusterName": {"AWS::ECS::Cluster": ("Ref",)},
    "ServiceName": {"AWS::ECS::Service": ("Name",)},
    "DistributionId": {"AWS::CloudFront::Distribution": ("Ref", "Id")},
}


@check(
    id="FM406",
    title="Alarm that cannot fire",
    severity=Severity.ERROR,
    reason="Its metric never has data, because a dimension is missing or names the wrong thing: it "
    "looks like a watch and is none.",
    sources=(
        (
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
            "sqs-available-cloudwatch-metrics.html"
        ),
        (
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
            "load-balancer-cloudwatch-metrics.html"
        ),
        (
            "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
            "programming-cloudwatch-metrics.html"
        ),
        (
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
            "api-gateway-metrics-and-dimensions.html"
        ),
    ),
    fix="Give the metric the dimension that its service publishes it with.",
)
def alarm_that_cannot_fire(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Compares each alarm's dimensions with what its service publishes."""
    for metric in metrics(topology):
        if metric.namespace not in _NAMESPACES and metric.namespace != "AWS/Lambda":
            continue
        if metric.dimensions is None:
            yield Unresolved(node=metric.alarm, property=metric.path)
            continue
        if missing := _missing(metric, metric.dimensions):
            yield Finding(
                node=metric.alarm,
                property=metric.path,
                says=f"{metric.namespace} publishes {metric.name} with {missing}, which is not "
                "among its dimensions"
                + (f" ({', '.join(metric.dimensions)})" if metric.dimensions else ""),
            )
            continue
        for name, value in metric.dimensions.items():
            if isinstance(value, Unknown):
                yield Unresolved(node=metric.alarm, property=metric.path)
            elif wrong := _wrong(name, value):
                yield Finding(
                    node=metric.alarm,
                    property=metric.path,
                    says=f"its dimension {name} is {wrong}",
                    related=(value.node,) if isinstance(value, Reference) else (),
                )


def _missing(metric: Metric, dimensions: Mapping[str, Value]) -> str:
    namespace = _NAMESPACES.get(metric.namespace or "")
    if (
        namespace is None
        or metric.name is None
        or not metric.name.startswith(namespace.only)
        or any(wanted <= dimensions.keys() for wanted in namespace.wanted)
        or (metric.name in _BY_TARGET_GROUP and "TargetGroup" in dimensions)
    ):
        return ""
    return " or ".join(
        " and ".join(sorted(wanted - dimensions.keys())) for wanted in namespace.wanted
    )


def _wrong(name: str, value: Value) -> str:
    if name not in _NAMES or not isinstance(value, Reference):
        return ""
    type_, attribute = value.node.type, value.attribute
    if type_.startswith("Hinagata::"):
        return ""
    if type_ not in _NAMES[name]:
        return f"the {attribute} of {value.node.name}, which is of type {type_}"
    right = _NAMES[name][type_]
    if attribute in right:
        return ""
    wanted = f"{right[0]} of it" if right else "its name"
    return f"the {attribute} of {value.node.name}, but {wanted} is what is published"
