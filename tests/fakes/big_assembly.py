"""A large cloud assembly as the CDK writes them: stacks of workers that pass messages on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESOURCES_A_WORKER = 12
_ASSUMES = {
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
    "Version": "2012-10-17",
}


def write_assembly(folder: Path, *, stacks: int, resources: int) -> Path:
    """Write an assembly and return its folder.

    Args:
        folder: where to.
        stacks: number of stacks; each passes messages on to the next one's queues.
        resources: number of resources a stack, in multiples of `RESOURCES_A_WORKER`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {}
    workers = resources // RESOURCES_A_WORKER
    for number in range(stacks):
        name = f"Shop{number}"
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": [f"Shop{number - 1}"] if number else [],
            "additionalMetadataFile": f"{name}.metadata.json",
        }
        _write(folder / f"{name}.template.json", template(number, workers))
        _write(folder / f"{name}.metadata.json", _metadata(name, workers))
    _write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts})
    return folder


def _write(file: Path, document: object) -> None:
    # Indented by one, as the CDK does.
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")


def template(stack: int, workers: int) -> dict[str, Any]:
    """Return the template of one of the stacks, by its number."""
    found: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for number in range(workers):
        found |= _worker(stack, number)
        outputs[f"ExportsOutputRefQueue{number}"] = {
            "Value": {"Ref": f"Worker{number}Queue4A7E3555"},
            "Export": {"Name": f"Shop{stack}:ExportsOutputRefQueue{number}"},
        }
    return {
        "Resources": found,
        "Outputs": outputs,
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            }
        },
        "Rules": {
            "CheckBootstrapVersion": {
                "Assertions": [
                    {
                        "Assert": {
                            "Fn::Not": [
                                {
                                    "Fn::Contains": [
                                        ["1", "2", "3", "4", "5"],
                                        {"Ref": "BootstrapVersion"},
                                    ]
                                }
                            ]
                        },
                        "AssertDescription": "CDK bootstrap stack version 6 required.",
                    }
                ]
            }
        },
    }


def _worker(stack: int, number: int) -> dict[str, Any]:
    """Return a queue with its dead letters, the function that consumes it, and what watches it."""
    own = f"Worker{number}"
    queue, letters = f"{own}Queue4A7E3555", f"{own}DeadLetters9A1F3C55"
    function, role = f"{own}Function33A0C9CB", f"{own}FunctionRole1B2C3D4E"
    topic = f"{own}Topic8D7A1B0C"
    following: object = {"Ref": f"Worker{number - 1}Queue4A7E3555" if number else queue}
    if stack:
        following = {"Fn::ImportValue": f"Shop{stack - 1}:ExportsOutputRefQueue{number}"}
    return {
        queue: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": [letters, "Arn"]},
                    "maxReceiveCount": 5,
                },
                "SqsManagedSseEnabled": True,
                "VisibilityTimeout": 180,
            },
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
        },
        letters: {
            "Type": "AWS::SQS::Queue",
            "Properties": {"MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": True},
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
        },
        f"{own}QueuePolicyA65327BC": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Action": "sqs:SendMessage",
                            "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}},
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
                        },
                        {
                            "Action": "sqs:*",
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
                        },
                    ],
                    "Version": "2012-10-17",
                },
                "Queues": [{"Ref": queue}],
            },
        },
        topic: {"Type": "AWS::SNS::Topic"},
        f"{own}Subscription5C0D9E1F": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Endpoint": {"Fn::GetAtt": [queue, "Arn"]},
                "Protocol": "sqs",
                "RawMessageDelivery": True,
                "TopicArn": {"Ref": topic},
            },
        },
        role: {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _ASSUMES,
                "ManagedPolicyArns": [
                    {
                        "Fn::Join": [
                            "",
                            [
                                "arn:",
                                {"Ref": "AWS::Partition"},
                                ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
                            ],
                        ]
                    }
                ],
            },
        },
        f"{own}FunctionRoleDefaultPolicy7E8F9A0B": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Action": [
                                "sqs:ReceiveMessage",
                                "sqs:ChangeMessageVisibility",
                                "sqs:GetQueueUrl",
                                "sqs:DeleteMessage",
                                "sqs:GetQueueAttributes",
                            ],
                            "Effect": "Allow",
                            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
                        },
                        {
                            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                            "Effect": "Allow",
                            "Resource": "*",
                        },
                        {"Action": "sns:Publish", "Effect": "Allow", "Resource": {"Ref": topic}},
                    ],
                    "Version": "2012-10-17",
                },
                "PolicyName": f"{own}FunctionRoleDefaultPolicy7E8F9A0B",
                "Roles": [{"Ref": role}],
            },
        },
        function: {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {
                    "S3Bucket": {
                        "Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
                    },
                    "S3Key": "9c9653dc67b6e81fe800bac5d77d78cb32c9eeb3d3480650379de3855311c9bb.zip",
                },
                "Environment": {
                    "Variables": {
                        "NEXT_QUEUE_URL": following,
                        "TOPIC_ARN": {"Ref": topic},
                        "POWERTOOLS_SERVICE_NAME": own,
                    }
                },
                "Handler": "shop.worker.handle",
                "LoggingConfig": {"LogGroup": {"Ref": f"{own}Logs0F1E2D3C"}},
                "MemorySize": 512,
                "Role": {"Fn::GetAtt": [role, "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 30,
                "TracingConfig": {"Mode": "Active"},
            },
            "DependsOn": [f"{own}FunctionRoleDefaultPolicy7E8F9A0B", role],
        },
        f"{own}Logs0F1E2D3C": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"RetentionInDays": 30},
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
        },
        f"{own}FunctionSqsEventSource6B5A4C3D": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "BatchSize": 10,
                "EventSourceArn": {"Fn::GetAtt": [queue, "Arn"]},
                "FunctionName": {"Ref": function},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 10},
            },
        },
        f"{own}DeadLettersNotEmpty2C3D4E5F": _alarm(
            "ApproximateNumberOfMessagesVisible",
            "AWS/SQS",
            "QueueName",
            letters,
            topic,
            "QueueName",
        ),
        f"{own}FunctionErrors9E8D7C6B": _alarm(
            "Errors", "AWS/Lambda", "FunctionName", function, topic, "Ref"
        ),
    }


def _alarm(
    metric: str, namespace: str, dimension: str, watched: str, topic: str, attribute: str
) -> dict[str, Any]:
    value = {"Ref": watched} if attribute == "Ref" else {"Fn::GetAtt": [watched, attribute]}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmActions": [{"Ref": topic}],
            "AlarmDescription": f"{metric} of {watched} is above zero: look at its logs first",
            "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": dimension, "Value": value}],
            "EvaluationPeriods": 1,
            "MetricName": metric,
            "Namespace": namespace,
            "Period": 300,
            "Statistic": "Maximum",
            "Threshold": 0,
            "TreatMissingData": "notBreaching",
        },
    }


def _metadata(name: str, workers: int) -> dict[str, Any]:
    return {
        f"/{name}/{logical_id[:-8]}/Resource": [{"type": "aws:cdk:logicalId", "data": logical_id}]
        for number in range(workers)
        for logical_id in _worker(0, number)
    }
