"""Five small architectures as the CDK's own constructs make them, with default settings.

What a first draft looks like: nothing is set but what the constructors require. They are the
yardstick of the checks: what is found here must be true, and much of it nobody else finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as ecs_patterns
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

if TYPE_CHECKING:
    from pathlib import Path

# What `cdk init` writes into a new project and what changes which resources there are.
_NEW_PROJECT = {
    "@aws-cdk/aws-apigateway:disableCloudWatchRole": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-lambda:useCdkManagedLogGroup": True,
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": True,
    "@aws-cdk/aws-ecs:removeDefaultDeploymentAlarm": True,
}


def synthesize(directory: Path) -> None:
    """Synthesizes each architecture into a stack of its own."""
    app = cdk.App(
        outdir=str(directory),
        analytics_reporting=False,
        # Others validate templates; here it would only take time.
        builtin_cloud_formation_validation=False,
        post_cli_context=_NEW_PROJECT,
    )
    for architecture in (_api, _queue, _fan_out, _stream, _service):
        name = architecture.__name__.removeprefix("_").title().replace("_", "")
        architecture(cdk.Stack(app, name))
    app.synth()


def _function(stack: cdk.Stack) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


def _api(stack: cdk.Stack) -> None:
    apigateway.LambdaRestApi(stack, "Api", handler=_function(stack))


def _queue(stack: cdk.Stack) -> None:
    _function(stack).add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue")))


def _fan_out(stack: cdk.Stack) -> None:
    queue = sqs.Queue(stack, "Queue")
    sns.Topic(stack, "Topic").add_subscription(subscriptions.SqsSubscription(queue))


def _stream(stack: cdk.Stack) -> None:
    _function(stack).add_event_source(
        event_sources.KinesisEventSource(
            kinesis.Stream(stack, "Stream"), starting_position=lambda_.StartingPosition.LATEST
        )
    )


def _service(stack: cdk.Stack) -> None:
    ecs_patterns.ApplicationLoadBalancedFargateService(
        stack,
        "Service",
        task_image_options=ecs_patterns.ApplicationLoadBalancedTaskImageOptions(
            image=ecs.ContainerImage.from_registry("amazon/amazon-ecs-sample")
        ),
    )
