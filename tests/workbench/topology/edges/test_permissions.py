"""What roles and policies let code read and write."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from tests.workbench.topology.edges.reading import (
    ALIAS,
    BUCKET,
    QUEUE,
    TABLE,
    TOPIC,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)

WORK = resource("Lambda::Function", Role=arn("Role"))
ROLE = resource("IAM::Role")


def allow(action: object, target: object, **others: object) -> dict[str, Any]:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": target, **others}


def policy(*statements: object) -> dict[str, Any]:
    """Return a policy of the role."""
    document = {"Statement": list(statements)}
    return resource("IAM::Policy", Roles=[ref("Role")], PolicyDocument=document)


def allowed(*statements: object, **others: dict[str, Any]) -> list[str]:
    """Return what the function may do by a policy of its role."""
    topology = read(Work=WORK, Role=ROLE, Policy=policy(*statements), **others)
    return [each.removeprefix("Work ") for each in data(topology)]


def data(topology: Topology) -> list[str]:
    """Return the edges that policies make."""
    return lines(topology, Kind.MAY_WRITE, Kind.MAY_READ)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("sqs:SendMessage", ["may_write Orders via Policy sqs:SendMessage"]),
        ("SQS:sendmessage", ["may_write Orders via Policy sqs:SendMessage"]),
        (["sqs:GetQueueUrl", "sqs:Send*"], ["may_write Orders via Policy sqs:SendMessage"]),
        (
            "sqs:*",
            [
                "may_write Orders via Policy sqs:SendMessage",
                "may_read Orders via Policy sqs:ReceiveMessage",
            ],
        ),
        (
            "*",
            [
                "may_write Orders via Policy sqs:SendMessage",
                "may_read Orders via Policy sqs:ReceiveMessage",
            ],
        ),
        ("sqs:GetQueueAttributes", []),
        ("sns:Publish", []),
    ],
)
def test_actions_read_or_write_what_they_can_be_done_to(action: object, told: list[str]) -> None:
    """With wildcards, in any case, one or several; an action of another service does nothing."""
    assert allowed(allow(action, arn("Orders")), Orders=QUEUE) == told


def test_of_several_actions_the_one_that_says_most_is_told() -> None:
    """An item that is put before one that is deleted, whatever their order."""
    actions = ["dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:PutItem", "dynamodb:GetItem"]

    assert allowed(allow(actions, [arn("Stock")]), Stock=TABLE) == [
        "may_write Stock via Policy dynamodb:PutItem",
        "may_read Stock via Policy dynamodb:GetItem",
    ]


def test_each_resource_of_a_statement_counts_for_the_actions_of_its_service() -> None:
    """One statement may speak of several services."""
    statement = allow(["sqs:SendMessage", "sns:Publish"], [arn("Orders"), ref("News")])

    assert allowed(statement, Orders=QUEUE, News=TOPIC) == [
        "may_write Orders via Policy sqs:SendMessage",
        "may_write News via Policy sns:Publish",
    ]


@pytest.mark.parametrize(
    ("action", "target", "told"),
    [
        ("s3:PutObject*", sub("${Files.Arn}/*"), "Files via Policy s3:PutObject"),
        ("s3:PutObject", "arn:aws:s3:::files/*", "Files via Policy s3:PutObject"),
        (
            "dynamodb:UpdateItem",
            sub("arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/stock"),
            "Stock via Policy dynamodb:UpdateItem",
        ),
        (
            "dynamodb:UpdateItem",
            "arn:aws:dynamodb:*:*:table/stock",
            "Stock via Policy dynamodb:UpdateItem",
        ),
        ("ecs:RunTask", ref("Task"), "Task via Policy ecs:RunTask"),
        ("lambda:InvokeFunction", sub("${Other.Arn}:*"), "Other via Policy lambda:InvokeFunction"),
        (
            "lambda:InvokeFunction",
            ref("Live"),
            "Other via Policy through Live lambda:InvokeFunction",
        ),
        ("states:StartExecution", ref("Steps"), "Steps via Policy states:StartExecution"),
        ("states:StartSyncExecution", ref("Steps"), "Steps via Policy states:StartSyncExecution"),
        (
            "execute-api:Invoke",
            sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/live/GET/*"),
            "Api via Policy execute-api:Invoke",
        ),
        (
            "events:PutEvents",
            sub("arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"),
            "DefaultBus via Policy events:PutEvents",
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:123456789012:elsewhere",
            "arn:aws:sqs:eu-west-1:123456789012:elsewhere via Policy sqs:SendMessage",
        ),
    ],
)
def test_a_resource_is_found_by_whatever_names_it(action: str, target: object, told: str) -> None:
    """By reference, with a wildcard for its parts, by a literal ARN, through an alias."""
    found = allowed(
        allow(action, target),
        Files=resource("S3::Bucket", BucketName="files"),
        Stock=resource("DynamoDB::Table", TableName="stock"),
        Other=resource("Lambda::Function"),
        Live={**ALIAS, "Properties": {**ALIAS["Properties"], "FunctionName": ref("Other")}},
        Steps=resource("StepFunctions::StateMachine"),
        Task=resource("ECS::TaskDefinition"),
        Api=resource("ApiGateway::RestApi", EndpointConfiguration={"Types": ["PRIVATE"]}),
    )

    assert found == [f"may_write {told}"]


@pytest.mark.parametrize(
    "target",
    [
        "*",
        ["*"],
        "arn:aws:sqs:*:*:*",
        "arn:aws:sqs:eu-west-1:123456789012:*",
        "arn:aws:sqs:eu-west-1:123456789012:orders-*",
        {"Ref": "AWS::NoValue"},
        sub("arn:aws:sqs:eu-west-1:123456789012:orders-${AWS::StackId}"),
    ],
)
def test_what_names_no_resource_in_particular_makes_no_edge(target: object) -> None:
    """Every resource, all of some names, or one whose name only the deployment knows."""
    assert allowed(allow("sqs:*", target), Orders=QUEUE) == []


def test_who_may_do_it_to_every_resource_does_it_to_what_the_environment_names() -> None:
    """Code does not look for resources: it is told of them."""
    work = resource(
        "Lambda::Function",
        Role=arn("Role"),
        Environment={"Variables": {"QUEUE": ref("Orders"), "TOPIC": ref("News")}},
    )

    topology = read(
        Work=work,
        Role=ROLE,
        Policy=policy(allow("sqs:SendMessage", "*")),
        Orders=QUEUE,
        Others=QUEUE,
        News=TOPIC,
    )

    assert data(topology) == ["Work may_write Orders via Policy sqs:SendMessage"]


def test_a_service_is_told_of_resources_by_its_containers() -> None:
    """Those of its task definition."""
    container = {"Name": "app", "Environment": [{"Name": "TABLE", "Value": ref("Stock")}]}

    topology = read(
        Server=resource("ECS::Service", TaskDefinition=ref("Task")),
        Task=resource(
            "ECS::TaskDefinition", TaskRoleArn=arn("Role"), ContainerDefinitions=[container]
        ),
        Role=ROLE,
        Policy=policy(allow("dynamodb:PutItem", ["*"])),
        Stock=TABLE,
    )

    assert data(topology) == ["Server may_write Stock via Policy dynamodb:PutItem"]


@pytest.mark.parametrize(("action", "sent"), [("events:PutEvents", True), ("*", False)])
def test_the_default_bus_needs_no_name(action: str, *, sent: bool) -> None:
    """Events that name no bus go there; who may do everything is no sender for that."""
    found = allowed(allow(action, "*"))

    assert found == (["may_write DefaultBus via Policy events:PutEvents"] if sent else [])


def test_where_there_is_another_bus_the_default_one_needs_a_name_too() -> None:
    """The code may well know the other one's."""
    found = allowed(allow("events:PutEvents", "*"), Bus=resource("Events::EventBus", Name="orders"))

    assert found == []


