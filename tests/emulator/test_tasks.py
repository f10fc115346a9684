"""Fargate tasks as processes behind the load balancer."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab.deployment import Deployment, deploy
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.tasks import TaskError, TaskSupervisor
from tests.emulator.assemblies import assembly, image_of
from tests.emulator.templates import allow, attribute, ref, resource, role
from tests.polling import eventually

SERVER = """
import http.server, json, os, signal, sys
import boto3

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/crash":
            os._exit(3)
        caller = boto3.client("sts").get_caller_identity()["Arn"]
        body = json.dumps({"port": self.server.server_port, "caller": caller,
                           "greeting": os.environ["GREETING"], "queues": queues()}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

def queues():
    try:
        boto3.client("sqs").list_queues()
        return "listed"
    except Exception as error:
        return error.response["Error"]["Code"]

def stop(number, frame):
    print("stopping gracefully")
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
server = http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler)
print("listening")
server.serve_forever()
"""


def stack(command: list[str], **container: Any) -> dict[str, Any]:
    """A load-balanced service of two tasks."""
    return {
        "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Logs": resource("Logs::LogGroup"),
        "Cluster": resource("ECS::Cluster"),
        "TaskRole": role(
            allow("sqs:ListQueues", "arn:aws:sqs:us-east-1:000000000000:none"),
            service="ecs-tasks.amazonaws.com",
        ),
        "Task": resource(
            "ECS::TaskDefinition",
            Family="server",
            NetworkMode="awsvpc",
            RequiresCompatibilities=["FARGATE"],
            Cpu="256",
            Memory="512",
            TaskRoleArn=attribute("TaskRole"),
            ContainerDefinitions=[
                {
                    "Name": "Container",
                    "Image": image_of("server"),
                    "Command": command,
                    "Environment": [{"Name": "GREETING", "Value": "hello"}],
                    "PortMappings": [{"ContainerPort": 8080}],
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {
                            "awslogs-group": ref("Logs"),
                            "awslogs-stream-prefix": "Server",
                        },
                    },
                    **container,
                }
            ],
        ),
        "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Subnets=["a", "b"]),
        "Group": resource(
            "ElasticLoadBalancingV2::TargetGroup",
            TargetType="ip",
            Port=8080,
            Protocol="HTTP",
            VpcId=ref("Vpc"),
            HealthCheckPath="/health",
        ),
        "Listener": resource(
            "ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=ref("Balancer"),
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
        ),
        "Service": {
            **resource(
                "ECS::Service",
                Cluster=ref("Cluster"),
                TaskDefinition=ref("Task"),
                DesiredCount=2,
                LaunchType="FARGATE",
                DeploymentConfiguration={
                    "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}
                },
                LoadBalancers=[
                    {
                        "ContainerName": "Container",
                        "ContainerPort": 8080,
                        "TargetGroupArn": ref("Group"),
                    }
                ],
                NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": ["a"]}},
            ),
            "DependsOn": ["Listener"],
        },
    }


App = tuple[CloudAssembly, Deployment]


@pytest.fixture(scope="module")
def app(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The service, deployed."""
    resources = stack(["python", "-m", "server"], StopTimeout=5)
    files = {"server/__init__.py": "", "server/__main__.py": SERVER}
    read = assembly(tmp_path_factory.mktemp("app"), resources, images={"server": files})
    return read, deploy(read, endpoint, report=print)


@pytest.fixture
def tasks(app: App, endpoint: Endpoint, tmp_path: Path) -> Iterator[TaskSupervisor]:
    """Its tasks, running."""
    read, deployment = app
    with TaskSupervisor(deployment, read, endpoint, tmp_path) as running:
        yield running


def answer(endpoint: Endpoint, app: App) -> Any:
    """What the service says through its load balancer."""
    url = endpoint.url_of_load_balancer(app[1].resources["Lab", "Balancer"])
    with urllib.request.urlopen(f"{url}/", timeout=10) as response:
        return json.loads(response.read())


def printed(endpoint: Endpoint, app: App) -> list[str]:
    """What the tasks have printed."""
    group = app[1].resources["Lab", "Logs"]
    events = endpoint.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_task_takes_its_turn_with_its_roles_credentials(
    tasks: TaskSupervisor, endpoint: Endpoint, app: App
) -> None:
    """Two tasks answer in turn, as the task role, which may do what it was granted and no more."""
    answers = [answer(endpoint, app) for _ in range(4)]

    assert len(tasks.pids) == 2
    assert len({each["port"] for each in answers}) == 2
    assert {each["greeting"] for each in answers} == {"hello"}
    assert all(":assumed-role/Lab-TaskRole" in each["caller"] for each in answers)
    assert {each["queues"] for each in answers} == {"AccessDenied"}


def test_a_crashed_task_is_replaced(tasks: TaskSupervisor, endpoint: Endpoint, app: App) -> None:
    """A task that dies makes way for a new one, and the service answers all the while."""
    victim = tasks.pids[0]
    os.killpg(victim, signal.SIGKILL)
    eventually(lambda: len(tasks.pids) == 2 and victim not in tasks.pids)
    group = app[1].resources["Lab", "Group"]
    health = endpoint.client("elbv2").describe_target_health
    eventually(
        lambda: (
            [
                each["TargetHealth"]["State"]
                for each in health(TargetGroupArn=group)["TargetHealthDescriptions"]
            ]
            == ["healthy", "healthy"]
        )
    )

    assert len({answer(endpoint, app)["port"] for _ in range(4)}) == 2


def test_tasks_stop_gracefully_and_their_last_words_are_logged(
    app: App, endpoint: Endpoint, tmp_path: Path
) -> None:
    """On exit each task gets SIGTERM, and what it prints then is in the log group."""
    read, deployment = app
    before = printed(endpoint, app).count("stopping gracefully")
    with TaskSupervisor(deployment, read, endpoint, tmp_path) as tasks:
        pids = tasks.pids
    group = deployment.resources["Lab", "Group"]

    assert printed(endpoint, app).count("stopping gracefully") == before + 2
    assert not any(alive(pid) for pid in pids)
    assert not list(tmp_path.iterdir())
    assert not endpoint.client("elbv2").describe_target_health(TargetGroupArn=group)[
        "TargetHealthDescriptions"
    ]


def test_fails_with_the_tasks_last_words(endpoint: Endpoint, tmp_path: Path) -> None:
    """A service whose tasks end at once is given up, with what they said."""
    resources = stack(["python", "-c", "raise SystemExit('no table is set')"])
    read = assembly(tmp_path / "app", resources, images={"server": {"Dockerfile": "FROM x"}})
    deployment = deploy(read, endpoint, report=print)
    (tmp_path / "work").mkdir()

    with pytest.raises(TaskError, match=r"did not become healthy .*: no table is set"):
        TaskSupervisor(deployment, read, endpoint, tmp_path / "work").__enter__()
