"""From a scenario's names to what was deployed."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.errors import HinagataError
from hinagata.lab.deployment import Deployment
from hinagata.lab.stubs import Stub
from hinagata.lab.traffic import Entry
from hinagata.lab.wiring import Wiring, wire
from hinagata.scenario import Scenario
from tests.workbench.scenario.scenario_text import SCENARIO, read

# What `SCENARIO` speaks of: a gateway behind a load balancer, an API, two tables.
RESOURCES: dict[str, Any] = {
    "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    "Task": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "ContainerDefinitions": [
                {
                    "Environment": [
                        {"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gateway"},
                        {"Name": "QUEUE_URL", "Value": {"Ref": "Queue"}},
                    ]
                }
            ]
        },
    },
    "Queue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}},
    },
    "Dead": {"Type": "AWS::SQS::Queue"},
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "FunctionName": {"Ref": "Function"},
        },
    },
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Ingest"}}},
    },
    "RestApi": {"Type": "AWS::ApiGateway::RestApi"},
    "Stage": {"Type": "AWS::ApiGateway::Stage"},
    "Method": {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {"AuthorizationType": "AWS_IAM"},
    },
    "StateTable": {"Type": "AWS::DynamoDB::Table"},
    "MailboxTable": {"Type": "AWS::DynamoDB::Table"},
}
PATHS = {
    "Balancer": "Stack/Gateway/LoadBalancer/Resource",
    "Task": "Stack/Gateway/Task/Resource",
    "RestApi": "Stack/Api/Resource",
    "Stage": "Stack/Api/DeploymentStage.live/Resource",
    "Method": "Stack/Api/Default/GET/Resource",
    "StateTable": "Stack/State/Resource",
    "MailboxTable": "Stack/Mailbox/Table/Resource",
}


class FakeEndpoint:
    """An endpoint that knows where everything is by its physical id."""

    region = "us-east-1"

    def client(self, service: str) -> Any:
        """Return the two calls that tell where code writes its log."""
        container = {"logConfiguration": {"options": {"awslogs-group": "log-of-task"}}}
        return {
            "sqs": self,
            "lambda": SimpleNamespace(
                get_function_configuration=lambda **_: {"LoggingConfig": {"LogGroup": "log-of-fn"}}
            ),
            "ecs": SimpleNamespace(
                describe_task_definition=lambda **_: {
                    "taskDefinition": {"containerDefinitions": [container]}
                }
            ),
        }[service]

    def url_of_load_balancer(self, arn: str) -> str:
        """Return a URL that tells what was asked for."""
        return f"http://{arn}"

    def url_of_api(self, api_id: str, stage: str) -> str:
        """Return a URL that tells what was asked for."""
        return f"http://{api_id}/{stage}"

    def sign(self) -> None:
        """Stand for the signer."""


def deployed(
    folder: Path,
    resources: dict[str, Any],
    paths: dict[str, str],
    *,
    stubs: tuple[str, ...] = (),
) -> tuple[CloudAssembly, Deployment]:
    """Return a stack of some resources, and what became of them."""
    (folder / "Stack.template.json").write_text(json.dumps({"Resources": resources}))
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Stack.template.json"},
        "metadata": {
            f"/{paths.get(name, f'Stack/{name}')}": [{"type": "aws:cdk:logicalId", "data": name}]
            for name in resources
        },
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Stack": stack}}))
    return CloudAssembly.read(folder), Deployment(
        stubs=tuple(
            Stub(stack="Stack", logical_id=name, type="", path="", reason="") for name in stubs
        ),
        resources={("Stack", name): f"physical-{name}" for name in resources},
    )


def wired(scenario: Scenario, folder: Path, *, stubs: tuple[str, ...] = ()) -> Wiring:
    """Wire a scenario to the resources above."""
    assembly, deployment = deployed(folder, RESOURCES, PATHS, stubs=stubs)
    return wire(scenario, assembly, deployment, cast("Any", FakeEndpoint()))


def test_a_load_balancer_is_an_entry(tmp_path: Path) -> None:
    """Requests go to it as they are."""
    entry = wired(read(tmp_path), tmp_path).entries["cars"]

    assert entry == Entry(url="http://physical-Balancer")


def test_an_api_that_asks_for_a_signature_gets_one(tmp_path: Path) -> None:
    """Requests go to its stage, signed if its method says so."""
    entry = wired(read(tmp_path), tmp_path).entries["operators"]

    assert isinstance(entry, Entry)
    assert entry.url == "http://physical-RestApi/physical-Stage"
    assert entry.sign is not None


def test_logs_queues_and_tables_are_found(tmp_path: Path) -> None:
    """Where code writes, what messages pass through, and where they end."""
    wiring = wired(read(tmp_path), tmp_path)

    assert wiring.log_groups == ("log-of-task", "log-of-fn")
    assert wiring.queues == ("physical-Queue",)
    assert wiring.dead_letter_queues == {"physical-Dead": "Ingest"}
    assert wiring.tables == {"State": "physical-StateTable", "Mailbox": "physical-MailboxTable"}
    assert wiring.flow.reaches == {"cars": ("Gateway", "Ingest"), "operators": ("Api",)}
    assert wiring.flow.behind["Gateway"] == {"Ingest"}
    assert wiring.flow.before == {"Ingest": {"Gateway"}}
    assert wiring.flow.keeps_seconds == {"Ingest": 345_600}
    assert wiring.queue_names == {"physical-Queue": "Queue"}
    assert wiring.functions == {"Ingest": "physical-Function"}


def test_fails_for_an_entry_that_is_none(tmp_path: Path) -> None:
    """The scenario is named, with the entries that there are."""
    scenario = read(tmp_path, SCENARIO.replace("entry: Gateway", "entry: Gatewey"))

    with pytest.raises(HinagataError) as failure:
        wired(scenario, tmp_path)

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml: the entry Gatewey has no load balancer and no API in the deployed "
        "stacks; expected one of Gateway, Api (did you mean Gateway?)"
    )


def test_fails_for_a_table_that_is_none(tmp_path: Path) -> None:
    """The scenario is named, with the tables that there are."""
    scenario = read(tmp_path, SCENARIO.replace("table: State", "table: Stat"))

    with pytest.raises(HinagataError) as failure:
        wired(scenario, tmp_path)

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml: there is no table Stat in the deployed stacks; expected one of "
        "State, Mailbox (did you mean State?)"
    )


def test_fails_for_an_entry_that_was_left_out(tmp_path: Path) -> None:
    """A stub takes no requests."""
    with pytest.raises(HinagataError, match="the entry Gateway has no load balancer"):
        wired(read(tmp_path), tmp_path, stubs=("Balancer",))


def test_messages_for_phones_end_at_the_push_service(tmp_path: Path) -> None:
    """It is the last hop of each source with tokens, behind all others, after the last of them."""
    scenario = read(tmp_path, SCENARIO.replace("vehicle_id", "token"))
    assembly, deployment = deployed(tmp_path, RESOURCES, PATHS)
    endpoint = cast("Any", FakeEndpoint())
    flow = wire(scenario, assembly, deployment, endpoint, push="Phones").flow

    assert flow.reaches == {"cars": ("Gateway", "Ingest", "Phones"), "operators": ("Api",)}
    assert flow.before["Phones"] == {"Ingest"}
    assert all("Phones" in flow.behind[hop] for hop in ("Gateway", "Ingest"))
    assert wire(scenario, assembly, deployment, endpoint).flow.reaches["cars"] == (
        "Gateway",
        "Ingest",
    )