def test_events_go_to_the_bus_that_the_environment_names() -> None:
    """Then not to the default bus."""
    work = resource(
        "Lambda::Function", Role=arn("Role"), Environment={"Variables": {"BUS": ref("Bus")}}
    )

    topology = read(
        Work=work,
        Role=ROLE,
        Policy=policy(allow("events:PutEvents", "*")),
        Bus=resource("Events::EventBus", Name="orders"),
    )

    assert data(topology) == ["Work may_write Bus via Policy events:PutEvents"]


def test_only_what_is_allowed_counts() -> None:
    """A statement that denies takes nothing from the graph, and adds nothing."""
    denied = {"Effect": "Deny", "Action": "sqs:*", "Resource": arn("Orders")}

    assert allowed(denied, Orders=QUEUE) == []


def test_all_but_some_actions_are_allowed() -> None:
    """Those of the resource's service that are not excepted."""
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": arn("Files")}

    assert allowed(statement, Files=BUCKET) == [
        "may_write Files via Policy s3:PutObject",
        "may_read Files via Policy s3:ListBucket",
    ]


def test_a_statement_may_depend_on_a_condition() -> None:
    """Then what it may allow is told."""
    topology = read(
        Work=WORK,
        Role=ROLE,
        Orders=QUEUE,
        Policy=policy(
            {
                "Fn::If": [
                    "NobodyKnows",
                    allow("sqs:SendMessage", arn("Orders")),
                    {"Ref": "AWS::NoValue"},
                ]
            }
        ),
    )

    assert data(topology) == ["Work may_write Orders via Policy sqs:SendMessage"]


