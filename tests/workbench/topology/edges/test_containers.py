"""What services and task definitions say."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import (
    QUEUE,
    TABLE,
    arn,
    lines,
    read,
    ref,
    resource,
)

TASK = resource(
    "ECS::TaskDefinition",
    TaskRoleArn=arn("Role"),
    ContainerDefinitions=[
        {
            "Name": "main",
            "Environment": [
                {"Name": "TABLE", "Value": ref("Orders")},
                {"Name": "LEVEL", "Value": "INFO"},
            ],
            "Secrets": [{"Name": "TOKEN", "ValueFrom": ref("Token")}],
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": ref("Log")}},
        }
    ],
)
AROUND = {
    "Orders": TABLE,
    "Token": resource("SecretsManager::Secret"),
    "Log": resource("Logs::LogGroup"),
    "Role": resource("IAM::Role"),
}


def test_what_a_task_definition_says_is_true_of_its_service() -> None:
    """Its role, its environment, its secrets and its log."""
    network = {"AwsvpcConfiguration": {"Subnets": [ref("Net")], "SecurityGroups": [arn("Wall")]}}
    topology = read(
        Task=TASK,
        Shop=resource("ECS::Service", TaskDefinition=ref("Task"), NetworkConfiguration=network),
        Net=resource("EC2::Subnet"),
        Wall=resource("EC2::SecurityGroup"),
        **AROUND,
    )

    assert lines(topology) == [
        "Shop passes_env Orders via Task TABLE",
        "Shop passes_env Token via Task TOKEN",
        "Shop assumes Role",
        "Shop logs_to Log via Task",
        "Shop runs_in Net",
        "Shop runs_in Wall",
    ]


def test_a_task_definition_without_a_service_runs_by_itself() -> None:
    """E.g. one that a rule starts."""
    topology = read(Task=TASK, **AROUND)

    assert lines(topology) == [
        "Task passes_env Orders TABLE",
        "Task passes_env Token TOKEN",
        "Task assumes Role",
        "Task logs_to Log",
    ]


def test_a_variable_may_refer_to_several() -> None:
    """Each is told."""
    both = {"Fn::Join": [",", [ref("One"), ref("Two")]]}
    container = {"Name": "main", "Environment": [{"Name": "QUEUES", "Value": both}]}
    topology = read(
        One=QUEUE,
        Two=QUEUE,
        Task=resource("ECS::TaskDefinition", ContainerDefinitions=[container]),
    )

    assert lines(topology) == ["Task passes_env One QUEUES", "Task passes_env Two QUEUES"]
