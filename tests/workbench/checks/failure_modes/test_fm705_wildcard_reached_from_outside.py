"""Code that the internet reaches may do too much."""

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm705_wildcard_reached_from_outside import (
    wildcard_reached_from_outside,
)
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved


def allowing(action: Any, on: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a policy of the worker's role."""
    statement = {"Effect": "Allow", "Action": action, "Resource": on, **more}
    return {"PolicyDocument": {"Statement": [statement]}, "Roles": [{"Ref": "Role"}]}


FOUND = {
    "Resources": {
        "Role": resource("AWS::IAM::Role"),
        "Policy": resource("AWS::IAM::Policy", **allowing("dynamodb:*")),
        "Worker": resource("AWS::Lambda::Function", Role=arn("Role")),
        "Url": resource("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=arn("Worker")),
        "Orders": resource("AWS::DynamoDB::Table"),
    }
}
CLEAN = changed(FOUND, Policy=allowing("dynamodb:*", arn("Orders")))
UNKNOWN = changed(
    FOUND,
    Policy={"PolicyDocument": {"Statement": [{"Fn::GetAtt": ["Made", "Statement"]}]}},
    Made=resource("Custom::Statement", ServiceToken="arn:aws:sns:::t"),
)


def severities(template: dict[str, Any]) -> list[Severity]:
    """Return how much each finding matters."""
    check = wildcard_reached_from_outside
    return [each.severity or check.severity for each in findings(check, template)]


def test_names_who_is_reached_and_what_it_may() -> None:
    """Every action on every table, behind a public address, is an error."""
    [finding] = findings(wildcard_reached_from_outside, FOUND)

    assert finding.node.logical_id == "Policy"
    assert "Worker, which the internet reaches, call dynamodb:*" in finding.says
    assert finding.severity is Severity.ERROR


def test_accepts_a_named_resource() -> None:
    """Every action on one's own table is within bounds."""
    assert findings(wildcard_reached_from_outside, CLEAN) == []


def test_is_silent_where_the_statement_is_unknown() -> None:
    """A statement that a custom resource makes is told apart, not judged."""
    assert unresolved(wildcard_reached_from_outside, UNKNOWN) == [
        ("Policy", "PolicyDocument.Statement")
    ]


def test_asks_only_about_code_that_is_reached() -> None:
    """The same grant behind no public address is left to other tools."""
    inside = changed(FOUND, Url=resource("AWS::S3::Bucket"))

    assert findings(wildcard_reached_from_outside, inside) == []


def test_follows_messages_through_queues() -> None:
    """Behind a queue that public code sends to, a message is still from outside."""
    behind = changed(
        CLEAN,
        Queue=resource("AWS::SQS::Queue"),
        MaySend=resource("AWS::IAM::Policy", **allowing("sqs:SendMessage", arn("Queue"))),
        Mapping=resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Queue"),
            FunctionName={"Ref": "Consumer"},
        ),
        ConsumerRole=resource(
            "AWS::IAM::Role",
            Policies=[{"PolicyName": "all", "PolicyDocument": allowing("*")["PolicyDocument"]}],
        ),
        Consumer=resource("AWS::Lambda::Function", Role=arn("ConsumerRole")),
    )

    [finding] = findings(wildcard_reached_from_outside, behind)

    assert finding.node.logical_id == "ConsumerRole"
    assert "do everything" in finding.says


@pytest.mark.parametrize(
    ("action", "severity"),
    [
        ("*", Severity.ERROR),
        ("s3:*", Severity.ERROR),
        ("iam:PassRole", Severity.ERROR),
        ("secretsmanager:GetSecretValue", Severity.ERROR),
        ("kms:Dec*", Severity.ERROR),
        ("s3:GetObject", Severity.WARNING),
        (["logs:PutLogEvents", "sqs:SendMessage"], Severity.WARNING),
    ],
)
def test_ranks_what_an_action_opens(action: object, severity: Severity) -> None:
    """What opens all else is an error, other reading and writing a warning."""
    assert severities(changed(FOUND, Policy=allowing(action))) == [severity]


@pytest.mark.parametrize(
    "action",
    [
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "cloudwatch:PutMetricData",
        ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces"],
        "ssmmessages:OpenDataChannel",
        "logs:CreateLogGroup",
        "dynamodb:ListTables",
        "sts:GetCallerIdentity",
        "rekognition:DetectFaces",
    ],
)
def test_accepts_actions_that_take_no_resource(action: object) -> None:
    """For those a star is the only thing that one can write."""
    assert findings(wildcard_reached_from_outside, changed(FOUND, Policy=allowing(action))) == []


def test_accepts_a_condition() -> None:
    """A condition narrows the star."""
    tagged = {"StringEquals": {"aws:ResourceTag/app": "shop"}}

    narrowed = changed(FOUND, Policy=allowing("ec2:StartInstances", Condition=tagged))

    assert findings(wildcard_reached_from_outside, narrowed) == []


@pytest.mark.parametrize(
    ("on", "found"),
    [
        ("arn:aws:s3:::*", 1),
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::*"}, 1),
        ("arn:aws:s3:::orders/*", 0),
    ],
)
def test_sees_through_arns_of_everything(on: object, found: int) -> None:
    """An ARN with nothing but a star at its end is a star."""
    assert len(severities(changed(FOUND, Policy=allowing("s3:GetObject", on)))) == found


def test_knows_the_policies_of_aws_that_open_a_service() -> None:
    """Full access to a service is a warning, to the account an error."""

    def managed(name: str) -> dict[str, Any]:
        return changed(
            CLEAN,
            Role={
                "ManagedPolicyArns": [
                    {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"}
                ]
            },
        )

    assert severities(managed("AmazonS3FullAccess")) == [Severity.WARNING]
    assert severities(managed("AdministratorAccess")) == [Severity.ERROR]
    assert severities(managed("service-role/AWSLambdaBasicExecutionRole")) == []
