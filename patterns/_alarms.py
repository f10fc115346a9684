"""Alarms that can fire, and that tell somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from patterns._acknowledgements import ALARM_TOPIC, PEOPLE_SUBSCRIBE, acknowledge
from patterns._asked import arn_of, service, stack_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from constructs import Construct

_TOPIC_ID = "OperatorAlarms"
_TOPICS: WeakKeyDictionary[cdk.Stack, sns.Topic] = WeakKeyDictionary()


def operator_alarms(scope: Construct) -> sns.ITopic:
    """The stack's own topic for alarms, made on first use; people subscribe to it.

    It is not encrypted at rest: CloudWatch cannot publish to a topic under the AWS-managed key,
    and a key of its own costs money every month (source:
    docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). Alarm texts hold no user data.
    """
    stack = stack_of(scope)
    if stack in _TOPICS:
        return _TOPICS[stack]
    topic = sns.Topic(stack, _TOPIC_ID, enforce_ssl=True)
    # Any policy replaces the default one, which let the account's own services publish
    # (repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger).
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsMayPublish",
            actions=["sns:Publish"],
            principals=[service("cloudwatch.amazonaws.com")],
            resources=[arn_of(topic)],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    acknowledge(topic, ALARM_TOPIC, PEOPLE_SUBSCRIBE)
    _TOPICS[stack] = topic
    return topic


def alarm(
    scope: Construct,
    construct_id: str,
    *,
    says: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, str],
    above: float,
    statistic: str = "Maximum",
    minutes: int = 1,
    tells: sns.ITopic,
) -> cloudwatch.CfnAlarm:
    """An alarm on one metric of one resource.

    Dimensions are required: an AWS/* metric without its resource's dimension has no data, and its
    alarm can never fire. Missing data is no breach, because an idle serverless resource emits
    nothing.

    Args:
        scope: The pattern that the alarm belongs to.
        construct_id: Id below `scope`.
        says: What happened, for the person who is woken.
        namespace: CloudWatch namespace, e.g. "AWS/SQS".
        metric: Metric name.
        dimensions: Dimension names to the resource's values.
        above: Threshold.
        statistic: Statistic, e.g. "Sum" or "p99".
        minutes: How many consecutive minutes must breach.
        tells: Topic that is told.
    """
    percentile = statistic.startswith("p")
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_description=says,
        namespace=namespace,
        metric_name=metric,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
            for name, value in dimensions.items()
        ],
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        statistic=None if percentile else statistic,
        extended_statistic=statistic if percentile else None,
        period=60,
        evaluation_periods=minutes,
        treat_missing_data="notBreaching",
        alarm_actions=[arn_of(tells)],
    )


def alarm_over(
    scope: Construct,
    construct_id: str,
    *,
    says: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, str],
    over: tuple[str, Sequence[str]],
    above: float,
    minutes: int = 1,
    tells: sns.ITopic,
) -> cloudwatch.CfnAlarm:
    """An alarm on the sum of a metric that exists only for each value of one more dimension.

    Args:
        scope: The pattern that the alarm belongs to.
        construct_id: Id below `scope`.
        says: What happened, for the person who is woken.
        namespace: CloudWatch namespace, e.g. "AWS/DynamoDB".
        metric: Metric name.
        dimensions: Dimension names to the resource's values.
        over: The further dimension, and its values; at most ten.
        above: Threshold of the sum over them, of a minute.
        minutes: How many consecutive minutes must breach.
        tells: Topic that is told.
    """
    further, values = over
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_description=says,
        metrics=[
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id="sum", expression="SUM(METRICS())", return_data=True
            ),
            *(
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id=f"m{index}",
                    metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                        metric=cloudwatch.CfnAlarm.MetricProperty(
                            namespace=namespace,
                            metric_name=metric,
                            dimensions=[
                                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=each)
                                for name, each in {**dimensions, further: value}.items()
                            ],
                        ),
                        period=60,
                        stat="Sum",
                    ),
                    return_data=False,
                )
                for index, value in enumerate(values)
            ),
        ],
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        evaluation_periods=minutes,
        treat_missing_data="notBreaching",
        alarm_actions=[arn_of(tells)],
    )