def test_policies_are_attached_in_every_way() -> None:
    """Inline, as a policy of its own, managed from either side."""
    document = {"Statement": allow("sqs:SendMessage", arn("Orders"))}
    topology = read(
        Orders=QUEUE,
        Work=WORK,
        Role=resource(
            "IAM::Role",
            Policies=[{"PolicyName": "Inline", "PolicyDocument": document}],
            ManagedPolicyArns=[ref("Named"), "arn:aws:iam::aws:policy/AmazonSQSFullAccess"],
        ),
        Named=resource("IAM::ManagedPolicy", PolicyDocument=document),
        Naming=resource("IAM::ManagedPolicy", PolicyDocument=document, Roles=[ref("Role")]),
        Separate=resource("IAM::RolePolicy", PolicyDocument=document, RoleName=ref("Role")),
    )

    assert data(topology) == [
        "Work may_write Orders via Role sqs:SendMessage",
        "Work may_write Orders via Named sqs:SendMessage",
        "Work may_write Orders via Naming sqs:SendMessage",
        "Work may_write Orders via Separate sqs:SendMessage",
    ]


def test_whatever_runs_as_a_role_may_do_what_it_may() -> None:
    """Functions, services, state machines and pipes."""
    topology = read(
        Orders=QUEUE,
        Role=ROLE,
        Policy=policy(allow("sqs:SendMessage", arn("Orders"))),
        Work=WORK,
        Task=resource("ECS::TaskDefinition", TaskRoleArn=arn("Role")),
        Shop=resource("ECS::Service", TaskDefinition=ref("Task")),
        Steps=resource("StepFunctions::StateMachine", RoleArn=arn("Role")),
        Pipe=resource("Pipes::Pipe", RoleArn=arn("Role")),
    )

    assert [each.split(" ", 1)[0] for each in data(topology)] == ["Work", "Shop", "Steps", "Pipe"]
    assert lines(topology, Kind.ASSUMES) == [
        "Work assumes Role",
        "Shop assumes Role",
        "Steps assumes Role",
        "Pipe assumes Role",
    ]


def test_an_imported_role_is_assumed_too() -> None:
    """It lives outside."""
    role = "arn:aws:iam::123456789012:role/shared"

    assert lines(read(Work=resource("Lambda::Function", Role=role))) == [f"Work assumes {role}"]
